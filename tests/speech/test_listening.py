"""One question to a caller: what is taken to the recogniser, on machines that are quick and on those that are not."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from speech.hearing import Utterance
from speech.listening import (
    LONGEST_PIECE_BYTES,
    MOST_BEHIND_BYTES,
    MOST_SILENCE,
    PIECE_BYTES,
    SECOND,
    SILENCE_AFTER,
    Hear,
    Question,
    Skips,
)
from speech.resampling import WIDTH
from speech.threads import Threads

SAID = Utterance(("pensions",), 100, 0.0)
PACKET = 320
WAIT_SECONDS = 10.0


def be_heard(hear: Hear, *, sound: list[bytes]) -> None:
    """A caller says all this at once, and is understood."""

    async def ask() -> None:
        question = Question(hear, Threads(1), Skips())
        for piece in sound:
            question.take(piece)
        assert SAID == await question.understood()

    asyncio.run(ask())


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something to be so."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not holds():
            await asyncio.sleep(0.005)


def samples(count: int) -> bytes:
    """So many samples, each of them another one."""
    return b"".join((number % 30_000 + 1).to_bytes(WIDTH, "little") for number in range(count))


@given(st.lists(st.integers(1, 4 * PIECE_BYTES), min_size=1, max_size=40))
def test_all_that_is_said_is_heard_in_order(lengths: list[int]) -> None:
    """Whatever pieces it comes in, half samples included; then silence, and no piece is too long."""
    heard, told = bytearray(), list[float]()
    whole = samples(sum(lengths))[: sum(lengths)]

    def hear(sound: bytes, skipped: float) -> Utterance | None:
        told.append(skipped)
        assert 0 < len(sound) <= LONGEST_PIECE_BYTES
        assert 0 == len(sound) % WIDTH
        heard.extend(sound)
        return SAID if len(heard) >= len(whole) else None

    ends = [sum(lengths[:place]) for place in range(len(lengths) + 1)]
    be_heard(hear, sound=[whole[start:end] for start, end in itertools.pairwise(ends)])
    assert [0.0] * (len(told) - 1) == told[1:]
    skipped = round(told[0] * SECOND)
    assert max(0, len(whole) - MOST_BEHIND_BYTES) <= skipped + WIDTH
    assert whole[skipped:] == bytes(heard[: len(whole) - skipped])


def test_who_is_behind_skips_and_hears_what_was_said_last() -> None:
    """While one piece is listened to a minute comes: the last seconds of it are heard."""
    busy, go_on, heard, told = threading.Event(), threading.Event(), bytearray(), list[float]()

    def hear(sound: bytes, skipped: float) -> Utterance | None:
        busy.set()
        told.append(skipped)
        assert go_on.wait(30)
        heard.extend(sound)
        return SAID if heard.endswith(b"\x07\x00") else None

    async def ask() -> None:
        question = Question(hear, Threads(1), Skips())
        question.take(bytes(PIECE_BYTES))
        listening = asyncio.create_task(question.understood())
        await asyncio.to_thread(busy.wait, 30)
        for _ in range(59):
            question.take(bytes(SECOND))
        question.take(bytes(SECOND - WIDTH) + b"\x07\x00")
        go_on.set()
        assert SAID == await listening

    asyncio.run(ask())
    assert PIECE_BYTES + MOST_BEHIND_BYTES == len(heard)
    assert [0.0, 60 - MOST_BEHIND_BYTES / SECOND] == told[:2]


def test_that_sound_is_skipped_is_told_and_how_much_it_was() -> None:
    """Of all callers together, packet by packet; once it is over, what begins anew is told anew."""

    async def skip() -> None:
        skips = Skips(every=0.05)
        for _ in range(2):
            for _ in range(100):
                skips.add(PACKET)
            await until(lambda: "seconds" in told[-1])

    with capture_logs() as told:
        asyncio.run(skip())
    assert [None, 100 * PACKET / SECOND] * 2 == [one.get("seconds") for one in told]


def test_a_line_that_falls_silent_is_heard_as_silence_for_a_while() -> None:
    """Then nothing is listened to, until sound comes again."""
    heard = bytearray()

    def hear(sound: bytes, _skipped: float) -> Utterance | None:
        heard.extend(sound)
        return SAID if any(sound) else None

    async def ask() -> None:
        question = Question(hear, Threads(1), Skips())
        listening = asyncio.create_task(question.understood())
        while len(heard) < MOST_SILENCE * SECOND:
            await asyncio.sleep(0.01)
        question.take(samples(PIECE_BYTES // WIDTH))
        assert SAID == await listening

    asyncio.run(ask())
    assert MOST_SILENCE * SECOND + PIECE_BYTES == len(heard)


def test_sound_that_could_not_be_read_in_time_is_no_silence() -> None:
    """A process that was held up looks for what has come meanwhile."""
    heard = bytearray()
    first, second = samples(PIECE_BYTES // WIDTH), samples(PIECE_BYTES)[PIECE_BYTES:]

    def hear(sound: bytes, _skipped: float) -> Utterance | None:
        heard.extend(sound)
        return SAID if len(heard) >= len(first + second) else None

    async def ask() -> None:
        question = Question(hear, Threads(1), Skips())
        question.take(first)
        listening = asyncio.create_task(question.understood())
        # From then on it waits for more.
        await until(lambda: len(heard) == len(first) and not question._came.is_set())
        # As a system that gives this process no time does; the socket's turn comes after the timers'.
        time.sleep(2 * SILENCE_AFTER)
        asyncio.get_running_loop().call_later(0.01, question.take, second)
        assert SAID == await listening

    asyncio.run(ask())
    assert first + second == bytes(heard)
