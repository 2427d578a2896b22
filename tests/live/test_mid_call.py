"""A caller logs in in the middle of a conversation, and the same two talk on, the consultant knowing who it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psutil
import pytest

import provision
from demo.phone import sounds
from ivr.events import LoginAsked, QueueLeft
from ivr.waits import Transfer
from tests.live import tones
from tests.live.callers import (
    GAP_SECONDS,
    PATIENCE,
    PRESS_SECONDS,
    Talk,
    account,
    answered,
    id_of,
    picked_up,
    press,
    recorded,
    refused,
    talk,
    talk_at_once,
)
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.logins import (
    FULL,
    LOG_IN,
    NONE,
    SHORTEST_LOGIN,
    VOICE,
    asks,
    keys_both,
    levels,
    longest_silence,
    sides_of,
    told,
    up,
)
from tests.live.stations import Live, hears, hears_caller, hears_music, live, menus_with
from tests.live.stories import (
    IDENTIFIER,
    PIN,
    at_once,
    keep_queue_log,
    node,
    nothing_stays,
    queue_log,
    stand_up,
    unfinished,
    wait_for,
)

PENSIONS, BENEFITS, INSURED = ("1201", "1202"), ("1301", "1302"), ("1401", "1402")
SEND_ON = "*2"
LOGGING_IN = "pl:code-logging-in"
# What the caller's telephone sends beside the keys of a PIN, as one does that has no events for keys.
IN_BAND = tones.CONSULTANT_VOICES[3]


@pytest.fixture(scope="module")
def running(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with consultants of three groups, two IVR processes, and one person's profile."""
    folder = tmp_path_factory.mktemp("mid-call")
    settings = {"queues": {"wrap_up_seconds": 0}}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), nodes=2, settings=settings) as made:
        keep_queue_log(made)
        made.staff(*PENSIONS, *BENEFITS, *INSURED)
        made.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
        yield made


@pytest.fixture
def service(running: Live) -> Live:
    """The service with both processes up."""
    stand_up(running)
    return running


def test_the_caller_logs_in_and_the_two_talk_on(service: Live, ani: str) -> None:
    """The consultant hears music meanwhile, then the level, then the caller; level and subject are the call's."""
    with nothing_stays(service):
        before = len(queue_log(service))
        there = talk(service, ani, "2")
        assert "Emerytury i renty pl none" == there.consultant.shown
        asks(there)
        there.consultant.wait_until(lambda: hears_music(there.consultant), PATIENCE, "music")
        keys_both(there)
        told(service, there, FULL)
        assert f"Emerytury i renty pl full {IDENTIFIER}" == there.consultant.shown
        there.end()

    logged = [line.split("|")[4] for line in queue_log(service)[before:]]
    assert ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"] == [name for name in logged if "PAUSE" not in name]
    heard = tones.Ear(there.consultant, service.table).heard()
    assert [(NONE, False), (LOGGING_IN, False), (FULL, False)] == [(one.key, one.cut) for one in heard]
    kept = account(service, ani)
    assert ("full", True) == (kept.row.auth_level, kept.row.subject is not None)
    assert [LoginAsked(there.extension)] == [event for event in kept.events if isinstance(event, LoginAsked)]
    assert ["none", "full"] == [turn.wait.auth_level for turn in kept.turns if isinstance(turn.wait, Transfer)]
    assert [(there.extension, "answered")] == [(visit.agent, visit.outcome) for visit in kept.visits]


def test_the_command_does_as_the_code_does(service: Live, ani: str) -> None:
    """Through the process that leads; a consultant who is elsewhere and a login that goes on are refused."""
    with nothing_stays(service):
        there = talk(service, ani, "2")
        call = id_of(service, ani)
        wait_for(lambda: calls_login(service, call, there.extension) == "", "the answer to be known")
        there.ear.wait_for("pl:identifier")
        assert "the caller is logging in already" in calls_login(service, call, there.extension)
        keys_both(there)
        told(service, there, FULL)
        assert "this consultant is not in the call" in calls_login(service, call, "1999")
        there.end()

    assert [LoginAsked(there.extension)] == [one for one in account(service, ani).events if isinstance(one, LoginAsked)]
    assert "the call has ended" in calls_login(service, call, there.extension)


def calls_login(live: Live, call: str, agent: str) -> str:
    """Why the command was refused; nothing if the caller is asked."""
    return refused(live, "calls", "login", call, "--agent", agent) or ""


def test_the_next_consultant_is_shown_who_it_is(service: Live, ani: str) -> None:
    """The level and the person go with the call, and nobody logs in twice."""
    with nothing_stays(service):
        there = talk(service, ani, "2")
        asks(there)
        keys_both(there)
        told(service, there, FULL)
        press(there.consultant, SEND_ON + "6")
        there.consultant.wait_ended()
        second = answered(service, ani, there.call, there.ear)
        second.end()

    header = f"topic=doctors;lang=pl;level=full;identifier={IDENTIFIER}"
    assert (header,) == second.consultant.headers.all("X-Centrala")
    assert ["pensions", "doctors"] == [visit.topic for visit in account(service, ani).visits]


def test_nothing_of_the_login_is_recorded(service: Live, ani: str) -> None:
    """Neither keys nor what sounds with them nor what is said meanwhile; before and after it both are recorded."""
    with nothing_stays(service):
        there = talk(service, ani, "2")
        there.wait(1)
        asks(there)
        there.call.play(sounds.tone(IN_BAND))
        keys_both(there)
        there.call.play(sounds.tone(tones.CALLER_VOICE))
        told(service, there, FULL)
        there.wait(1)
        press(there.call, PIN)
        there.call.wait_until(lambda: not there.call.pressing, PATIENCE, "the keys to be sent")
        # A telephone that sends keys sends no voice: as much silence comes at once, when it does again.
        there.wait(len(PIN) * (PRESS_SECONDS + GAP_SECONDS) + 1)
        there.end()

    (part,) = account(service, ani).parts
    sides = {hertz: recorded(service, name) for hertz, name in sides_of(part.caller_file, part.agent_file)}
    assert "" == there.consultant.keys
    for voice, sound in sides.items():
        heard = levels(sound, voice)
        assert (True, True) == (any(heard[:10]), any(heard[-10:]))
        assert [] == [hertz for hertz in (IN_BAND, tones.MUSIC) if any(levels(sound, hertz))]
        assert {"unknown"} >= {one.key.partition(":")[0] for one in tones.decode(sound, service.table)}
        assert SHORTEST_LOGIN < longest_silence(sound)
    began, ended = (float(second) for second in part.pauses.split("-"))
    assert ended - began == pytest.approx(longest_silence(recorded(service, part.agent_file)), abs=0.6)
    first, second = (len(sound) / tones.RATE for sound in sides.values())
    assert abs(first - second) < 0.2


def test_who_gives_up_is_joined_again_without_a_level(service: Live, ani: str) -> None:
    """By a star, as anywhere; a second login in the same conversation succeeds, and a third changes nothing."""
    with nothing_stays(service):
        there = talk(service, ani, "2")
        asks(there)
        press(there.call, "*")
        told(service, there, NONE, times=2)
        assert "Emerytury i renty pl none" == there.consultant.shown
        there.wait(1)
        asks(there, times=2)
        press(there.call, f"{IDENTIFIER}#")
        there.ear.wait_for("pl:pin")
        press(there.call, f"{PIN}#")
        told(service, there, FULL)
        there.wait(1)
        press(there.consultant, LOG_IN)
        told(service, there, FULL, times=2)
        there.end()

    kept = account(service, ani)
    assert ["none", "none", "full", "full"] == [
        turn.wait.auth_level for turn in kept.turns if isinstance(turn.wait, Transfer)
    ]
    assert (2, 1) == (there.ear.keys().count("pl:authenticated"), len(kept.visits))


def test_while_the_caller_logs_in_no_code_acts(service: Live, ani: str) -> None:
    """The consultant neither sends the caller on nor has them log in twice."""
    with nothing_stays(service):
        there = talk(service, ani, "2")
        asks(there)
        press(there.consultant, f"{SEND_ON}6{LOG_IN}*9")
        there.consultant.wait_until(lambda: not there.consultant.pressing, PATIENCE, "the keys to be sent")
        keys_both(there)
        told(service, there, FULL)
        there.wait(2)
        there.end()

    kept = account(service, ani)
    assert (1, 1) == (len(kept.visits), there.ear.keys().count("pl:identifier"))
    assert [None] == [one.withdrawn_at for one in kept.consents]


def test_a_caller_who_is_left_alone_finishes_and_is_served_first(service: Live, numbers: Callable[[], str]) -> None:
    """By whoever of the group is free then, before others who wait, as one who has waited since the beginning."""
    ani = numbers()
    with nothing_stays(service):
        there = talk(service, ani, "2")
        asks(there)
        there.consultant.hang_up()
        there.consultant.wait_ended()
        keys_both(there)
        there.ear.wait_for("pl:conversation-cut-off", timeout=PATIENCE)
        second = answered(service, ani, there.call, there.ear)
        second.end()

    kept = account(service, ani)
    assert [FULL] == tones.Ear(second.consultant, service.table).keys()
    assert ["cut_off", "answered"] == [visit.outcome for visit in kept.visits]
    first, again = kept.visits
    assert (first.enqueued_at, first.queue) == (again.enqueued_at, again.queue)
    assert [QueueLeft("cut_off"), QueueLeft("answered")] == [one for one in kept.events if isinstance(one, QueueLeft)]


@pytest.mark.parametrize("at", ["identifier", "pin"])
def test_a_caller_who_hangs_up_leaves_nobody_reserved(service: Live, ani: str, at: str) -> None:
    """The consultant's telephone is free at once, and the account says what it says of every conversation."""
    with nothing_stays(service):
        there = talk(service, ani, "2")
        asks(there)
        if at == "pin":
            press(there.call, f"{IDENTIFIER}#")
            there.ear.wait_for("pl:pin")
        there.call.hang_up()
        there.consultant.wait_ended()

    kept = account(service, ani)
    assert ("none", "caller", 1) == (kept.row.auth_level, kept.row.cause, len(kept.parts))
    assert [(there.extension, "answered")] == [(visit.agent, visit.outcome) for visit in kept.visits]
    assert [] == unfinished(service)


@pytest.mark.parametrize("how", ["killed", "hung"])
def test_a_process_that_is_lost_meanwhile_costs_no_conversation(service: Live, ani: str, how: str) -> None:
    """The next one asks again; the two are joined."""
    with nothing_stays(service):
        there = talk(service, ani, "2")
        asks(there)
        if how == "killed":
            node(service, 0).kill()
        else:
            psutil.Process(node(service, 0).process.pid).suspend()
            press(there.call, IDENTIFIER[:3])
        there.ear.wait_for("pl:identifier", 2, timeout=PATIENCE)
        press(there.call, f"{IDENTIFIER}#")
        there.ear.wait_for("pl:pin")
        press(there.call, f"{PIN}#")
        told(service, there, FULL)
        there.wait(1)
        there.end()

    kept = account(service, ani)
    assert ("full", ["answered"]) == (kept.row.auth_level, [visit.outcome for visit in kept.visits])
    assert any(levels(recorded(service, kept.parts[0].caller_file)[-tones.RATE :], tones.CALLER_VOICE))


def test_with_every_process_lost_the_two_are_joined_as_they_were(service: Live, ani: str) -> None:
    """Nobody gains a level, the recording goes on, and what follows the conversation is as ever."""
    with nothing_stays(service):
        there = talk(service, ani, "2")
        asks(there)
        for number in (0, 1):
            node(service, number).kill()
        told(service, there, NONE, times=2)
        there.wait(1)
        stand_up(service)
        there.end()

    kept = account(service, ani)
    assert ("none", "completed") == (kept.row.auth_level, kept.row.cause)
    assert [(there.extension, "answered")] == [(visit.agent, visit.outcome) for visit in kept.visits]
    assert any(levels(recorded(service, kept.parts[0].caller_file)[-tones.RATE :], tones.CALLER_VOICE))


def test_a_colleague_to_whom_the_caller_was_left_has_them_log_in(service: Live, ani: str) -> None:
    """As whoever asked could have: music and the level for the colleague, silence in what is recorded of it."""
    with nothing_stays(service):
        first = talk(service, ani, "2")
        press(first.consultant, "*36")
        wait_for(lambda: up(service, BENEFITS), "a colleague")
        (colleague,) = up(service, BENEFITS)
        colleague.wait_until(lambda: hears(colleague, VOICE), PATIENCE, "the first consultant's voice")
        first.consultant.hang_up()
        there = Talk(first.call, first.ear, colleague, "")
        colleague.wait_until(lambda: hears_caller(colleague), PATIENCE, "the caller's voice")
        asks(there)
        colleague.wait_until(lambda: hears_music(colleague), PATIENCE, "music")
        keys_both(there)
        told(service, there, FULL)
        there.end()

    kept = account(service, ani)
    assert ("full", 2) == (kept.row.auth_level, len(kept.parts))
    before, after = kept.parts
    assert ("", True) == (before.pauses, bool(after.pauses))
    assert SHORTEST_LOGIN < longest_silence(recorded(service, after.agent_file))
    assert SHORTEST_LOGIN < longest_silence(recorded(service, after.caller_file))


def test_five_who_log_in_at_once_are_kept_apart(service: Live, numbers: Callable[[], str]) -> None:
    """Each goes back to their own consultant; who keys a wrong PIN has no level, whatever the others key."""
    callers = {numbers(): key for key in ("2", "2", "6", "6", "4")}
    wrong = list(callers)[::2]

    def logs_in(ani: str, there: Talk) -> None:
        asks(there)
        press(there.call, f"{IDENTIFIER}#")
        there.ear.wait_for("pl:pin")
        press(there.call, "*" if ani in wrong else f"{PIN}#")
        there.consultant.wait_until(lambda: hears_music(there.consultant), PATIENCE, "music")
        there.consultant.wait_until(lambda: hears_caller(there.consultant), PATIENCE, "the caller's voice")

    with nothing_stays(service):
        talks = talk_at_once(service, callers)
        at_once([lambda ani=ani, there=there: logs_in(ani, there) for ani, there in talks.items()])  # type: ignore[misc]
        assert {ani: there.consultant for ani, there in talks.items()} == {
            ani: picked_up(service, ani, there.call, there.ear).consultant for ani, there in talks.items()
        }
        for there in talks.values():
            there.end()

    expected = {ani: "none" if ani in wrong else "full" for ani in callers}
    assert expected == {ani: account(service, ani).row.auth_level for ani in callers}
    assert [1] * 5 == [len(account(service, ani).visits) for ani in callers]
