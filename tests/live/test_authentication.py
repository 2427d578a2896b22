"""Authentication from the keypad: what it takes, what it tells, and that what was keyed is found nowhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.phone.outgoing import OutgoingCall
from ivr.events import Event, Keyed, NoInput, SecretKeyed
from ivr.waits import Transfer
from tests.live import tones
from tests.live.callers import account, answered, choose, press
from tests.live.stations import Live
from tests.live.stories import wait_for

MENU = ["pl:welcome", "uk:main-uk", "en:main-en", "pl:main"]
LOGIN = ["pl:identifier", "pl:pin"]
AGAIN = ["pl:main-short", "pl:main"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a profile, and a PIN that is not theirs."""

    identifier: str
    pin: str
    wrong: str


PEOPLE = (
    Person("52097183", "406917", "275183"),
    Person("417302958164", "830592", "619375"),
    Person("6038254917", "928461", "750396"),
)
ANNA, LONG = PEOPLE[:2]
FORGETFUL = Person("26178935", "583016", "941702")
STRANGER = Person("79401635", "538204", "163947")


@pytest.fixture(scope="module", autouse=True)
def _profiles(helpline: Live) -> None:
    for person in (*PEOPLE, FORGETFUL):
        helpline.station.centrala("profiles", "add", stdin=f"{person.identifier}\n{person.pin}\n")


def _log_in(running: Live, ani: str, identifier: str, pin: str) -> tuple[OutgoingCall, tones.Ear]:
    return choose(running, ani, ("main", "2"), ("identifier", identifier), ("pin", pin))


@pytest.mark.parametrize(
    ("identifier", "pin"),
    [
        (f"{ANNA.identifier}#", f"{ANNA.pin}#"),
        (LONG.identifier, LONG.pin),
        (ANNA.identifier, f"{ANNA.pin}#"),
    ],
    ids=["each ended by #", "full without #", "ended by silence"],
)
def test_identifier_and_pin_lead_to_the_full_level(helpline: Live, ani: str, identifier: str, pin: str) -> None:
    """The result is heard whole, and the call's row says full."""
    call, ear = _log_in(helpline, ani, identifier, pin)
    ear.wait_for("pl:personal")
    call.hang_up()

    results = [heard for heard in ear.heard() if heard.key == "pl:authenticated"]
    assert [False] == [heard.cut for heard in results]
    assert "full" == account(helpline, ani).row.auth_level


def test_the_level_goes_with_the_call_to_the_consultant(helpline: Live, ani: str) -> None:
    """What a consultant may say is settled by what the caller keyed before."""
    call, ear = _log_in(helpline, ani, f"{ANNA.identifier}#", f"{ANNA.pin}#")
    for prompt, key in (("pl:personal", "0"), ("pl:topics", "4")):
        ear.wait_for(prompt)
        press(call, key)
    answered(helpline, ani, call, ear).end()

    kept = account(helpline, ani)
    assert ["full"] == [turn.wait.auth_level for turn in kept.turns if isinstance(turn.wait, Transfer)]
    assert ("full", "insured") == (kept.row.auth_level, kept.row.topic)


def test_who_is_wrong_three_times_goes_on_without(helpline: Live, ani: str) -> None:
    """Three tries in a call, the level stays none, and a fourth try is not offered."""
    call, ear = helpline.dial(ani)
    ear.wait_for("pl:main")
    press(call, "2")
    for times in (1, 2, 3):
        ear.wait_for("pl:identifier", times)
        press(call, f"{FORGETFUL.identifier}#")
        ear.wait_for("pl:pin", times)
        press(call, f"{FORGETFUL.wrong}#")
    ear.wait_for("pl:main", times=2)
    press(call, "2")
    ear.wait_for("pl:main", times=3)
    call.hang_up()

    wrong = [*LOGIN, "pl:wrong-pin"]
    assert [*MENU, *wrong, *wrong, *LOGIN, "pl:not-authenticated", *AGAIN, "pl:not-authenticated", *AGAIN] == ear.keys()
    kept = account(helpline, ani)
    assert ("none", 3) == (kept.row.auth_level, kept.turns[-1].state.pin_tries)


def test_unknown_and_wrong_sound_the_same(helpline: Live, numbers: Callable[[], str]) -> None:
    """Nobody learns by telephone which identifiers exist: the same prompts, the same turns."""
    cases = {numbers(): (ANNA.identifier, ANNA.wrong), numbers(): (STRANGER.identifier, ANNA.pin)}

    def refused(ani: str) -> list[str]:
        call, ear = _log_in(helpline, ani, *(f"{keyed}#" for keyed in cases[ani]))
        ear.wait_for("pl:identifier", times=2)
        call.hang_up()
        return ear.keys()

    with ThreadPoolExecutor(len(cases)) as pool:
        wrong, unknown = pool.map(refused, cases)
    assert [*MENU, *LOGIN, "pl:wrong-pin", "pl:identifier"] == wrong == unknown
    first, second = (account(helpline, ani) for ani in cases)
    assert [_shape(first.events)] == [_shape(second.events)]
    assert [turn.prompts for turn in first.turns] == [turn.prompts for turn in second.turns]


def _shape(events: Sequence[Event]) -> list[object]:
    """Events without what only the database can compare."""
    return [(type(event), getattr(event, "length", None)) for event in events]


@pytest.mark.parametrize(("at", "keys"), [("identifier", "52*"), ("identifier", "*"), ("pin", "83*"), ("pin", "*")])
def test_a_star_takes_back_at_once(helpline: Live, ani: str, at: str, keys: str) -> None:
    """In the midst of a number, too: nothing is taken for an identifier or a PIN, and no timeout is waited for."""
    call, ear = choose(helpline, ani, ("main", "2"))
    if at == "pin":
        ear.wait_for("pl:identifier")
        press(call, f"{ANNA.identifier}#")
    ear.wait_for(f"pl:{at}")
    press(call, keys)
    ear.wait_for("pl:main", times=2)
    call.hang_up()

    kept = account(helpline, ani)
    assert ["pl:login-cancelled", *AGAIN] == ear.keys()[-3:]
    assert Keyed("*") == kept.turns[-3].events[0]
    assert [] == [event for event in kept.events if isinstance(event, NoInput)]
    assert int(at == "pin") == sum(isinstance(event, SecretKeyed) for event in kept.events)
    assert ("none", 0) == (kept.row.auth_level, kept.turns[-1].state.pin_tries)


def test_keys_pressed_during_the_login_are_dropped(helpline: Live, ani: str) -> None:
    """What is keyed behind the PIN acts neither on the result nor on the menu after it."""
    call, ear = choose(helpline, ani, ("main", "2"), ("identifier", f"{ANNA.identifier}#"))
    ear.wait_for("pl:pin")
    press(call, f"{ANNA.pin}#0")
    ear.wait_for("pl:no-input")
    call.hang_up()

    heard = ear.heard()
    assert [*MENU, *LOGIN, "pl:authenticated", "pl:personal", "pl:no-input"] == [one.key for one in heard]
    assert [] == [one.key for one in heard[len(MENU + LOGIN) : -1] if one.cut]
    assert [Keyed("2")] == [event for event in account(helpline, ani).events if isinstance(event, Keyed)]


@pytest.fixture(scope="module")
def after_logins(helpline: Live, _profiles: None) -> Path:
    """The home after each of several people gave a right PIN, a wrong one, and hung up in the midst of both numbers."""
    numbers = iter(range(600_900_000, 600_901_000))
    jobs = [(job, person, str(next(numbers))) for person in PEOPLE for job in (_right, _wrong, _cut, _cut_early)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(job, helpline, person, ani) for job, person, ani in jobs]:
            done.result()
    for _, _, ani in jobs:
        account(helpline, ani)
    # What the dialplan has left for the IVR is gone once it is taken in.
    wait_for(lambda: not list((helpline.station.home / "spool").iterdir()), "every note taken in")
    return helpline.station.home


def _right(running: Live, person: Person, ani: str) -> None:
    call, ear = _log_in(running, ani, f"{person.identifier}#", f"{person.pin}#")
    ear.wait_for("pl:authenticated")
    call.hang_up()


def _wrong(running: Live, person: Person, ani: str) -> None:
    call, ear = _log_in(running, ani, f"{person.identifier}#", f"{person.wrong}#")
    ear.wait_for("pl:wrong-pin")
    call.hang_up()


def _cut(running: Live, person: Person, ani: str) -> None:
    call, _ = _log_in(running, ani, f"{person.identifier}#", person.pin[:-1])
    call.wait_until(lambda: not call.pressing, what="the keys to be pressed")
    call.hang_up()


def _cut_early(running: Live, person: Person, ani: str) -> None:
    call, _ = choose(running, ani, ("main", "2"), ("identifier", person.identifier[:-1]))
    call.wait_until(lambda: not call.pressing, what="the keys to be pressed")
    call.hang_up()


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.identifier)
def test_no_identifier_is_found_anywhere(after_logins: Path, person: Person) -> None:
    """Not in a log of ours or Asterisk's, in a row, in the database's bytes, in a name of a file."""
    assert set() == _holding(after_logins, person.identifier)
    assert set() == _holding(after_logins, person.identifier[:-1])


@pytest.mark.parametrize("secret", [lambda one: one.pin, lambda one: one.wrong, lambda one: one.pin[:-1]])
def test_no_pin_is_found_anywhere(after_logins: Path, secret: Callable[[Person], str]) -> None:
    """Right, wrong or cut off. Six digits occur by chance, as a time's microseconds; those of three people do not."""
    holding = [_holding(after_logins, secret(person)) for person in PEOPLE]
    assert set() == set.intersection(*holding)


def test_asterisk_logs_no_keys(after_logins: Path) -> None:
    """Nor one by one."""
    logs = list((after_logins / "asterisk" / "log").rglob("*"))
    assert logs
    assert [] == [path for path in logs if path.is_file() and b"DTMF" in path.read_bytes()]


def _holding(home: Path, digits: str) -> set[Path]:
    """The files whose name or content holds the digits."""
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {"centrala.db", "ivr-0.log", "console.log", "messages.log"} <= {path.name for path in files}
    return {path for path in files if digits in path.name or digits.encode() in path.read_bytes()}
