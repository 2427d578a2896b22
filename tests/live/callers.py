"""What callers in these stories do, and what is known of their calls afterwards."""

from __future__ import annotations

import time
import wave
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np

from demo.phone import Call, IncomingCall, Reaction
from demo.phone.outgoing import OutgoingCall
from demo.phone.phone import OnCall
from demo.station import StationError
from ivr import calls
from ivr.calls import CallRow, LoggedTurn
from ivr.events import Event
from recordings import consents, parts
from recordings.consents import Consent
from recordings.parts import RecordingPart
from routing import visits
from routing.visits import Visit
from tests.live import tones
from tests.live.stations import Live, hears_caller

PATIENCE = 60.0
POLL_SECONDS = 0.05
PRESS_SECONDS = 0.1
GAP_SECONDS = 0.06
WAV_HEADER_BYTES = 44

# A voice: amplitudes, and in how much of the time they must be reached.
LOUD, SILENT = 3000, 100
# Each beginning and end of another voice, and each tear in it, is heard at every pitch for a tenth.
MOSTLY, HARDLY = 0.5, 0.2
TENTH = tones.RATE // 10


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation: the caller's side, what the caller hears, and the consultant's side."""

    call: Call
    ear: tones.Ear
    consultant: IncomingCall
    extension: str

    def wait(self, seconds: float) -> None:
        """Until the two have talked for so long."""
        until = self.consultant.recording.seconds + seconds
        self.consultant.wait_until(lambda: self.consultant.recording.seconds >= until, PATIENCE, "a conversation")

    def end(self) -> None:
        """The consultant hangs up."""
        self.consultant.hang_up()
        self.call.wait_ended()


def choose(live: Live, ani: str, *steps: tuple[str, str]) -> tuple[OutgoingCall, tones.Ear]:
    """Dial, and at each of the prompts named key what stands beside it, as soon as it has begun."""
    call, ear = live.dial(ani)
    for prompt, keys in steps:
        ear.wait_for(f"pl:{prompt}")
        press(call, keys)
    return call, ear


def press(call: Call, keys: str) -> None:
    """Key as quick fingers do."""
    call.press(keys, PRESS_SECONDS, GAP_SECONDS)


def to_topic(live: Live, ani: str, key: str) -> tuple[OutgoingCall, tones.Ear]:
    """Dial, and ask for a consultant on the topic of that key, as somebody who knows the way."""
    return choose(live, ani, ("welcome", "0"), ("choose-topic", key))


def talk(live: Live, ani: str, key: str) -> Talk:
    """Dial, ask for a consultant, and wait for the answer."""
    return answered(live, ani, *to_topic(live, ani, key))


def talk_at_once(live: Live, callers: Mapping[str, str]) -> dict[str, Talk]:
    """The conversations of callers who dial at the same time: the topic's key by the caller's number."""
    with ThreadPoolExecutor(len(callers)) as pool:
        talks = pool.map(lambda ani: talk(live, ani, callers[ani]), callers)
        return dict(zip(callers, talks, strict=True))


def answered(live: Live, ani: str, call: Call, ear: tones.Ear) -> Talk:
    """The conversation of a caller who waits for a consultant, from when the two hear each other."""
    there = picked_up(live, ani, call, ear)
    there.consultant.wait_until(lambda: hears_caller(there.consultant), PATIENCE, "the caller's voice")
    return there


def picked_up(live: Live, ani: str, call: Call, ear: tones.Ear) -> Talk:
    """The same from when the consultant has picked up, and hears who it is."""
    call.wait_until(lambda: live.consultant_of(ani), PATIENCE, "a consultant")
    consultant = live.consultant_of(ani)
    assert consultant is not None
    (extension,) = [name for name, desk in live.desks.items() if consultant in desk.calls]
    return Talk(call, ear, consultant, extension)


def level(sound: bytes | tones.Samples, hertz: int, share: float) -> float:
    """The amplitude that a tone reaches in this share of all tenths of a second.

    A busy machine tears a voice apart; over a longer time than that its pieces would cancel one another.
    """
    samples = np.frombuffer(sound, np.int16) if isinstance(sound, bytes) else sound
    whole = samples[: len(samples) // TENTH * TENTH].reshape(-1, TENTH)
    levels = sorted((tones.loudness(piece, hertz) for piece in whole), reverse=True)
    return levels[int(len(levels) * share)]


def is_heard(sound: bytes | tones.Samples, hertz: int) -> bool:
    """Whether a voice is there most of the time, or as good as never; anything between fails."""
    if level(sound, hertz, MOSTLY) > LOUD:
        return True
    assert level(sound, hertz, HARDLY) < SILENT, f"{hertz} Hz is heard neither all the time nor never"
    return False


@contextmanager
def desks_react(live: Live, reaction: Reaction | OnCall, *extensions: str) -> Iterator[None]:
    """Let these telephones react so for a while."""
    before = {extension: live.desks[extension].when_called for extension in extensions}
    try:
        for extension in extensions:
            live.desks[extension].when_called = reaction
        yield
    finally:
        for extension, usual in before.items():
            live.desks[extension].when_called = usual


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that is kept of a call."""

    row: CallRow
    turns: tuple[LoggedTurn, ...]
    consents: tuple[Consent, ...]
    visits: tuple[Visit, ...]
    parts: tuple[RecordingPart, ...]

    @property
    def events(self) -> list[Event]:
        """Every event of the call, in order."""
        return [event for turn in self.turns for event in turn.events]


def account(live: Live, ani: str) -> Account:
    """What is kept of the call from that number, once its end has been committed."""
    row = _ended(live, ani)
    with live.database.reading() as connection:
        return Account(
            row,
            calls.turns_of(connection, row.id),
            consents.of_call(connection, row.id),
            visits.of_call(connection, row.id),
            parts.of_call(connection, row.id),
        )


def _ended(live: Live, ani: str) -> CallRow:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (row := row_of(live, ani)) and row.ended_at is not None:
            return row
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"the end of the call from {ani} was never committed")


def row_of(live: Live, ani: str) -> CallRow | None:
    """The row of the newest call from that number."""
    with live.database.reading() as connection:
        return next((row for row in calls.newest(connection, 1000) if row.ani == ani), None)


def id_of(live: Live, ani: str) -> str:
    """The call from that number."""
    row = row_of(live, ani)
    assert row is not None
    return row.id


def refused(live: Live, *words: str) -> str | None:
    """Why a command failed, or None."""
    try:
        live.station.centrala(*words)
    except StationError as error:
        return str(error)
    return None


def recorded_files(live: Live, call_id: str) -> list[str]:
    """The names of a call's files in the folder of recordings."""
    return sorted(path.name for path in (live.station.home / "recordings").glob(f"{call_id}*"))


def recorded(live: Live, name: str) -> tones.Samples:
    """The sound of a recorded file, once Asterisk has closed it."""
    path = live.station.home / "recordings" / name
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(wave.Error, EOFError), wave.open(str(path)) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (tones.RATE, 1, 2):
                raise AssertionError(f"{name} is not what was to be recorded")
            if file.getnframes() * 2 + WAV_HEADER_BYTES == path.stat().st_size:
                return np.frombuffer(file.readframes(file.getnframes()), np.int16)
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"{name} was never closed")
