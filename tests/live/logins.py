"""A consultant has the caller log in: what both do and hear, and what is recorded of it."""

from __future__ import annotations

import itertools

import numpy as np

from demo.phone import Call, IncomingCall, sounds
from tests.live import dtmf, tones
from tests.live.callers import PATIENCE, Talk, press
from tests.live.stations import Live, hears, hears_caller
from tests.live.stories import IDENTIFIER, PIN

LOG_IN = "*4"
NONE, FULL = "pl:whisper-pensions-pl-none", "pl:whisper-pensions-pl-full"
VOICE = tones.CONSULTANT_VOICES[0]
TENTH = tones.RATE // 10
HEARD = 1000
# At least so long the caller is with the IVR: the prompts and keys of a login take longer.
SHORTEST_LOGIN = 1.5


def asks(there: Talk, times: int = 1) -> None:
    """The consultant keys the code, and the caller is asked for the identifier."""
    press(there.consultant, LOG_IN)
    there.ear.wait_for("pl:identifier", times)


def keys_both(there: Talk, times: int = 1, pin: str = PIN) -> None:
    """The caller keys identifier and PIN as they are asked for."""
    there.ear.wait_for("pl:identifier", times)
    press(there.call, f"{IDENTIFIER}#")
    there.ear.wait_for("pl:pin", times)
    press(there.call, f"{pin}#")


def told(live: Live, there: Talk, whisper: str, times: int = 1) -> None:
    """Until the consultant has heard the level, and then the two hear each other."""
    tones.Ear(there.consultant, live.table).wait_end_of(whisper, times, timeout=PATIENCE)
    there.consultant.wait_until(lambda: hears_caller(there.consultant), PATIENCE, "the caller's voice")
    there.call.wait_until(lambda: hears(there.call, VOICE), PATIENCE, "the consultant's voice")


def levels(sound: tones.Samples, hertz: int) -> list[bool]:
    """Whether a tone is heard, tenth by tenth of a second."""
    whole = sound[: len(sound) // TENTH * TENTH].reshape(-1, TENTH)
    return [tones.loudness(piece, hertz) > HEARD for piece in whole]


def longest_silence(sound: tones.Samples) -> float:
    """In seconds."""
    whole = sound[: len(sound) // TENTH * TENTH].reshape(-1, TENTH)
    runs = "".join(" " if np.abs(piece).max() < HEARD else "x" for piece in whole).split("x")
    return max(len(run) for run in runs) / 10


def sides_of(caller_file: str, agent_file: str) -> tuple[tuple[int, str], ...]:
    """The files of a part, each with the voice that is to be heard in it."""
    return (tones.CALLER_VOICE, caller_file), (VOICE, agent_file)


def up(live: Live, desks: tuple[str, ...]) -> list[IncomingCall]:
    """The calls that these consultants have answered."""
    return [call for desk in desks for call in live.desks[desk].incoming if call.up]


def sings(call: Call, keys: str) -> None:
    """The telephone plays the sound of keys, and then the caller speaks on."""
    sound = dtmf.keyed(keys)
    call.play(itertools.chain(sounds.pcm(sound.tobytes()), sounds.tone(tones.CALLER_VOICE)))
    until = call.recording.seconds + len(sound) / tones.RATE
    call.wait_until(lambda: call.recording.seconds >= until, PATIENCE, "the sound of keys")
