"""What the dialplan tells of a call, in its own words: stays in queues, numbers, moments."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ivr.authorisations import KIND, Authorisation
from ivr.events import CALLBACK_REQUESTED, CUT_OFF, LEFT_BY_KEY
from ivr.stays import ABANDONED, Colleague, Conversation

CALL_ID = re.compile(r"[0-9a-f-]{36}")
AGENT = re.compile(r"[A-Za-z0-9_.-]{1,20}")
QUEUE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
TOPIC = re.compile(r"[a-z][a-z0-9-]{0,39}")
FILE = re.compile(r"[A-Za-z0-9_-]{1,180}")
TURN = re.compile(r"[0-9]{1,9}")
UNIX_TIME = re.compile(r"[0-9]{1,10}(\.[0-9]{1,6})?")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ufffd]")


def conversation(
    turn: str,
    outcome: str,
    agent: str,
    answered: str,
    recording: str,
    queue: str,
    joined: str,
    colleagues: str = "",
    passed: str = "",
    withdrawn: str = "",
    logins: str = "",
    authorised: str = "",
) -> Conversation | None:
    """A stay in a queue as the dialplan tells it, or None where there was none.

    `turn` is the turn that led there, `outcome` Asterisk's QUEUESTATUS, `agent` an extension, `answered` and `joined`
    Unix times, `recording` the name of its files without their endings; `colleagues` were asked by that agent, who left
    the call to the last of them at `passed`; at `withdrawn` the caller's consent to be recorded ended; `logins` are
    when the caller was logging in, `authorised` the control questions that were answered.
    """
    if not TURN.fullmatch(turn):
        return None
    answered_at = moment(answered)
    file = only(FILE, recording)
    return Conversation(
        outcome=_after_talking(outcome) if answered_at else OUTCOMES.get(outcome.upper(), "failed"),
        agent=only(AGENT, agent),
        answered_at=answered_at,
        caller_file=file and f"{file}-caller.wav",
        agent_file=file and f"{file}-agent.wav",
        queue=only(QUEUE, queue),
        turn=int(turn),
        joined_at=moment(joined),
        colleagues=tuple(filter(None, map(_colleague, colleagues.split("&")))),
        passed_at=moment(passed),
        withdrawn_at=moment(withdrawn),
        logins=tuple(filter(None, map(_login, logins.split("&")))),
        authorisation=authorisation(authorised),
    )


def _after_talking(outcome: str) -> str:
    """`CUTOFF` is the dialplan's own word, for a consultant whose telephone has gone."""
    return CUT_OFF if outcome == "CUTOFF" else "answered"


def _login(text: str) -> tuple[datetime, datetime | None] | None:
    """`began:ended`, or `began` alone."""
    began, _, ended = text.partition(":")
    return None if (since := moment(began)) is None else (since, moment(ended))


def _colleague(text: str) -> Colleague | None:
    """`agent:answered:recording:topic:queue`, and `:left` once they have left."""
    agent, answered, recording, topic, queue, left = [*text.split(":"), *("",) * 6][:6]
    answered_at, file = moment(answered), only(FILE, recording)
    if answered_at is None or not (AGENT.fullmatch(agent) and TOPIC.fullmatch(topic) and QUEUE.fullmatch(queue)):
        return None
    files = (f"{file}-caller.wav", f"{file}-agent.wav") if file else (None, None)
    return Colleague(agent, topic, queue, answered_at, moment(left), *files)


def authorisation(text: str) -> Authorisation | None:
    """`time:agent:kinds`, the kinds joined by +; None where there are none."""
    at, agent, kinds = [*text.split(":"), *("",) * 3][:3]
    asked_at, questions = moment(at), tuple(dict.fromkeys(kinds.split("+")))
    if asked_at is None or not AGENT.fullmatch(agent) or not all(map(KIND.fullmatch, questions)):
        return None
    return Authorisation(asked_at, agent, questions)


def only(pattern: re.Pattern[str], text: str) -> str | None:
    """The text if the pattern matches all of it."""
    return text if pattern.fullmatch(text) else None


def moment(text: str) -> datetime | None:
    """A Unix time as the dialplan writes it, or None where it wrote none."""
    return datetime.fromtimestamp(float(text), UTC) if UNIX_TIME.fullmatch(text) else None


# https://docs.asterisk.org, Queue(): QUEUESTATUS
OUTCOMES = {
    # Set by the dialplan: a key asked to be called back.
    "CALLBACK": CALLBACK_REQUESTED,
    "TIMEOUT": "timeout",
    "FULL": "full",
    "JOINEMPTY": "join_empty",
    "LEAVEEMPTY": "leave_empty",
    "JOINUNAVAIL": "join_empty",
    "LEAVEUNAVAIL": "leave_empty",
    # Set by the dialplan: a key led out.
    "KEY": LEFT_BY_KEY,
    "": ABANDONED,
    # The caller has gone while the consultant was being told of the call.
    "CONTINUE": ABANDONED,
}


def printable(text: str) -> str:
    """A number or name from the network, without what a database or a terminal could stumble over."""
    return "" if text == "unknown" else UNPRINTABLE.sub("", text)
