"""Consultants and the groups that they serve: who is called first, and what the codes on their telephones do."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

import provision
from demo.phone import Refuse, Ring
from demo.phone.outgoing import OutgoingCall
from tests.live import tones
from tests.live.callers import (
    PATIENCE,
    Talk,
    account,
    answered,
    choose,
    desks_react,
    talk,
    to_topic,
)
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import Live, live, menus_with
from tests.live.stories import node, on_a_break, stand_up, wait_for

# The topics of these groups by their keys: two desks, consultants who log in, an overflow, a wrap-up, a weight.
DESKS, LOGGED_IN, OVERFLOWING, WRAPPING_UP, HEAVIER = "1", "2", "4", "3", "5"
OVERFLOW_SECONDS = 2
WRAP_UP_SECONDS = 120
TABLE = """\
agent,name,site,skills,languages
1701,First,Here,pensions:1,pl:1
1702,Second,Here,pensions:2,pl:1
1703,Third,There,pensions:1,pl:1 uk:2
1704,Both,There,pensions:1 payers:1,pl:1
1705,Shared,Here,pensions:1 benefits:1,pl:1
1801,Alone,There,benefits:1,pl:1
"""
GROUPS = (
    ('    agents: ["1201", "1202"]\n', ""),
    ('    agents: ["1301", "1302"]\n', f"    wrap_up: {WRAP_UP_SECONDS}\n"),
    ('    agents: ["1501", "1502"]\n', '    agents: ["1501", "1502"]\n    weight: 5\n'),
    (
        '    agents: ["1401", "1402"]\n',
        f'    agents: ["1401"]\n    overflow: {{to: payers, after: {OVERFLOW_SECONDS}}}\n',
    ),
)
# Telephones: those of fixed members, those that consultants of the table have by their numbers, those that nobody has.
ALWAYS, OWN = ("1101", "1102", "1401", "1501", "1502"), ("1701", "1702", "1703", "1801")
HERE, THERE = "2001", "3001"
NOBODY = "1799"
TELEPHONES = (*ALWAYS, *OWN, HERE, THERE)


@pytest.fixture(scope="module")
def centre(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The shipped service with other groups; nobody of the table has logged in."""
    folder = tmp_path_factory.mktemp("centre")
    table = folder / "agents.csv"
    table.write_text(TABLE)
    settings = {
        "agents": str(table),
        "queues": {"ring_seconds": 5, "wrap_up_seconds": 0},
        "sip": {"extensions": ["1701-1703", "1801", HERE, THERE]},
    }
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT, *GROUPS), settings=settings) as running:
        running.staff(*TELEPHONES)
        yield running


@pytest.fixture(autouse=True)
def _at_work(centre: Live) -> Iterator[None]:
    """Nobody of the table is logged in when a test begins, and nobody else is on a break."""
    yield
    for extension in TELEPHONES:
        rx(centre, f"queue unpause member PJSIP/{extension}")
        for queue in ("pensions", "pensions-uk", "benefits"):
            rx(centre, f"queue remove member PJSIP/{extension} from {queue}")
    for family in ("seat", "desk", "break", "wrap-up"):
        rx(centre, f"database deltree {family}")


def rx(running: Live, command: str) -> str:
    """What Asterisk says to a command."""
    assert running.station.asterisk is not None
    return running.station.asterisk.rx(command)


def members(running: Live, queue: str) -> dict[str, str]:
    """What Asterisk tells of a queue's members, by extension."""
    lines = [line.strip() for line in rx(running, f"queue show {queue}").splitlines() if " (PJSIP/" in line]
    return {line.split()[0]: line for line in lines}


def keys(running: Live, extension: str, code: str, heard: str) -> None:
    """A consultant keys a code and hears what it did."""
    call = running.desks[extension].dial(code)
    ear = tones.Ear(call, running.table)
    call.wait_up()
    ear.wait_for(f"pl:{heard}")
    call.wait_ended()


def log_in(running: Live, *extensions: str) -> None:
    """Consultants log in."""
    for extension in extensions:
        keys(running, extension, "*11", "code-logged-in")


def who_answers(running: Live, ani: str, key: str) -> str:
    """The extension that answers a caller, who then leaves; by the clock of Asterisk a second passes."""
    there = talk(running, ani, key)
    there.wait(1.1)
    there.end()
    return there.extension


def ringing(running: Live, extension: str, ani: str) -> bool:
    """Whether a consultant's telephone rings with that caller."""
    calls = running.desks[extension].incoming
    return any(call.caller == ani and not call.up and not call.ended for call in calls)


def offered(running: Live, extension: str, ani: str) -> int:
    """How often a consultant's telephone rang with that caller."""
    return sum(call.caller == ani for call in running.desks[extension].incoming)


def music_while(call: OutgoingCall, seconds: float) -> None:
    """Let the caller wait for so long."""
    until = call.recording.seconds + seconds
    call.wait_until(lambda: call.recording.seconds >= until, PATIENCE, "music")


def test_who_logs_in_serves_the_queues_of_the_table(centre: Live) -> None:
    """With the penalties that levels make; who logs out serves none of them."""
    assert {} == members(centre, "pensions")
    log_in(centre, "1701", "1702", "1703")

    assert {"1701", "1702", "1703"} == members(centre, "pensions").keys()
    assert {"1703"} == members(centre, "pensions-uk").keys()
    assert "with penalty 1" in members(centre, "pensions")["1702"]
    assert "with penalty 1" in members(centre, "pensions-uk")["1703"]
    assert "with penalty" not in members(centre, "pensions")["1701"]
    keys(centre, "1703", "*12", "code-logged-out")
    assert {"1701", "1702"} == members(centre, "pensions").keys()
    assert {} == members(centre, "pensions-uk")


def test_the_better_skilled_are_called_first(centre: Live, numbers: Callable[[], str]) -> None:
    """Call after call; who is skilled less answers when the better one talks."""
    log_in(centre, "1702", "1701")
    assert ["1701", "1701"] == [who_answers(centre, numbers(), LOGGED_IN) for _ in range(2)]

    first = talk(centre, numbers(), LOGGED_IN)
    second = talk(centre, numbers(), LOGGED_IN)
    assert ("1701", "1702") == (first.extension, second.extension)
    end(first, second)


def end(*talks: Talk) -> None:
    """The consultants hang up."""
    for there in talks:
        there.end()


def test_among_equals_the_longest_idle_is_called_first(centre: Live, numbers: Callable[[], str]) -> None:
    """In turn, and not who has the fewest calls: what counts is when the last conversation ended."""
    log_in(centre, "1701", "1703")
    by_turns = [who_answers(centre, numbers(), LOGGED_IN) for _ in range(3)]
    assert by_turns[0] != by_turns[1]
    assert by_turns[0] == by_turns[2]

    both = [talk(centre, numbers(), LOGGED_IN) for _ in range(2)]
    both[0].wait(1.1)
    both[1].end()
    both[0].wait(1.5)
    both[0].end()
    both[0].consultant.wait_ended()
    assert both[1].extension == who_answers(centre, numbers(), LOGGED_IN)


def test_who_is_on_a_break_is_not_called(centre: Live, numbers: Callable[[], str]) -> None:
    """The reason is the one that the settings name, and the way back is a code, too."""
    log_in(centre, "1701", "1702")
    keys(centre, "1701", "*132", "code-on-break")
    assert "paused:meal" in members(centre, "pensions")["1701"]
    assert "1702" == who_answers(centre, numbers(), LOGGED_IN)

    keys(centre, "1701", "*14", "code-back")
    assert "1701" == who_answers(centre, numbers(), LOGGED_IN)


@pytest.mark.parametrize(
    ("code", "heard"),
    [
        ("*99", "code-unknown"),
        ("*139", "code-unknown"),
        ("600100200", "code-unknown"),
        ("*131", "code-not-logged-in"),
        ("*14", "code-not-logged-in"),
        ("*15", "code-not-logged-in"),
        ("*12", "code-not-logged-in"),
        (f"*11{NOBODY}", "code-no-agent"),
    ],
)
def test_a_code_that_does_nothing_says_so(centre: Live, code: str, heard: str) -> None:
    """No code, no such reason, a telephone number, nobody logged in, nobody of that number; and no log tells of it."""
    keys(centre, "1702", code, heard)
    assert {} == members(centre, "pensions")
    assert [] == [line for line in logged(centre) if code in line or NOBODY in line]


def logged(running: Live) -> list[str]:
    """The lines of every log."""
    paths = (*running.station.home.glob("ivr-*.log"), *(running.station.home / "asterisk" / "log").glob("*"))
    return [line for path in paths for line in path.read_text("utf-8", "replace").splitlines()]


def sit(running: Live, agent: str, telephone: str, heard: str = "code-logged-in") -> None:
    """A consultant logs in at a telephone, whosever it is."""
    keys(running, telephone, f"*11{agent}", heard)


def test_a_consultant_is_a_person_and_not_a_telephone(centre: Live, numbers: Callable[[], str]) -> None:
    """They log in at any one, on any site; calls are kept with their number, and ring where they sit now."""
    sit(centre, "1701", HERE)
    assert {"1701"} == members(centre, "pensions").keys()
    at_the_first = numbers()
    assert HERE == who_answers(centre, at_the_first, LOGGED_IN)

    sit(centre, "1701", THERE)
    assert "PJSIP/3001" in members(centre, "pensions")["1701"]
    at_the_second = numbers()
    assert THERE == who_answers(centre, at_the_second, LOGGED_IN)
    for ani in (at_the_first, at_the_second):
        kept = account(centre, ani)
        assert (["1701"], ["1701"]) == ([visit.agent for visit in kept.visits], [part.agent for part in kept.parts])
    keys(centre, HERE, "*131", "code-not-logged-in")
    keys(centre, THERE, "*12", "code-logged-out")
    assert {} == members(centre, "pensions")


def test_whoever_logs_in_at_a_telephone_logs_the_one_before_out(centre: Live, ani: str) -> None:
    """And has their breaks alone; nobody sits at two telephones."""
    sit(centre, "1703", HERE)
    keys(centre, HERE, "*132", "code-on-break")
    sit(centre, "1702", HERE)
    assert {"1702"} == members(centre, "pensions").keys()
    assert {} == members(centre, "pensions-uk")
    assert "paused" not in members(centre, "pensions")["1702"]
    assert HERE == who_answers(centre, ani, LOGGED_IN)
    assert ["1702"] == [visit.agent for visit in account(centre, ani).visits]


def test_nobody_takes_a_telephone_at_which_somebody_talks(centre: Live, ani: str) -> None:
    """Nor does who talks there sit down elsewhere: no conversation changes hands."""
    sit(centre, "1701", HERE)
    there = talk(centre, ani, LOGGED_IN)
    sit(centre, "1702", HERE, "code-not-here")
    sit(centre, "1701", THERE, "code-not-here")
    assert there.consultant.up
    there.end()
    sit(centre, "1701", THERE)
    assert ["1701"] == [visit.agent for visit in account(centre, ani).visits]


def test_fixed_members_and_their_telephones_stay_together(centre: Live) -> None:
    """Nobody else sits there, and they sit nowhere else; by their own number they log in as without."""
    sit(centre, "1701", "1101", "code-not-here")
    sit(centre, "1101", HERE, "code-not-here")
    keys(centre, HERE, "*11", "code-no-agent")
    keys(centre, "1101", "*12", "code-logged-out")
    sit(centre, "1101", "1101")
    assert "paused" not in members(centre, "technical")["1101"]


def test_who_is_always_a_member_logs_out_by_a_break(centre: Live, numbers: Callable[[], str]) -> None:
    """Those of menus.yaml cannot be taken from their queue."""
    keys(centre, "1101", "*12", "code-logged-out")
    assert "paused:logged-out" in members(centre, "technical")["1101"]
    assert "1102" == who_answers(centre, numbers(), DESKS)
    keys(centre, "1101", "*11", "code-logged-in")
    assert "paused" not in members(centre, "technical")["1101"]


def test_who_does_not_answer_is_on_a_break_and_the_next_one_is_called(centre: Live, ani: str) -> None:
    """In every queue of theirs."""
    log_in(centre, "1702", "1703")
    with desks_react(centre, Ring(), "1703"):
        there = talk(centre, ani, LOGGED_IN)

    assert "1702" == there.extension
    assert 1 == offered(centre, "1703", ani)
    for queue in ("pensions", "pensions-uk"):
        assert "paused:Auto-Pause" in members(centre, queue)["1703"]
    there.end()


@pytest.mark.parametrize(
    "refusal",
    [Refuse(), Refuse(603, "Decline"), Refuse(480, "Not Now", after=0.3)],
    ids=lambda refusal: str(refusal.status),
)
def test_who_refuses_a_call_is_not_called_again_for_it(
    centre: Live, numbers: Callable[[], str], refusal: Refuse
) -> None:
    """Though nobody else is there; the next caller is offered to them as ever."""
    first, second = numbers(), numbers()
    with on_a_break(centre, "1102"), desks_react(centre, refusal, "1101"):
        call, ear = to_topic(centre, first, DESKS)
        call.wait_until(lambda: offered(centre, "1101", first), PATIENCE, "a telephone to ring")
        music_while(call, 3.5)
    assert 1 == offered(centre, "1101", first)
    there = answered(centre, first, call, ear)
    assert "1102" == there.extension
    assert "paused" not in members(centre, "technical")["1101"]
    assert "1101" == talk(centre, second, DESKS).extension
    there.end()


def test_a_caller_is_served_by_whoever_speaks_their_language(centre: Live, ani: str) -> None:
    """Though others are skilled better; the account tells of the group."""
    log_in(centre, "1701", "1703")
    call, ear = choose(centre, ani, ("welcome", "7"))
    for prompt, key in (("main", "0"), ("choose-topic", LOGGED_IN)):
        ear.wait_for(f"uk:{prompt}")
        call.press(key, 0.1)
    there = answered(centre, ani, call, ear)
    assert "1703" == there.extension
    there.end()
    assert [("pensions", "1703")] == [(visit.queue, visit.agent) for visit in account(centre, ani).visits]


def test_where_nobody_speaks_the_language_the_group_answers(centre: Live, ani: str) -> None:
    """Who speaks it has gone home."""
    log_in(centre, "1701")
    call, ear = choose(centre, ani, ("welcome", "7"))
    for prompt, key in (("main", "0"), ("choose-topic", LOGGED_IN)):
        ear.wait_for(f"uk:{prompt}")
        call.press(key, 0.1)
    there = answered(centre, ani, call, ear)
    assert "1701" == there.extension
    there.end()


def test_after_the_stated_wait_a_caller_goes_on_to_the_second_group(centre: Live, ani: str) -> None:
    """The stay is one, with the group that answered, and began when the caller joined the first."""
    with on_a_break(centre, "1401"):
        there = talk(centre, ani, OVERFLOWING)
    there.end()
    (visit,) = account(centre, ani).visits
    assert ("payers", there.extension, "answered") == (visit.queue, visit.agent, visit.outcome)
    assert visit.answered_at is not None
    assert OVERFLOW_SECONDS <= (visit.answered_at - visit.enqueued_at).total_seconds()


def test_where_nobody_is_in_the_second_group_a_caller_stays_in_the_first(centre: Live, ani: str) -> None:
    """Whose consultant comes back after the wait."""
    desks = ("1501", "1502")
    for extension in desks:
        assert 200 == centre.desks[extension].register(0)
    try:
        with on_a_break(centre, "1401"):
            call, ear = to_topic(centre, ani, OVERFLOWING)
            ear.wait_for("pl:connecting")
            music_while(call, OVERFLOW_SECONDS + 3)
        there = answered(centre, ani, call, ear)
    finally:
        for extension in desks:
            centre.desks[extension].register()
    there.end()
    assert [("insured", "1401")] == [(visit.queue, visit.agent) for visit in account(centre, ani).visits]


def test_a_wrap_up_lasts_as_long_as_the_group_says_and_can_be_ended(centre: Live, numbers: Callable[[], str]) -> None:
    """Nobody is called in it, but a consultant who is ready earlier."""
    log_in(centre, "1801")
    assert "1801" == who_answers(centre, numbers(), WRAPPING_UP)
    wait_for(lambda: listed(centre)["1801"] == ("wrap_up", "", "1801"), "the wrap-up")

    caller = numbers()
    call, ear = to_topic(centre, caller, WRAPPING_UP)
    ear.wait_for("pl:connecting")
    music_while(call, 2.5)
    assert 0 == offered(centre, "1801", caller)
    keys(centre, "1801", "*15", "code-ready")
    end(answered(centre, caller, call, ear))


def test_the_wrap_up_is_that_of_the_group_whose_call_it_was(centre: Live, numbers: Callable[[], str]) -> None:
    """In every group of a consultant's: none after a call of one, the long one after a call of the other."""
    calls = {name: (numbers(), key) for name, key in (("long", WRAPPING_UP), ("none", LOGGED_IN))}
    sit(centre, "1705", HERE)
    first = talk(centre, numbers(), LOGGED_IN)
    waiting = {}
    for name, (ani, key) in calls.items():
        waiting[name] = to_topic(centre, ani, key)
        waiting[name][1].wait_for("pl:connecting")
        music_while(waiting[name][0], 1.5)
    first.end()
    there = answered(centre, calls["long"][0], *waiting["long"])
    there.wait(1.1)
    there.end()
    wait_for(lambda: listed(centre)["1705"] == ("wrap_up", "", HERE), "the wrap-up")

    music_while(waiting["none"][0], 2.5)
    assert 0 == offered(centre, HERE, calls["none"][0])
    keys(centre, HERE, "*15", "code-ready")
    end(answered(centre, calls["none"][0], *waiting["none"]))
    wait_for(lambda: listed(centre)["1705"] == ("available", "", HERE), "nothing to wrap up")


def test_a_refused_call_follows_nobody_to_another_telephone(centre: Live, ani: str) -> None:
    """Who has refused is a person; somebody else who sits down at the telephone that they left is called for it."""
    sit(centre, "1701", HERE)
    with desks_react(centre, Refuse(), HERE):
        call, ear = to_topic(centre, ani, LOGGED_IN)
        call.wait_until(lambda: offered(centre, HERE, ani), PATIENCE, "a telephone to ring")
        music_while(call, 1.5)
    sit(centre, "1701", THERE)
    music_while(call, 2.5)
    assert (1, 0) == (offered(centre, HERE, ani), offered(centre, THERE, ani))
    sit(centre, "1702", HERE)
    end(answered(centre, ani, call, ear))


def test_a_break_does_not_end_with_the_wrap_up(centre: Live, numbers: Callable[[], str]) -> None:
    """Who is ready early on a break stays on it."""
    log_in(centre, "1801")
    assert "1801" == who_answers(centre, numbers(), WRAPPING_UP)
    keys(centre, "1801", "*131", "code-on-break")
    keys(centre, "1801", "*15", "code-ready")
    assert "paused:break" in members(centre, "benefits")["1801"]


def test_the_heavier_group_is_answered_first(centre: Live, numbers: Callable[[], str]) -> None:
    """Of two groups that share their only consultant, though the caller of the lighter one has waited longer."""
    light, heavy = numbers(), numbers()
    sit(centre, "1704", HERE)
    with on_a_break(centre, "1501", "1502"):
        busy = talk(centre, numbers(), LOGGED_IN)
        waiting = {}
        for ani, key in ((light, LOGGED_IN), (heavy, HEAVIER)):
            waiting[ani] = to_topic(centre, ani, key)
            waiting[ani][1].wait_for("pl:connecting")
            music_while(waiting[ani][0], 1.5)
        busy.end()
        first = answered(centre, heavy, *waiting[heavy])
        assert 0 == offered(centre, HERE, light)
        first.end()
        answered(centre, light, *waiting[light]).end()
    assert ["1704", "1704"] == [account(centre, ani).visits[0].agent for ani in (heavy, light)]


def test_whatever_dies_everybody_is_as_they_were(centre: Live, numbers: Callable[[], str]) -> None:
    """Asterisk and the IVR are killed: who is logged in, at which desk, on a break for which reason, and since when.

    The same for those who let a call ring, whether they log in or not.
    """
    ani = numbers()
    sit(centre, "1701", HERE)
    sit(centre, "1702", THERE)
    keys(centre, HERE, "*133", "code-on-break")
    keys(centre, "1101", "*132", "code-on-break")
    keys(centre, "1102", "*12", "code-logged-out")
    sit(centre, "1705", "1703")
    assert "1703" == who_answers(centre, numbers(), WRAPPING_UP)
    log_in(centre, "1801")
    with desks_react(centre, Ring(), "1401", "1801"):
        end(talk(centre, numbers(), OVERFLOWING))
        call, _ = to_topic(centre, numbers(), WRAPPING_UP)
        wait_for(lambda: "paused:Auto-Pause" in members(centre, "benefits")["1801"], "a telephone to ring in vain")
        call.hang_up()
    expected = {
        "1701": ("on_break", "training", HERE),
        "1702": ("available", "", THERE),
        "1703": ("logged_out", "", ""),
        "1101": ("on_break", "meal", "1101"),
        "1102": ("logged_out", "", ""),
        "1401": ("on_break", "Auto-Pause", "1401"),
        "1801": ("on_break", "Auto-Pause", "1801"),
        "1705": ("wrap_up", "", "1703"),
    }
    wait_for(lambda: expected.items() <= listed(centre).items(), "what everybody does")
    breaks = {("/break/1102", "logged-out"), ("/break/1401", "Auto-Pause"), ("/break/1801", "Auto-Pause")}
    wait_for(lambda: breaks <= {*kept_by_asterisk(centre)}, "the last breaks to be kept")

    node(centre, 0).kill()
    start_again(centre)
    stand_up(centre)

    wait_for(lambda: len(members(centre, "pensions")) == 3, "members after a restart")
    assert "paused:training" in members(centre, "pensions")["1701"]
    assert "with penalty 1" in members(centre, "pensions")["1702"]
    wait_for(lambda: expected.items() <= listed(centre).items(), "what everybody does")
    assert THERE == who_answers(centre, ani, LOGGED_IN)
    assert ["1702"] == [visit.agent for visit in account(centre, ani).visits]
    keys(centre, "1101", "*14", "code-back")
    keys(centre, HERE, "*14", "code-back")
    keys(centre, "1401", "*14", "code-back")
    keys(centre, "1703", "*15", "code-ready")
    free = {"1701": HERE, "1401": "1401", "1705": "1703"}
    ready = {agent: ("available", "", telephone) for agent, telephone in free.items()}
    wait_for(lambda: ready.items() <= listed(centre).items(), "the ends of breaks and wrap-up")


def test_a_wrap_up_that_is_over_when_asterisk_is_back_has_ended(centre: Live, numbers: Callable[[], str]) -> None:
    """Nobody waits for its end any more; who serves its group is called."""
    log_in(centre, "1801")
    assert "1801" == who_answers(centre, numbers(), WRAPPING_UP)
    wait_for(lambda: "paused:wrap_up" in members(centre, "benefits")["1801"], "the wrap-up")
    over = int(time.time())
    rx(centre, f"database put wrap-up 1801 {over}")
    wait_for(lambda: ("/wrap-up/1801", str(over)) in kept_by_asterisk(centre), "what is kept")
    start_again(centre)
    end(talk(centre, numbers(), WRAPPING_UP))


def start_again(running: Live) -> None:
    """Asterisk is killed and started, and telephones register."""
    assert running.station.asterisk is not None
    os.killpg(running.station.asterisk.pid, signal.SIGKILL)
    running.station.start_asterisk()
    for desk in running.desks.values():
        assert 200 == desk.register()


def listed(running: Live) -> dict[str, tuple[str, str, str]]:
    """State, reason and telephone of every consultant."""
    told = [json.loads(line) for line in running.station.centrala("agents", "list", "--json").splitlines()]
    return {agent["agent"]: (agent["state"], agent["reason"], agent["telephone"]) for agent in told}


def kept_by_asterisk(running: Live) -> list[tuple[str, str]]:
    """Keys and values of Asterisk's own database, as they are on the disk."""
    path = running.station.home / "asterisk" / "lib" / "astdb.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute("SELECT key, value FROM astdb").fetchall()
