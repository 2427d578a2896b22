"""Keys and words at once, told by a scripted Asterisk; and a recogniser that is not there, stalls or talks nonsense."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from ivr import calls
from ivr.events import Event, Heard, Keyed, NoInput
from ivr.gateways.agi import listening
from ivr.gateways.agi.recogniser import Recogniser
from ivr.menus.loading import Loaded
from storage.installation import Installation
from tests.agi.conftest import Log, MakeServer, address_of, idle
from tests.agi.peers import Peer, Script, introduction, new_call_id, play
from tests.menu_files import SMALL, SPEAKING, WHISPERING, edited, load_text

RECOGNIZE = "SPEECH RECOGNIZE"
SAID = '200 result=1 (speech) endpos=4000 results=1 score0={} text0="{}" grammar0=pl'
KEYED = "200 result=1 (digit) digit={} endpos=0"

# What was commanded and what happened in a session with a reply to `SPEECH RECOGNIZE`.
Told = tuple[list[str], list[Event]]
Call = Callable[..., Told]


@pytest.fixture(scope="session")
def service() -> Loaded:
    """The small service, in which news and help can be said."""
    return load_text(edited(SMALL, *SPEAKING, WHISPERING))


@pytest.fixture
def recogniser() -> Recogniser:
    """A recogniser of Polish that answers."""
    made = Recogniser(frozenset({"pl"}))
    made.found()
    return made


@pytest.fixture
def call(serve: MakeServer, installation: Installation, recogniser: Recogniser) -> Call:
    """Calls to a service with that recogniser."""
    server = serve(recogniser=recogniser)

    def be_called(reply: str = "", keys: str = "", replies: Mapping[str, str] | None = None, stage: str = "") -> Told:
        call_id = new_call_id()
        told = {**(replies or {}), **({RECOGNIZE: reply} if reply else {})}
        with Peer(address_of(server)) as peer:
            commands = play(peer, introduction(call_id), Script(keys, told, once=bool(reply) and not replies))
        assert idle(server)
        with installation.database.reading() as connection:
            turns = calls.turns_of(connection, call_id)
        return commands, [event for turn in turns for event in turn.events]

    return be_called


def beginning(commands: list[str], *beginnings: str) -> list[str]:
    """Those of the commands that begin so."""
    return [command for command in commands if command.startswith(beginnings)]


def test_a_phrase_is_listened_for_over_the_prompt(call: Call) -> None:
    """An engine, what to listen for, then the prompt and both at once; what is told is the key and no word."""
    commands, events = call(SAID.format(93, "co nowego"))
    create, grammar, recognize = beginning(commands, "SPEECH")[:3]
    assert 'SPEECH CREATE "centrala"' == create
    assert grammar.startswith('SPEECH SET "grammar" "{')
    assert "co nowego" in grammar
    assert 'SPEECH RECOGNIZE "/prompts/welcome+main-en+main" 5' == recognize
    assert Heard(("1",), 93) in events


@pytest.mark.parametrize(
    ("reply", "event"),
    [
        (KEYED.format("2"), Keyed("2")),
        (KEYED.format("*"), Keyed("*")),
        ("200 result=1 (timeout) endpos=99", NoInput()),
        (SAID.format(88, "wiadomość|pomoc"), Heard(("1", "2"), 88)),
        (SAID.format(0, "-"), Heard((), 0)),
        (SAID.format(99, "coś innego"), Heard((), 0)),
        (SAID.format(999999, "pomoc"), Heard(("2",), 100)),
        (SAID.format(-7, "pomoc"), Heard(("2",), 0)),
        ('200 result=1 (speech) endpos=0 results=1 score0=1 text0="" grammar0=', Heard((), 0)),
        ("200 result=1 (nonsense)", NoInput()),
        ("200 result=1", NoInput()),
    ],
)
def test_what_asterisk_replies_is_what_happened(call: Call, reply: str, event: Event) -> None:
    """Whichever came first; what cannot be understood is silence."""
    _, events = call(reply)
    assert event == events[1]


@pytest.mark.parametrize(
    ("reply", "listened_for"), [(SAID.format(50, "pomoc"), "tak"), ("200 result=1 (timeout) endpos=99", "pomoc")]
)
def test_each_question_is_listened_for_by_the_same_engine(call: Call, reply: str, listened_for: str) -> None:
    """It is told what to listen for each time, also after a silence."""
    commands, _ = call(reply)
    kinds = [" ".join(command.split()[:2]) for command in beginning(commands, "SPEECH")]
    once = ["SPEECH SET", "SPEECH RECOGNIZE"]
    assert ["SPEECH CREATE", *once, *once] == kinds[: 2 * len(once) + 1]
    assert listened_for in beginning(commands, "SPEECH SET")[1]


@pytest.mark.parametrize(
    "replies",
    [{"SPEECH CREATE": "200 result=0"}, {"SPEECH CREATE": "510 Invalid"}, {"SPEECH CREATE": "200 result=-1"}],
    ids=["nobody listens", "no such command", "no such engine"],
)
def test_without_a_recogniser_keys_go_on(call: Call, recogniser: Recogniser, log: Log, replies: dict[str, str]) -> None:
    """At once, in this call and in the next one, which does not find it out again; the operator is told once."""
    commands, events = call(keys="3*", replies=replies)
    assert Keyed("3") in events
    assert ["SPEECH CREATE"] == [" ".join(one.split()[:2]) for one in beginning(commands, "SPEECH")]
    commands, events = call(keys="3", replies=replies)
    assert (Keyed("3"), []) == (events[1], beginning(commands, "SPEECH"))
    assert [1, False] == [recogniser.faults, recogniser.answers]
    assert 1 == len([line for line in log if "speech is away" in str(line["event"])])
    recogniser.found()
    assert Heard(("2",), 90) in call(SAID.format(90, "pomoc"))[1]


@pytest.mark.parametrize(
    "reply", ["200 result=0", "200 result=1 (speech) endpos=0 results=0", "200 result=1 (speech) nonsense"]
)
def test_a_channel_that_is_not_listened_to_any_more_has_keys(call: Call, recogniser: Recogniser, reply: str) -> None:
    """Asterisk could not begin, or the recogniser has ended meanwhile: the prompt is heard again."""
    _, events = call(reply, keys="3")
    assert (Keyed("3"), False) == (events[1], recogniser.answers)


def test_an_engine_that_was_cut_off_is_made_anew(
    call: Call, recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the recogniser is back, in the same call."""
    monkeypatch.setattr(recogniser, "lost", lambda reason: recogniser.found())
    commands, _ = call("200 result=1 (speech) endpos=0 results=0", keys="9")
    kinds = [" ".join(command.split()[:2]) for command in beginning(commands, "SPEECH")]
    once = ["SPEECH CREATE", "SPEECH SET", "SPEECH RECOGNIZE"]
    assert [*once, "SPEECH DESTROY", *once] == kinds[: 2 * len(once) + 1]


def test_a_recogniser_that_stalls_is_left_alone(
    call: Call, recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys go on in this call, though it answers again; the next caller is listened to."""
    monkeypatch.setattr(listening, "SLOW_SECONDS", -1.0)
    monkeypatch.setattr(recogniser, "lost", lambda reason: recogniser.found())
    commands, events = call(SAID.format(90, "pomoc"), keys="3*")
    assert (Keyed("3"), []) == (events[1], beginning(commands, RECOGNIZE))
    assert ["SPEECH CREATE", "SPEECH SET"] == [" ".join(one.split()[:2]) for one in beginning(commands, "SPEECH")]
    monkeypatch.setattr(listening, "SLOW_SECONDS", 9.0)
    assert Heard(("2",), 90) in call(SAID.format(90, "pomoc"))[1]


def test_a_recogniser_that_stalls_is_told_of(
    call: Call, recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Callers who come next do not wait for it."""
    monkeypatch.setattr(listening, "SLOW_SECONDS", -1.0)
    _, events = call(SAID.format(90, "pomoc"), keys="3")
    assert (Keyed("3"), False) == (events[1], recogniser.answers)


def test_whoever_leaves_the_menus_takes_leave_of_the_recogniser_first(call: Call) -> None:
    """And gives Asterisk the time to notice that the connection is closed, before the session is over."""
    commands, _ = call(SAID.format(90, "pomoc"), keys="*")
    assert ['SPEECH SET "goodbye" ""', 'EXEC "Wait" "0.25"'] == commands[-2:]


def test_whoever_cannot_hear_the_notice_takes_leave_as_well(call: Call) -> None:
    """The call goes on where nothing is recorded."""
    unheard = {"STREAM FILE": "200 result=-1", "CHANNEL STATUS": "200 result=6"}
    commands, _ = call(SAID.format(90, "pomoc"), replies=unheard)
    assert ['EXEC MSet "IVR_NEXT=no-ivr"', 'SPEECH SET "goodbye" ""', 'EXEC "Wait" "0.25"'] == commands[-3:]


def test_nobody_takes_leave_of_a_recogniser_that_is_gone(call: Call) -> None:
    """Asterisk would wait for its answer for a second."""
    commands, _ = call("200 result=1 (speech) endpos=0 results=0", keys="*")
    assert 2 == len(beginning(commands, "SPEECH SET", "SPEECH RECOGNIZE"))
    assert [] == beginning(commands, 'EXEC "Wait"')


def test_where_nobody_was_listened_to_there_is_no_leave_to_take(call: Call, recogniser: Recogniser) -> None:
    """The way out is as quick as ever."""
    recogniser.lost("away")
    commands, _ = call(keys="3*")
    assert [] == beginning(commands, "SPEECH", 'EXEC "Wait"')


def test_a_language_without_a_model_has_keys(call: Call) -> None:
    """Nobody is asked to listen for it."""
    commands, _ = call(KEYED.format("5"), keys="3")
    assert 1 == len(beginning(commands, RECOGNIZE))
    assert ['GET DATA "/prompts/welcome+main" 5000 1'] == beginning(commands, "GET DATA")[:1]


def test_hanging_up_while_somebody_listens_is_a_hang_up(call: Call, installation: Installation) -> None:
    """Asterisk tells it in a way of its own."""
    call("200 result=1 (hangup) endpos=0")
    with installation.database.reading() as connection:
        (row,) = calls.newest(connection, 1)
    assert "caller" == row.cause
