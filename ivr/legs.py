"""SIP legs from a carrier into our Asterisk: a call that is to be queued, and what its flow has decided by then.

The carrier passes on what we have told it, signed, and nothing else is believed. A leg is taken by one channel: whoever
has seen one cannot send it again. Pure, but for the database's rows.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, select

from ivr import calls
from ivr.live import Live
from ivr.runner import Runner
from ivr.waits import Transfer
from routing import visits
from storage.database import Database

# The user part of the SIP address, and the extension of the dialplan.
EXTENSION = "carried"
SIGNATURE_DIGITS = 48
# From the document that names it until the leg comes in.
SECONDS = 60
HEADERS = ("Turn", "Topic", "Language", "Level", "Consent", "Until", "Signature")
_TOLD = re.compile(
    r"(?P<turn>\d{1,9}):(?P<topic>[a-z][a-z0-9-]{0,39}):(?P<lang>[a-z]{2}):(?P<level>[a-z]{1,12})"
    r":(?P<consent>[01]):(?P<until>\d{1,12}):(?P<signature>[0-9a-f]{48})"
)


@dataclass(frozen=True, slots=True)
class Leg:
    """A call at the turn that sends it to the consultants of a topic; `until` is a Unix time."""

    call_id: str
    turn: int
    topic: str
    lang: str
    level: str
    recorded: bool
    until: int


def leg_of(live: Live, to: Transfer, now: datetime) -> Leg:
    """The leg that carries out a transfer."""
    until = int(now.timestamp()) + SECONDS
    return Leg(live.call_id, live.seq, to.topic, to.lang, to.auth_level, to.recorded, until)


def headers(key: bytes, leg: Leg) -> Mapping[str, str]:
    """The SIP headers that tell of a leg."""
    return {"X-Centrala-Call": leg.call_id} | {
        f"X-Centrala-{name}": value for name, value in zip(HEADERS, (*_fields(leg), _signature(key, leg)), strict=True)
    }


def read(key: bytes, call_id: str, told: str, now: datetime) -> Leg | None:
    """The leg that `told` (the values of HEADERS, with colons between them) tells of; None if we have not signed it."""
    found = _TOLD.fullmatch(told)
    if found is None:
        return None
    recorded, until = found["consent"] == "1", int(found["until"])
    leg = Leg(call_id, int(found["turn"]), found["topic"], found["lang"], found["level"], recorded, until)
    is_ours = hmac.compare_digest(_signature(key, leg), found["signature"])
    return leg if is_ours and now.timestamp() < until else None


def _fields(leg: Leg) -> tuple[str, ...]:
    return (str(leg.turn), leg.topic, leg.lang, leg.level, str(int(leg.recorded)), str(leg.until))


def _signature(key: bytes, leg: Leg) -> str:
    told = "\x00".join((leg.call_id, *_fields(leg))).encode()
    return hmac.new(key, b"leg\x00" + told, hashlib.sha256).hexdigest()[:SIGNATURE_DIGITS]


def take(database: Database, runner: Runner, leg: Leg, channel: str) -> Live | None:
    """The call that the leg was made for, from now on in Asterisk's hands; None if it is elsewhere by now.

    `channel` is the unique id of the leg's channel, which may take it again: the process that took it may have died.
    """
    live = runner.resume(leg.call_id)
    if live is None or live.seq != leg.turn or not _is_told_by(live, leg):
        return None
    with database.writing() as connection:
        return live if calls.take_leg(connection, leg.call_id, leg.turn, channel) else None


def _is_told_by(live: Live, leg: Leg) -> bool:
    match live.turn.wait:
        case Transfer(topic, _, level, recorded, lang):
            return (topic, lang, level, recorded) == (leg.topic, leg.lang, leg.level, leg.recorded)
        case _:
            return False


def open_legs(connection: Connection) -> frozenset[str]:
    """The ids of calls that a carrier has brought and that Asterisk has now."""
    call, visit = calls.calls.c, visits.queue_visits.c
    taken = (visit.call_id == call.id) & (visit.seq == call.carrier_leg) & visit.left_at.is_(None)
    query = select(call.id).where(call.ended_at.is_(None), call.carrier_leg.is_not(None), exists().where(taken))
    return frozenset(connection.execute(query).scalars())


def is_with_asterisk(connection: Connection, call_id: str) -> bool:
    """Whether the call is in a queue or talks, over a leg: then Asterisk tells of its end."""
    row, began = calls.find(connection, call_id), visits.open_visit(connection, call_id)
    return row is not None and began is not None and row.carrier_leg == began
