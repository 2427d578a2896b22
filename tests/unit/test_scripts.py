from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings

from centrala.service import make_authenticator, make_mandates
from ivr.definition import Flow, Option
from ivr.events import Event, HoursChecked, HungUp, Keyed, NoInput, Played, QueueLeft, SecretKeyed
from ivr.exploration import Exploration, Transition, explore
from ivr.exploration.moves import AWAITED, DRAWN, LISTENED, NUMBER, OWN_NUMBER, events_at, moves
from ivr.exploration.walk import essence
from ivr.flow import start
from ivr.gateways import terminal
from ivr.gateways.terminal import Clock, Keypad, scripted
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.runner import Arrival, Conversation, Live, Runner, hang_up, leave_queue
from ivr.scripts import (
    Act,
    HangUp,
    Happened,
    Key,
    Listen,
    Queue,
    Script,
    coverage,
    expected,
    happened,
    moment,
    profiles,
    scripts,
    spoken,
)
from ivr.state import AtMenu, Ended, InQueue, State
from routing import callbacks
from routing.callbacks import Callback
from storage.installation import Installation
from tests.menu_files import SMALL, load_text
from tests.scripted_people import add_everybody, besiege
from tests.unit.flows import BYE, flow_of, flows, menu

MOST_GATHERS = 16
OUTCOMES = ("answered", "timeout")
SATURDAY = datetime(2026, 11, 21, 10, tzinfo=UTC)
MONDAY_MORNING = datetime(2026, 11, 23, 6, tzinfo=UTC)
TO_A_CONSULTANT = Script((Key("0"), Key("6"), Listen(), Queue("answered")), (("consultants", True),))


@pytest.fixture(scope="module")
def explored(flow: Flow) -> Exploration:
    """The shipped service, explored."""
    return explore(flow)


@pytest.fixture(scope="module")
def written(flow: Flow, explored: Exploration) -> tuple[Script, ...]:
    """Scripts of the shipped service."""
    return scripts(flow, explored)


# Writing


def test_scripts_make_every_transition(flow: Flow, explored: Exploration, written: tuple[Script, ...]) -> None:
    """Together the scripts of the shipped service go every way there is, and say so."""
    total = len(explored.transitions)
    found = coverage(flow, explored, written)
    print(f"{len(written)} scripts {found}")
    assert (total, (), f"covered {total} of {total} transitions") == (found.covered, found.missed, str(found))


def test_what_scripts_miss_is_counted_and_named(flow: Flow, explored: Exploration) -> None:
    """One call alone covers little, and the rest is told by name."""
    found = coverage(flow, explored, [TO_A_CONSULTANT])
    assert "covered 8 of" in str(found)
    assert "  missed: main -- key 1 --> information" in str(found).splitlines()


def test_scripts_are_few_and_short(explored: Exploration, written: tuple[Script, ...]) -> None:
    """A call ends once, so no fewer scripts than endings would do, or circumstances; none lasts for long."""
    endings = [transition for transition in explored.transitions if transition.ends]
    circumstances = {script.circumstances for script in written}
    assert len(endings) + len(circumstances) >= len(written)
    assert MOST_GATHERS >= max(script.gathers for script in written)


def test_scripts_are_the_same_each_time(flow: Flow, explored: Exploration, written: tuple[Script, ...]) -> None:
    """Nothing about a script depends on chance."""
    assert written == scripts(flow, explored)


def test_a_far_place_is_reached_all_the_same() -> None:
    """A menu that is farther away than a script may be long gets a longer one."""
    deep = [menu(f"menu-{number}", {"1": Option(f"menu-{number + 1}")}, exhausted="bye") for number in range(20)]
    flow = flow_of([*deep, menu("menu-20", {"1": Option("bye")}), BYE], "menu-0")
    exploration = explore(flow, OUTCOMES)
    assert () == coverage(flow, exploration, scripts(flow, exploration)).missed


@settings(deadline=None, max_examples=25)
@given(flows(most_menus=2))
def test_all_that_can_happen_at_one_time_of_day_is_written(flow: Flow) -> None:
    """In any service the scripts miss only what takes a change of opening hours during the call."""
    exploration = explore(flow, OUTCOMES)
    made = coverage(flow, exploration, scripts(flow, exploration))
    steady = {transition for is_open in (True, False) for transition in steady_transitions(flow, is_open)}
    assert [] == [str(missed) for missed in made.missed if missed in steady]
    assert [] == [str(found) for found in steady if found not in exploration.transitions]


def steady_transitions(flow: Flow, is_open: bool) -> Iterator[Transition]:
    """Every transition of calls in which it is always open, or never: state by state, nothing merged but words."""
    begin = essence(flow, start(flow))
    seen, pending = {begin}, deque([begin])
    while pending:
        state = pending.popleft()
        for move in moves(flow, state, events_at(flow, state, OUTCOMES)):
            if HoursChecked(not is_open) in move.events:
                continue
            yield from move.transitions
            reached = essence(flow, move.turn.state)
            if reached not in seen:
                seen.add(reached)
                pending.append(reached)


@settings(deadline=None, max_examples=25)
@given(flows())
def test_scripts_of_any_service_end_with_the_call(flow: Flow) -> None:
    """Every script fits what the call waits for at each of its acts, and leaves no call standing."""
    for script in scripts(flow, explore(flow, OUTCOMES)):
        assert isinstance(expected(flow, script)[-1].state.position, Ended)


# Reading


def test_a_script_reads_like_a_call() -> None:
    """A script is told in the words of the command line, and what they cannot say in brackets."""
    acts: tuple[Act, ...] = (Key("2"), Key("246813#"), Key("-"), Queue("full"), Listen(), HangUp())
    script = Script(acts, (("consultants", False),))
    assert "not consultants: 2 246813# - (queue: full) (listen) (hang up)" == str(script)
    assert ("2 246813# -", 3, False) == (script.keys, script.gathers, script.keys_tell_all)
    assert "drawn: 0 6 (listen) (queue: answered)" == str(replace(TO_A_CONSULTANT, circumstances=((DRAWN, True),)))
    assert ("0 6", 2, True) == (TO_A_CONSULTANT.keys, TO_A_CONSULTANT.gathers, TO_A_CONSULTANT.keys_tell_all)


def test_numbers_end_as_callers_end_them(written: tuple[Script, ...]) -> None:
    """Identifiers, PINs and short postal codes end in #; everything else is one key or a whole code."""
    words = {act.word for script in written for act in script.acts if isinstance(act, Key)}
    assert set() == {word for word in words if len(word) > 1 and not word.endswith("#") and len(word) != 5}


def test_there_is_a_time_for_each_script(flow: Flow) -> None:
    """The next time at which opening hours are as the script needs them, found within two weeks."""
    closed = Script((), (("consultants", False),))
    both = Script((), (("consultants", False), ("consultants", True)))
    assert MONDAY_MORNING == moment(flow, TO_A_CONSULTANT, SATURDAY)
    assert SATURDAY == moment(flow, closed, SATURDAY)
    assert None is moment(flow, both, SATURDAY)
    assert SATURDAY == moment(flow, Script(()), SATURDAY)


def test_an_act_out_of_place_is_told(flow: Flow) -> None:
    """A script that does not fit its service says where."""
    with pytest.raises(ValueError, match=r"Listen\(\) does not fit Gather"):
        expected(flow, Script((Listen(),)))
    with pytest.raises(ValueError, match="the call has ended"):
        expected(flow, Script((HangUp(), HangUp())))


# Playing


def test_what_must_happen_is_told_turn_by_turn(flow: Flow) -> None:
    """The events of each turn, services included, the state after them, and the prompts."""
    turns = expected(flow, TO_A_CONSULTANT)
    assert (Keyed("0"), HoursChecked(True)) == turns[1].events
    assert AtMenu("topics") == turns[1].state.position
    assert ["choose-topic", "topics"] == [prompt.name for prompt in turns[1].prompts]
    assert (Played(),) == turns[3].events
    assert (InQueue("to-doctors"), True) == (turns[3].state.position, turns[3].state.consent)
    assert Ended("goodbye", "completed") == turns[4].state.position


def test_only_the_known_caller_with_the_right_pin_is_authenticated(flow: Flow) -> None:
    """Of three callers one is known; who has a wrong identifier or a wrong PIN is refused alike."""
    assert ["246813", "357924", "468135"] == [profile.identifier for profile in profiles(flow)]
    assert ["471155"] * 3 == [profile.pin for profile in profiles(flow)]
    levels = {
        keys: expected(flow, Script(tuple(map(Key, keys.split()))))[-1].state.auth_level
        for keys in ("2 246813# 471155#", "2 246813# 471156#", "2 246814# 471155#")
    }
    assert ["full", "none", "none"] == list(levels.values())


def test_pseudonyms_do_not_count() -> None:
    """Two installations never agree on a pseudonym, yet the same call is the same."""
    ours, theirs = (happened((SecretKeyed(6, name),), State("pl", subject=name), ()) for name in ("a", "b"))
    assert ours == theirs


class Telephone:
    """Plays scripts on a runner with a real database, as a gateway would."""

    def __init__(self, installation: Installation, loaded: Loaded, at: datetime) -> None:
        self.clock = Clock(at)
        self.installation, self.database = installation, installation.database
        self.flow, self.strangers = loaded.flow, itertools.count()
        self.turns: list[Happened] = []
        library = Library(installation.database)
        library.publish(loaded, at)
        add_everybody(installation, loaded.flow, at)
        authenticator = make_authenticator(installation)
        self.drawn, self.heard = False, True
        self.runner = Runner(
            *(installation.database, library, authenticator, make_mandates(installation)),
            node="test",
            now=self.clock,
            observe=self._observe,
            draw=lambda _call_id, _share: self.drawn,
            hears=lambda _lang: self.heard,
        )

    def _observe(self, live: Live, before: State, events: tuple[Event, ...]) -> None:
        self.turns.append(happened(events, live.turn.state, live.turn.prompts))

    def play(self, script: Script, arrival: Arrival) -> tuple[Happened, ...]:
        """Every act of the script; what happened, turn by turn."""
        self.turns.clear()
        self.drawn, self.heard = script.drawn, script.circumstance(LISTENED, True)
        besiege(self.installation, self.flow, self.clock())
        script = script.as_stranger(next(self.strangers))
        ani = arrival.ani if script.circumstance(OWN_NUMBER, True) else ""
        with self.database.writing() as connection:
            for one in callbacks.waiting_callbacks(connection):
                callbacks.over(connection, one.call_id, "cancelled", self.clock())
            if script.circumstance(AWAITED, False):
                at = self.clock()
                number, place = NUMBER.number, ("pensions", "pensions", "pl")
                callbacks.request(connection, Callback(f"for-{arrival.call_id[-8:]}", number, *place, at, at, at))
        live = self.runner.arrive(replace(arrival, ani=ani))
        for act in script.acts:
            live = self._do(live, act)
        return tuple(self.turns)

    def _do(self, live: Live, act: Act) -> Live:
        match act:
            case Key("-"):
                return self.runner.advance(live, NoInput())
            case Key(word):
                return self.runner.advance(live, Keyed(word.rstrip("#") or "#"))
            case Listen():
                return self.runner.advance(live, Played())
            case Queue(outcome):
                return leave_queue(self.runner, live, Conversation(outcome))
            case HangUp():
                return hang_up(self.runner, live)

    def dial(self, script: Script, arrival: Arrival) -> tuple[Happened, ...]:
        """The script's keys alone, in the terminal."""
        self.turns.clear()
        besiege(self.installation, self.flow, self.clock())
        script = script.as_stranger(next(self.strangers))
        for _turn in terminal.call(self.runner, arrival, Keypad(scripted(script.keys)), self.clock):
            pass
        return tuple(self.turns)


def arrivals() -> Iterator[Arrival]:
    """Calls without end."""
    number = 0
    while True:
        number += 1
        yield Arrival(str(UUID(int=number)), "test", "600100200", "225601600")


def test_a_runner_does_what_scripts_expect(
    installation: Installation, shipped: Loaded, written: tuple[Script, ...]
) -> None:
    """All scripts of the shipped service, on a real database with real PINs, event by event and state by state."""
    telephone = Telephone(installation, shipped, SATURDAY)
    for script, arrival in zip(written, arrivals(), strict=False):
        at = moment(shipped.flow, script, SATURDAY)
        assert at is not None
        telephone.clock.at = at
        turns = expected(shipped.flow, script)
        wanted = tuple(replace(one, prompts=spoken(shipped.flow, one.prompts)) for one in turns)
        assert wanted == telephone.play(script, arrival), str(script)


def test_keys_alone_play_the_scripts_that_they_tell(installation: Installation) -> None:
    """`centrala call --keys` with a script's words goes the script's way."""
    loaded = load_text(SMALL)
    telephone = Telephone(installation, loaded, SATURDAY)
    told = [script for script in scripts(loaded.flow, explore(loaded.flow)) if script.keys_tell_all]
    assert told
    for script, arrival in zip(told, arrivals(), strict=False):
        telephone.clock.at = moment(loaded.flow, script, SATURDAY) or SATURDAY
        assert expected(loaded.flow, script) == telephone.dial(script, arrival), str(script)


def test_an_unanswered_queue_is_no_matter_of_keys(flow: Flow) -> None:
    """A stay in a queue ends as the script says, and the call goes on from there."""
    script = Script((Key("0"), Key("6"), Listen(), Queue("timeout")), (("consultants", True),))
    last = expected(flow, script)[-1]
    assert ((QueueLeft("timeout"),), AtMenu("unanswered")) == (last.events, last.state.position)
    assert (HungUp(),) == expected(flow, Script((*script.acts, HangUp()), script.circumstances))[-1].events
