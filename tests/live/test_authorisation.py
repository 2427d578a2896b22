"""A consultant keys that control questions were answered: whoever comes next sees it, and nobody in another call."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

import provision
from audit import entries
from demo.phone import IncomingCall
from ivr.events import Authorised
from routing import requests
from routing.requests import Request
from tests.live import tones
from tests.live.callers import account, answered, id_of, press, refused, talk
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import Live, live, menus_with
from tests.live.stories import node, nothing_stays, stand_up, wait_for

PENSIONS, BENEFITS = ("1201", "1202"), ("1301", "1302")
AUTHORISE, SEND_ON, ASK = "*5", "*2", "*3"
ASKED, DONE, NOT_DONE = "pl:code-questions", "pl:code-authorised", "pl:code-unauthorised"


@pytest.fixture(scope="module")
def groups(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with consultants for pensions and for doctors."""
    folder = tmp_path_factory.mktemp("authorising")
    settings = {"queues": {"wrap_up_seconds": 0}}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), settings=settings) as running:
        running.staff(*PENSIONS, *BENEFITS)
        yield running


def keys(live: Live, desk: IncomingCall, questions: str, told: str = DONE, times: int = 1) -> None:
    """The consultant keys the code, hears the question, keys the answer to it and hears what came of it."""
    press(desk, AUTHORISE)
    ear = tones.Ear(desk, live.table)
    ear.wait_for(ASKED, times)
    press(desk, questions)
    ear.wait_end_of(told, times)


def audited(live: Live, call: str) -> list[tuple[str, str]]:
    """Who asked questions in a call, or was refused, and what the audit says of it."""
    with live.database.reading() as connection:
        told = entries.of_object(connection, f"call:{call}")
        return [(one.actor, one.details) for one in told if "authoris" in one.action]


def rung(live: Live, ani: str) -> IncomingCall:
    """The telephone of a colleague that rings."""

    def ringing() -> list[IncomingCall]:
        return [call for desk in BENEFITS for call in live.desks[desk].incoming if call.up]

    wait_for(ringing, "a colleague")
    return ringing()[0]


def test_whoever_the_caller_is_sent_on_to_knows(groups: Live, ani: str) -> None:
    """By whisper, display and header; the call's events tell who asked what, and so does the audit, of nobody."""
    with nothing_stays(groups):
        first = talk(groups, ani, "2")
        assert ("topic=pensions;lang=pl;level=none",) == first.consultant.headers.all("X-Centrala")
        keys(groups, first.consultant, "31#")
        first.consultant.wait_until(lambda: first.consultant.shown.endswith(" pl substitute"), what="the display")
        call = id_of(groups, ani)
        wait_for(lambda: audited(groups, call), "the note to be taken in")
        press(first.consultant, SEND_ON + "6")
        first.consultant.wait_ended()
        second = answered(groups, ani, first.call, first.ear)
        invited = second.consultant
        second.end()

    assert ("topic=doctors;lang=pl;level=substitute",) == invited.headers.all("X-Centrala")
    assert "Lekarze pl substitute" == invited.remote.name
    assert ["pl:whisper-doctors-pl-substitute"] == tones.Ear(invited, groups.table).keys()
    kept = account(groups, ani)
    (told,) = [event for event in kept.events if isinstance(event, Authorised)]
    assert (Authorised(first.extension, ("date_of_birth", "surname")), "substitute") == (told, kept.row.auth_level)
    assert [(first.extension, "by code in the conversation: date_of_birth, surname")] == audited(groups, call)


def test_a_colleague_who_is_asked_knows_at_once(groups: Live, ani: str) -> None:
    """No IVR process has a part in that: the caller's channel says so. Nor can the colleague key it meanwhile."""
    with nothing_stays(groups):
        first = talk(groups, ani, "2")
        keys(groups, first.consultant, "2#")
        press(first.consultant, ASK + "6")
        colleague = rung(groups, ani)
        invited, heard = colleague.headers.all("X-Centrala"), tones.Ear(colleague, groups.table)
        heard.wait_for("pl:whisper-pensions-pl-substitute")
        first.consultant.hang_up()
        first.consultant.wait_ended()
        first.call.hang_up()
        colleague.wait_ended()

    assert ("topic=pensions;lang=pl;level=substitute",) == invited
    assert "substitute" == account(groups, ani).row.auth_level


@pytest.mark.parametrize("keyed", ["#", "7#", "1*#"])
def test_what_is_no_question_is_not_recorded(groups: Live, ani: str, keyed: str) -> None:
    """Nothing, a digit of no question, or one among others that are: the consultant hears it, and the audit tells."""
    with nothing_stays(groups):
        there = talk(groups, ani, "2")
        keys(groups, there.consultant, keyed, NOT_DONE)
        there.end()

    assert "none" == account(groups, ani).row.auth_level
    why = "no question was keyed" if keyed == "#" else "what was keyed is no question"
    assert [(there.extension, f"by code in the conversation: {why}")] == audited(groups, id_of(groups, ani))


def test_with_the_ivr_dead_it_is_kept_in_mind(groups: Live, ani: str) -> None:
    """The note tells it to the process that runs next; the caller has hung up by then."""
    there = talk(groups, ani, "2")
    node(groups, 0).kill()
    try:
        keys(groups, there.consultant, "14#")
        wait_for(lambda: list((groups.station.home / "spool").glob("*.authorised")), "the note")
        there.end()
    finally:
        stand_up(groups)

    kept = account(groups, ani)
    asked = Authorised(there.extension, ("surname", "last_contribution"))
    assert (1, "substitute") == (kept.events.count(asked), kept.row.auth_level)


def test_the_command_does_the_same(groups: Live, ani: str) -> None:
    """Whoever the caller is sent on to knows; an unknown call, and a consultant who is elsewhere, are refused."""
    with nothing_stays(groups):
        first = talk(groups, ani, "2")
        call = id_of(groups, ani)
        words = ("calls", "authorise", call, "--questions", "surname,address", "--agent")
        wait_for(lambda: refused(groups, *words, first.extension) is None, "the answer to be known")
        assert "this consultant is not in the call" in str(refused(groups, *words, "1999"))
        unknown = refused(groups, "calls", "authorise", str(uuid4()), *words[3:], first.extension)
        assert "there is no such call" in str(unknown)
        press(first.consultant, SEND_ON + "6")
        first.consultant.wait_ended()
        second = answered(groups, ani, first.call, first.ear)
        invited = second.consultant
        second.end()

    assert ("topic=doctors;lang=pl;level=substitute",) == invited.headers.all("X-Centrala")
    assert "the call has ended" in str(refused(groups, *words, first.extension))
    assert 3 == len(audited(groups, call))


def test_a_colleague_who_is_asked_knows_it_by_the_command_as_well(groups: Live, ani: str) -> None:
    """Within a second the caller's channel has the level, while the same two talk on."""
    with nothing_stays(groups):
        first = talk(groups, ani, "2")
        call = id_of(groups, ani)
        words = ("calls", "authorise", call, "--questions", "surname", "--agent", first.extension)
        wait_for(lambda: refused(groups, *words) is None, "the answer to be known")
        wait_for(lambda: not asked_of_asterisk(groups), "the level to be told to Asterisk")
        press(first.consultant, ASK + "6")
        colleague = rung(groups, ani)
        tones.Ear(colleague, groups.table).wait_for("pl:whisper-pensions-pl-substitute")
        first.call.hang_up()
        colleague.wait_ended()

    assert ("topic=pensions;lang=pl;level=substitute",) == colleague.headers.all("X-Centrala")


def asked_of_asterisk(live: Live) -> tuple[Request, ...]:
    """What commands have asked for and nobody has done yet."""
    with live.database.reading() as connection:
        return requests.everything(connection)


def test_the_next_call_of_the_same_number_begins_at_nothing(groups: Live, ani: str) -> None:
    """The level was that call's alone."""
    there = talk(groups, ani, "2")
    keys(groups, there.consultant, "1#")
    there.end()
    account(groups, ani)
    again = talk(groups, ani, "2")
    assert ("topic=pensions;lang=pl;level=none",) == again.consultant.headers.all("X-Centrala")
    again.end()
