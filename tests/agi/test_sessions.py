"""A call over the gateway, told by a scripted Asterisk."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import SimpleNamespace

import pytest

from auth_pin import profiles
from ivr import calls
from ivr.calls import CallRow, LoggedTurn
from ivr.events import Keyed, SecretKeyed
from ivr.gateways.agi import session
from ivr.gateways.agi.server import Server
from ivr.gateways.agi.session import LEASE_SECONDS, NO_STAY
from recordings import consents, parts
from routing import visits
from storage.installation import Installation
from tests.agi.conftest import IDENTIFIER, PIN, Log, TellOfEnd, idle
from tests.agi.peers import Peer, Script, introduction, new_call_id, play, variables

Address = tuple[str, int]


class Line:
    """A caller's line: calls over it are one call to the service."""

    def __init__(self, address: Address, installation: Installation, tell_of_end: TellOfEnd) -> None:
        self._address, self._database, self._tell_of_end = address, installation.database, tell_of_end
        self.call_id = new_call_id()

    def calls(
        self,
        keys: str = "",
        stage: str = "enter",
        replies: Mapping[str, str] | None = None,
        told: Mapping[str, str] | None = None,
    ) -> list[str]:
        """Be in one session until it ends or the keys are used up; its commands."""
        with Peer(self._address) as peer:
            return play(peer, introduction(self.call_id, stage, **(told or {})), Script(keys, replies or {}))

    def hangs_up(self, told: Mapping[str, str]) -> None:
        """Go where no session is: the dialplan leaves a note."""
        self._tell_of_end(self.call_id, told)

    @property
    def row(self) -> CallRow:
        """The call's row."""
        with self._database.reading() as connection:
            row = calls.find(connection, self.call_id)
        assert row is not None
        return row

    @property
    def turns(self) -> tuple[LoggedTurn, ...]:
        """The call's turns."""
        with self._database.reading() as connection:
            return calls.turns_of(connection, self.call_id)

    @property
    def visits(self) -> tuple[visits.Visit, ...]:
        """The call's stays in queues."""
        with self._database.reading() as connection:
            return visits.of_call(connection, self.call_id)

    @property
    def parts(self) -> tuple[parts.RecordingPart, ...]:
        """What was recorded of the call."""
        with self._database.reading() as connection:
            return parts.of_call(connection, self.call_id)

    @property
    def consents(self) -> tuple[consents.Consent, ...]:
        """The caller's decisions."""
        with self._database.reading() as connection:
            return consents.of_call(connection, self.call_id)


@pytest.fixture
def line(address: Address, installation: Installation, tell_of_end: TellOfEnd) -> Line:
    """A caller."""
    return Line(address, installation, tell_of_end)


def test_a_transfer_is_handed_to_the_dialplan(line: Line) -> None:
    """The session ends with the queue, the level, and the number of the turn that led there."""
    handed = variables(line.calls("2")[1:])

    where = {"QUEUE": "help", "TOPIC": "help", "TURN": "3", "LEVEL": "none", "RECORD": "1", "LANG": "pl"}
    whispers = {"WHISPER_AUTHORISED": "/prompts/whisper-help-pl-substitute"}
    offer = {"CAPTION": "Pomoc", "WHISPER": "/prompts/whisper-help-pl-none", **whispers}
    handed_over = {"IVR_SAY": "/prompts/connecting", "QUEUE_PRIO": "", "IVR_NEXT": "queue"}
    assert {**where, **NO_STAY, **offer, **handed_over} == handed
    assert line.row.ended_at is None


def test_the_identifier_of_whoever_has_logged_in_goes_to_the_dialplan(line: Line, profile: str) -> None:
    """In a command of its own, before the rest; nowhere else is it spoken of."""
    commands = line.calls("4" + f"{IDENTIFIER}#" + PIN + "2")

    assert [f'SET VARIABLE "IDENTIFIER" "{IDENTIFIER}"'] == [one for one in commands if IDENTIFIER in one]
    handed = variables(commands)
    assert ("full", "/prompts/whisper-help-pl-full") == (handed["LEVEL"], handed["WHISPER"])


def test_the_display_of_whom_the_caller_talks_to_is_renewed(line: Line, profile: str) -> None:
    """By what no console shows, once the login has succeeded; not where the channel's name is none."""
    turn = variables(line.calls("2"))["TURN"]
    told = {"arg_4": turn, "arg_6": "11"}
    found = {"GET VARIABLE": "200 result=1 (PJSIP/1201-0000002a)"}
    commands = line.calls(f"{IDENTIFIER}#" + PIN, "log-in", found, told)
    display = 'SET VARIABLE "EXPORT(PJSIP/1201-0000002a,CONNECTEDLINE(name))"'
    assert [f'{display} "Pomoc pl full {IDENTIFIER}"'] == [one for one in commands if "CONNECTEDLINE" in one]
    assert "talk" == variables(commands)["IVR_NEXT"]
    again = line.calls(f"{IDENTIFIER}#" + PIN, "log-in", {"GET VARIABLE": "200 result=1 (a,b)"}, told)
    assert [] == [one for one in again if "CONNECTEDLINE" in one]


def test_who_has_not_logged_in_has_no_identifier(line: Line, profile: str) -> None:
    """A wrong PIN is no login: the level stays none, and the dialplan is told of nobody."""
    commands = line.calls("4" + f"{IDENTIFIER}#" + "111111" + f"{IDENTIFIER}#" + "*" + "2")

    assert [] == [one for one in commands if "IDENTIFIER" in one]
    assert "none" == variables(commands)["LEVEL"]


def test_a_profile_that_is_gone_holds_nobody_up(line: Line, profile: str, installation: Installation) -> None:
    """Between the login and the transfer it may be blocked: the call goes on, and nobody is named."""
    line.calls("4" + f"{IDENTIFIER}#" + PIN)
    with installation.database.writing() as connection:
        connection.execute(profiles.profiles.update().values(state=profiles.State.BLOCKED))
    commands = line.calls("2")

    assert [] == [one for one in commands if "IDENTIFIER" in one]
    assert "queue" == variables(commands)["IVR_NEXT"]


def test_a_connection_that_ends_is_not_the_callers_end(line: Line, server: Server) -> None:
    """A network that fails leaves the call as it is, so that its caller hears the same menu at the next node."""
    line.calls("1")
    assert idle(server)
    assert line.row.ended_at is None

    assert "queue" == variables(line.calls("2"))["IVR_NEXT"]


def test_a_number_is_wound_up_digit_by_digit(line: Line) -> None:
    """Digits are waited for one by one, each within the time that the call was given to the session for."""
    commands = line.calls("3" + "12345")
    lease, *waits = commands[: 1 + 2 + 4]

    assert f'EXEC MSet "IVR_MET=yes,TIMEOUT(absolute)={LEASE_SECONDS}"' == lease
    assert ["GET DATA"] * 2 + ["WAIT FOR"] * 4 == [wait[:8] for wait in waits]


def test_a_wait_beyond_the_lease_asks_for_more(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asterisk is told before the first wait, and again before the first one that would outlast the lease."""
    monkeypatch.setattr(session, "time", SimpleNamespace(monotonic=itertools.count(0, 4).__next__))
    commands = line.calls("3" + "12")

    # Four seconds pass before each wait; of the lease's twenty the third wait would leave none for patience.
    assert ["EXEC MSe", "GET DATA", "GET DATA", "WAIT FOR", "EXEC MSe", "WAIT FOR"] == [one[:8] for one in commands[:6]]


def test_a_missing_question_can_still_be_answered(line: Line, log: Log) -> None:
    """A sound file that Asterisk cannot play is logged, and the key is waited for all the same."""
    missing = {"GET DATA": "200 result=-1", "CHANNEL STATUS": "200 result=6"}
    handed = variables(line.calls("-2", replies=missing))

    assert "queue" == handed["IVR_NEXT"]
    assert [] == log.tracebacks
    assert "a prompt cannot be played" in log.text


def test_a_missing_answer_does_not_end_the_call(line: Line, profile: str) -> None:
    """The result of a login that cannot be played is passed over."""
    missing = {"STREAM FILE": "200 result=-1", "CHANNEL STATUS": "200 result=6"}
    line.calls("4" + IDENTIFIER + "#" + PIN + "-", replies=missing)

    assert "full" == line.row.auth_level


def test_nobody_consents_to_a_notice_that_was_not_heard(line: Line, log: Log) -> None:
    """A notice that cannot be played leads to no consent and no transfer: the dialplan goes on at once, unrecorded."""
    missing = {"STREAM FILE": "200 result=-1", "CHANNEL STATUS": "200 result=6"}
    commands = line.calls("2", replies=missing)

    assert "no-ivr" == variables(commands)["IVR_NEXT"]
    assert () == line.consents
    assert line.row.ended_at is None
    assert [] == log.tracebacks


def test_a_caller_who_left_during_a_prompt_that_failed_has_left(line: Line, server: Server) -> None:
    """A failure on a dead channel is the hang-up that it is."""
    line.calls(replies={"GET DATA": "200 result=-1", "CHANNEL STATUS": "511 Command Not Permitted on a dead channel"})
    assert idle(server)

    assert ("main", "caller") == (line.row.ended_where, line.row.cause)


def test_a_hang_up_on_the_way_to_a_queue_closes_the_visit(line: Line, server: Server) -> None:
    """Who leaves while being handed over has abandoned the queue."""
    line.calls("2", replies={'EXEC MSet "QUEUE': "511 Command Not Permitted on a dead channel"})
    assert idle(server)

    (visit,) = line.visits
    assert ("help", "abandoned") == (visit.queue, visit.outcome)
    assert visit.left_at is not None
    assert ("to-help", "caller") == (line.row.ended_where, line.row.cause)


def test_a_terminator_after_the_last_digit_is_not_for_the_next_question(line: Line) -> None:
    """An identifier of twelve digits is full without it: the PIN is asked for once more, and not answered with it."""
    line.calls("4" + "305178420000" + "#" + "471155")

    kept = [event for turn in line.turns for event in turn.events]
    assert [12, 6] == [event.length for event in kept if isinstance(event, SecretKeyed)]
    assert [] == [event for event in kept if isinstance(event, Keyed) and event.digits == "#"]


def test_a_terminator_after_a_prompt_is_for_the_question(line: Line) -> None:
    """What was found is heard in between, so the key is no part of the number any more."""
    line.calls("3" + "00001" + "#" + "2")

    assert Keyed("#") in [event for turn in line.turns for event in turn.events]


@pytest.mark.parametrize("key", ["12", "x", "\x00", "é", "-5", "999999", "٣"])
def test_a_key_that_no_telephone_has_is_refused(line: Line, server: Server, log: Log, key: str) -> None:
    """What is no key ends the session, and reaches neither the flow nor a log."""
    line.calls(replies={"GET DATA": f"200 result={key}"})
    assert idle(server)

    assert line.row.ended_at is None
    assert [] == log.tracebacks
    assert "a key that no telephone has" in log.text


# Coming back from queues, and being told of ends


LEFT = {"arg_4": "3", "arg_9": "help"}
TIMED_OUT = {**LEFT, "arg_5": "TIMEOUT"}
STAY = {"arg_5": "", "arg_6": "1101", "arg_7": "1795424000.250", "arg_8": "", "arg_9": "help", "arg_10": "1795423990"}


def test_a_conversation_that_is_over_leads_to_the_thanks(line: Line) -> None:
    """Back from the queue the call is taken up where the flow left it, and the visit is closed."""
    line.calls("2")
    handed = variables(line.calls(stage="left", told={"arg_4": "3", **STAY}))

    assert {"IVR_SAY": "/prompts/farewell", "IVR_NEXT": "hangup"} == handed
    (visit,) = line.visits
    assert ("answered", "1101") == (visit.outcome, visit.agent)
    assert ("goodbye", "completed") == (line.row.ended_where, line.row.cause)


def test_a_conversation_that_was_cut_off_is_none_that_is_over(line: Line) -> None:
    """The consultant's telephone has gone: the stay says so, and the call goes the way of the unanswered."""
    line.calls("2")
    commands = line.calls("1", stage="left", told={"arg_4": "3", **STAY, "arg_5": "CUTOFF"})

    assert 2 == sum(command.startswith("GET DATA") for command in commands)
    (visit,) = line.visits
    assert ("cut_off", "1101", True) == (visit.outcome, visit.agent, visit.answered_at is not None)


SENT_ON = {"arg_4": "3", **STAY, "arg_11": "help"}


def test_a_caller_who_is_sent_on_has_another_stay(line: Line) -> None:
    """The first one is closed as answered, and the second begins; consent was given once."""
    line.calls("2")
    handed = variables(line.calls(stage="sent-on", told=SENT_ON))

    assert ("help", "4", "queue") == (handed["TOPIC"], handed["TURN"], handed["IVR_NEXT"])
    first, second = line.visits
    assert ("answered", "1101") == (first.outcome, first.agent)
    assert (None, None) == (second.outcome, second.left_at)
    assert 1 == len(line.consents)


def test_who_is_sent_on_twice_by_one_conversation_is_in_one_queue(line: Line) -> None:
    """A process died when it had written that: the dialplan tells the next one the same."""
    line.calls("2")
    line.calls(stage="sent-on", told=SENT_ON)
    handed = variables(line.calls(stage="sent-on", told=SENT_ON))

    assert "queue" == handed["IVR_NEXT"]
    assert ["answered", None] == [visit.outcome for visit in line.visits]


@pytest.mark.parametrize("topic", ["", "x" * 50, "../x", "gardening"])
def test_whoever_is_sent_nowhere_is_served_all_the_same(line: Line, log: Log, topic: str) -> None:
    """A topic that nobody knows ends in thanks; what is none, in the queue where the call was."""
    line.calls("2")
    commands = line.calls(stage="sent-on", told={**SENT_ON, "arg_11": topic})

    assert variables(commands)["IVR_NEXT"] in ("hangup", "queue")
    assert [] == log.tracebacks


ASKED = "1301:1795424010.500:part-c:help:help"
TAKEN_OVER = {"arg_4": "3", **STAY, "arg_8": "part", "arg_12": f"&{ASKED}", "arg_13": "1795424020.000"}


def test_a_colleague_who_takes_a_caller_over_has_a_stay_of_their_own(line: Line) -> None:
    """It begins where the first consultant's ended; each recorded part is told of, and each is a turn."""
    line.calls("2")
    line.calls(stage="left", told=TAKEN_OVER)

    first, second = line.visits
    assert [(3, "1101"), (4, "1301")] == [(visit.seq, visit.agent) for visit in (first, second)]
    assert first.left_at == second.enqueued_at == second.answered_at
    assert [(3, "part-agent.wav"), (4, "part-c-agent.wav")] == [(part.seq, part.agent_file) for part in line.parts]
    assert ("goodbye", "completed") == (line.row.ended_where, line.row.cause)


@pytest.mark.parametrize(
    "told",
    [{"arg_13": ""}, {"arg_12": f"&{ASKED}:1795424015.000"}],
    ids=["the first stayed", "the colleague left first"],
)
def test_a_colleague_who_was_only_asked_has_none(line: Line, told: Mapping[str, str]) -> None:
    """What was recorded is told of all the same."""
    line.calls("2")
    line.calls(stage="left", told={**TAKEN_OVER, **told})

    assert ["1101"] == [visit.agent for visit in line.visits]
    assert 2 == len(line.parts)


def test_a_caller_who_leaves_a_colleague_leaves_a_note_of_them(line: Line) -> None:
    """The dialplan's note tells of colleagues as it does of the first consultant."""
    line.calls("2")
    line.hangs_up(TAKEN_OVER)

    assert ["1101", "1301"] == [visit.agent for visit in line.visits]
    assert ("to-help", "caller") == (line.row.ended_where, line.row.cause)


def test_what_is_remembered_of_an_earlier_queue_is_not_taken_for_the_newest(line: Line) -> None:
    """A process died on the way to the second queue: the outcome of the first one is not the second's."""
    line.calls("2")
    line.calls("2", stage="left", told=TIMED_OUT)
    line.calls(stage="left", told=TIMED_OUT)

    first, second = line.visits
    assert "timeout" == first.outcome
    assert second.outcome is None


def test_a_caller_who_is_back_has_abandoned_nothing(line: Line) -> None:
    """Asterisk gives no status where it could not begin; the caller is back in the menu."""
    line.calls("2")
    commands = line.calls("1", stage="left", told=LEFT)

    assert 2 == sum(command.startswith("GET DATA") for command in commands)
    (visit,) = line.visits
    assert "failed" == visit.outcome


def test_who_hangs_up_in_a_queue_has_abandoned_it(line: Line) -> None:
    """The dialplan leaves a note about callers who leave where no session is."""
    line.calls("2")
    line.hangs_up(LEFT)

    (visit,) = line.visits
    assert "abandoned" == visit.outcome
    assert ("to-help", "caller") == (line.row.ended_where, line.row.cause)


def test_who_hangs_up_later_has_not_abandoned_the_queue_again(line: Line) -> None:
    """A note about a hang-up at a menu is not taken for a second visit of the queue that it remembers."""
    line.calls("2")
    line.calls("", stage="left", told=TIMED_OUT, replies={"GET DATA": "510 no"})
    line.hangs_up(TIMED_OUT)

    (visit,) = line.visits
    assert "timeout" == visit.outcome
    assert line.row.ended_at is not None


def test_a_conversation_without_the_ivr_is_told_whole(line: Line) -> None:
    """A call that no process met, taken to a consultant by the dialplan, gets its row and its visit at the end."""
    line.hangs_up({"arg_4": "0", **STAY})

    (visit,) = line.visits
    assert ("help", "1101", "answered") == (visit.queue, visit.agent, visit.outcome)
    assert visit.answered_at is not None
    assert visit.left_at is not None
    assert visit.enqueued_at < visit.answered_at < visit.left_at
    assert ("start", "no-ivr") == (line.row.ended_where, line.row.cause)
    assert () == line.consents


def test_a_call_is_told_of_once_however_often_it_is_told(line: Line) -> None:
    """A note that is read twice changes nothing the second time."""
    line.calls("1")
    for _ in range(2):
        line.hangs_up({"arg_4": "0", **STAY})

    assert 1 == len(line.visits)


STRANGE = ("x" * 5000, "\x00", "99999999999999999999", "-1", "1e999", "٣٣٣", "'\"\\;--", "a,b|c")


@pytest.mark.parametrize("name", [*(f"arg_{number}" for number in range(3, 18)), "callerid"])
def test_no_argument_of_a_peer_breaks_the_account(line: Line, log: Log, name: str) -> None:
    """Whatever the dialplan's variables hold, the call goes on, its end is kept and nothing is raised."""
    for value in STRANGE:
        line.call_id = new_call_id()
        line.calls("2")
        line.calls("2", stage="left", told={"arg_4": "3", **STAY, name: value})
        line.hangs_up({})

        assert line.row.ended_at is not None
        assert [visit.left_at is not None for visit in line.visits] == [True] * len(line.visits)
    assert [] == log.tracebacks


@pytest.mark.parametrize("number", range(5, 11))
def test_no_field_of_a_note_breaks_the_account(line: Line, log: Log, number: int) -> None:
    """Whatever a note holds, the end of the call and of its stay is kept and nothing is raised."""
    for value in (value for value in STRANGE if not set(value) & set(",|")):
        line.call_id = new_call_id()
        line.calls("2")
        line.hangs_up({"arg_4": "3", **STAY, f"arg_{number}": value})

        (visit,) = line.visits
        assert line.row.ended_at is not None
        assert visit.left_at is not None
    assert [] == log.tracebacks


@pytest.mark.parametrize("call_id", ["", "x", "1" * 37, "A" * 36, "../../etc/passwd", "'; DROP TABLE calls; --"])
def test_what_is_no_call_is_turned_away(line: Line, log: Log, installation: Installation, call_id: str) -> None:
    """A peer without a call's name gets no command, and leaves no row."""
    line.call_id = call_id
    assert [] == line.calls("2")

    with installation.database.reading() as connection:
        assert () == calls.newest(connection, 10)
    assert call_id not in log.text or not call_id
    assert [] == log.tracebacks
