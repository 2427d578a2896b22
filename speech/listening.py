"""One question to a caller: sound comes in as the line gives it, and goes to libvosk as threads are free for it.

On a machine that is too slow for its callers sound is skipped. Were it kept, each answer would come later than the one
before, and what Asterisk says behind it (a new question, an end) would wait behind minutes of sound: Asterisk waits for
that with the caller's channel, without any limit.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from speech.hearing import Utterance
from speech.recognition import LINE_RATE
from speech.resampling import WIDTH
from speech.threads import Threads

SECOND = LINE_RATE * WIDTH
# Sound is taken to libvosk in pieces, whose end is when it says whether a word is over. Each trip to another thread
# costs as much as listening to a frame of 20 ms does: with longer pieces more callers can be listened to, each waits
# longer for an answer.
PIECE_BYTES = SECOND * 20 // 1000
LONGEST_PIECE_BYTES = 15 * PIECE_BYTES
MOST_BEHIND_BYTES = 5 * SECOND
# A telephone that sends nothing while its caller is silent leaves the recogniser without the silence it waits for. A
# shorter gap may be one that the machine has made.
SILENCE_AFTER = 0.25
MOST_SILENCE = 2.0
# A process that was held up for so long has had no chance to see that sound came.
HELD_UP_SECONDS = 0.05

TOLD_EVERY_SECONDS = 60.0

# A piece of sound, and the seconds that were skipped before it.
Hear = Callable[[bytes, float], Utterance | None]

log = structlog.get_logger()


class Skips:
    """Tells that sound is skipped, of whomever: when it begins, and how much it was after so many seconds."""

    def __init__(self, every: float = TOLD_EVERY_SECONDS) -> None:
        self._every = every
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, count: int) -> None:
        """So many bytes more; called by the loop."""
        self._bytes += count
        if self._timer is None:
            log.warning("too slow for so many callers: sound is skipped")
            self._timer = asyncio.get_running_loop().call_later(self._every, self._sum_up)

    def _sum_up(self) -> None:
        log.warning("sound was skipped", seconds=round(self._bytes / SECOND, 1), within=self._every)
        self._bytes, self._timer = 0, None


class Question:
    """Listens until something is understood; `hear` runs in a thread, one piece of sound after the other."""

    def __init__(self, hear: Hear, threads: Threads, skips: Skips) -> None:
        self._hear = hear
        self._threads = threads
        self._skips = skips
        self._skipped = 0
        self._sound = bytearray()
        self._came = asyncio.Event()
        self._missing = 0.0

    def take(self, sound: bytes) -> None:
        """Sound from the line, 16-bit samples; what is behind by too much is skipped."""
        self._sound += sound
        # Whole samples: what is left has to begin with one.
        too_many = max(len(self._sound) - MOST_BEHIND_BYTES + 1, 0) // WIDTH * WIDTH
        if too_many:
            del self._sound[:too_many]
            self._skipped += too_many
            self._skips.add(too_many)
        self._came.set()

    async def understood(self) -> Utterance:
        """What was said, once it is over."""
        while True:
            piece = await self._piece()
            skipped, self._skipped = self._skipped / SECOND, 0
            said = await self._threads.run(self._hear, piece, skipped)
            if said is not None:
                return said

    async def _piece(self) -> bytes:
        """What has come, once it is enough; where nothing comes, as much silence."""
        while len(self._sound) < PIECE_BYTES:
            self._came.clear()
            if self._missing >= MOST_SILENCE:
                await self._came.wait()
            elif not await self._comes_soon():
                self._missing += SILENCE_AFTER
                self._sound += bytes(int(LINE_RATE * SILENCE_AFTER) * WIDTH)
                continue
            self._missing = 0.0
        length = min(len(self._sound) // WIDTH * WIDTH, LONGEST_PIECE_BYTES)
        piece = bytes(self._sound[:length])
        del self._sound[:length]
        return piece

    async def _comes_soon(self) -> bool:
        """Silence in the middle of a word that was there, and not yet read, would make another word of it."""
        now = asyncio.get_running_loop().time
        due = now() + SILENCE_AFTER
        if await self._comes_by(due):
            return True
        was_held_up = now() > due + HELD_UP_SECONDS
        return was_held_up and await self._comes_by(now() + SILENCE_AFTER)

    async def _comes_by(self, due: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(due):
                await self._came.wait()
        return self._came.is_set()
