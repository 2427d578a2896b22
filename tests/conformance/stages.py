"""The installations that scripts are played in by telephone, and what is done to them for each scene."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

from demo.phone import Call, Ring
from ivr.exploration.moves import OWN_NUMBER
from ivr.scripts import Queue, Script, profiles
from ivr.scripts.script import SILENCE
from tests.conformance.by_telephone import PATIENCE, Caller, Desks, Outcome
from tests.conformance.deaf import deaf_recogniser
from tests.conformance.scenes import ASKED, CLOSED, STAFFED, UNHEARD, Scenes
from tests.conformance.told import foretold
from tests.live.stations import CLOSED as SUNDAY
from tests.live.stations import EVERYBODY_ASKED, Live, hears_music, live, menus_with
from tests.live.stations import OPEN as MONDAY

Outcomes = dict[Script, Outcome]

CALLS_AT_ONCE = 8
AGAIN_AT_ONCE = 2
# More than callers whom nobody answers in one queue: each puts one consultant on a break.
CONSULTANTS = 24
LONGEST_WAIT = 10
SILENCE_SECONDS = 5
MOST_WAITING = 2
# A telephone that has rung for so long is on a break afterwards: longer than a scene lasts.
LASTING_SECONDS = 120
A_KEY_PER_QUEUE = "12345"
POLL_SECONDS = 0.1
STARTING_SECONDS = 180
QUICK = ("  timeout: 6\n", "  timeout: 3\n")

# Every installation stands.
_STANDING = threading.Barrier(4)
# Numbers that may be called, with the last three digits that scripts expect to hear; and premium ones, that may not.
_numbers = itertools.count(600_000_200, 1000)
_refused = itertools.count(700_100_000)


def play_all(written: Scenes, folder: Path) -> Outcomes:
    """Play every script by telephone, in several installations at once.

    Calls begin when the last one stands: making its sounds would keep every caller's ear busy.
    """
    stages: tuple[Callable[[Scenes, Path], Outcomes], ...] = (_staffed, _closed, _by_condition, _asked)
    with ThreadPoolExecutor(len(stages)) as pool:
        parts = [pool.submit(stage, written, folder / stage.__name__) for stage in stages]
        return {script: outcome for part in parts for script, outcome in part.result().items()}


def _staffed(written: Scenes, folder: Path) -> Outcomes:
    """Opening hours, and for each call in a queue a consultant's telephone that answers it or not.

    Then the same while nobody listens: the recogniser has gone.
    """
    with ExitStack() as until_unheard:
        heard = until_unheard.enter_context(deaf_recogniser())
        with _with_consultants(folder, heard) as (running, desks):
            found = _play(running, desks, written.scripts[STAFFED])
            until_unheard.close()
            _wait_unheard(running)
            return found | _play(running, desks, written.scripts[UNHEARD])


def _wait_unheard(running: Live) -> None:
    log, deadline = running.station.home / "ivr-0.log", time.monotonic() + PATIENCE
    while "speech is away" not in log.read_text("utf-8"):
        assert time.monotonic() < deadline, "it was never noticed that nobody listens"
        time.sleep(POLL_SECONDS)


def _asked(written: Scenes, folder: Path) -> Outcomes:
    """The same, but that every caller is asked after the conversation."""
    with deaf_recogniser() as heard, _with_consultants(folder, heard, EVERYBODY_ASKED) as (running, desks):
        return _play(running, desks, written.scripts[ASKED])


@contextmanager
def _with_consultants(folder: Path, heard: str, *edits: tuple[str, str]) -> Iterator[tuple[Live, Desks]]:
    many = [_with_agents(extension, CONSULTANTS) for extension in ("11", "12", "13", "14", "15")]
    queues = {"wrap_up_seconds": 0, "longest_wait_seconds": LONGEST_WAIT}
    sip = {"phone_silence_seconds": SILENCE_SECONDS}
    with _stage(menus_with(folder, QUICK, *edits, *many), folder, MONDAY, heard, queues, sip) as running:
        desks = Desks()
        running.staff(when_called=desks.react)
        yield running, desks


def _closed(written: Scenes, folder: Path) -> Outcomes:
    """A Sunday."""
    with deaf_recogniser() as heard, _stage(menus_with(folder, QUICK), folder, SUNDAY, heard, {}) as running:
        return _play(running, Desks(), written.scripts[CLOSED])


def _by_condition(written: Scenes, folder: Path) -> Outcomes:
    """Opening hours, and queues that nobody can stay in, for one reason after the other."""
    found: Outcomes = {}
    queues = {"most_waiting": MOST_WAITING, "ring_seconds": LASTING_SECONDS}
    with deaf_recogniser() as heard, _stage(menus_with(folder, QUICK), folder, MONDAY, heard, queues) as running:
        found |= _play(running, Desks(), written.scripts["join_empty"])
        running.staff(when_called=Ring())
        with _queues_full(running):
            found |= _play(running, Desks(), written.scripts["full"])
        found |= _while_phones_sign_off(running, written.scripts["leave_empty"])
        _forget_queues(running)
        found |= _play(running, Desks(), written.scripts["failed"])
    return found


@contextmanager
def _stage(
    menus: Path,
    folder: Path,
    hours_at: str,
    heard: str,
    queues: Mapping[str, int],
    sip: Mapping[str, int] = MappingProxyType({}),
) -> Iterator[Live]:
    # Callbacks are promised here, and kept elsewhere: without the manager interface nobody is called.
    # At `heard` somebody listens, in every language, and hears nothing.
    models = dict.fromkeys(("pl", "uk", "en"), "nowhere")
    settings = {"queues": queues, "sip": sip, "asterisk": {"ami": None}, "speech": {"listen": heard, "models": models}}
    with live(folder / "home", menus, hours_at=hours_at, settings=settings) as running:
        for profile in profiles(running.flow):
            running.station.centrala("profiles", "add", stdin=f"{profile.identifier}\n{profile.pin}\n")
        _import_mandates(running, folder / "mandates.csv")
        _STANDING.wait(STARTING_SECONDS)
        yield running


def _import_mandates(running: Live, table: Path) -> None:
    """For whom everybody may speak."""
    rows = [f"{profile.identifier},{payer}" for profile in profiles(running.flow) for payer in profile.payers]
    table.write_text("\n".join(["identifier,payer", *rows]), "ascii")
    running.station.centrala("profiles", "mandates", "import", str(table))


def _with_agents(extension: str, count: int) -> tuple[str, str]:
    """An edit of the menus: a queue gets more consultants."""
    agents = ", ".join(f'"{extension}{number:02}"' for number in range(1, count + 1))
    return f'agents: ["{extension}01", "{extension}02"]', f"agents: [{agents}]"


def _play(running: Live, desks: Desks, scripts: Iterable[Script]) -> Outcomes:
    """Play scripts side by side; those that went otherwise than foretold once more, by few at once.

    On a busy machine a caller may key so late that it is another call, which says nothing of the gateway.
    """
    found = _play_at_once(running, desks, scripts, CALLS_AT_ONCE)
    return found | _play_at_once(running, desks, _otherwise(running, found), AGAIN_AT_ONCE)


def _otherwise(running: Live, found: Outcomes) -> tuple[Script, ...]:
    """The scripts that went otherwise than foretold."""
    return tuple(
        script for script, outcome in found.items() if outcome.fault or outcome.told != foretold(running.flow, script)
    )


def _play_at_once(running: Live, desks: Desks, scripts: Iterable[Script], callers_at_once: int) -> Outcomes:
    """Play scripts, the longest first, by so many callers."""
    longest_first = sorted(scripts, key=_seconds, reverse=True)
    with ThreadPoolExecutor(callers_at_once) as pool:
        callers = [Caller(running, desks, script, _number(script)) for script in longest_first]
        outcomes = pool.map(Caller.play, callers)
        return dict(zip(longest_first, outcomes, strict=True))


def _number(script: Script) -> str:
    return str(next(_numbers)) if script.circumstance(OWN_NUMBER, True) else str(next(_refused))


def _seconds(script: Script) -> float:
    """About how long a script plays."""
    timeouts = script.acts.count(Queue("timeout"))
    return 2 * len(script.acts) + LONGEST_WAIT * timeouts + 2 * script.keys.split().count(SILENCE)


@contextmanager
def _queues_full(running: Live) -> Iterator[None]:
    """As many callers in every queue as may wait."""
    waiting = [_in_queue(running, key) for key in A_KEY_PER_QUEUE * MOST_WAITING]
    yield
    for call in waiting:
        call.hang_up()
        call.wait_ended()


def _in_queue(running: Live, topic: str) -> Call:
    call, ear = running.dial(str(next(_numbers)))
    ear.wait_for("pl:main")
    call.press("0")
    ear.wait_for("pl:topics")
    call.press(topic)
    call.wait_until(lambda: hears_music(call), PATIENCE, "music")
    return call


def _while_phones_sign_off(running: Live, scripts: tuple[Script, ...]) -> Outcomes:
    """Consultants leave as soon as every caller waits. For whoever went otherwise they come back, and leave again."""
    found = _sign_off_when_all_wait(running, scripts)
    if again := _otherwise(running, found):
        running.staff(when_called=Ring())
        running.back_to_work()
        found |= _sign_off_when_all_wait(running, again)
    return found


def _sign_off_when_all_wait(running: Live, scripts: tuple[Script, ...]) -> Outcomes:
    desks = Desks()
    with ThreadPoolExecutor(1) as pool:
        playing = pool.submit(_play_at_once, running, desks, scripts, CALLS_AT_ONCE)
        deadline = time.monotonic() + PATIENCE
        while len(desks.waiting) < len(scripts) and not playing.done() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        for desk in running.desks.values():
            desk.close()
        return playing.result()


def _forget_queues(running: Live) -> None:
    """Asterisk as it is when queues were added to the menus and it has not been told."""
    assert running.station.asterisk is not None
    (running.station.home / "asterisk" / "etc" / "queues.conf").write_text("[general]\n", "ascii")
    running.station.asterisk.rx("queue reload all")
