"""Whether threads get on: what is stuck is told from what is many, or slow, or over."""

from __future__ import annotations

import asyncio
import threading

import pytest

from speech.threads import Threads, live


class Stuck:
    """Work that a thread does not come back from until it is let go."""

    def __init__(self) -> None:
        self.begun, self.released = threading.Event(), threading.Event()

    def __call__(self) -> str:
        """Do it."""
        self.begun.set()
        self.released.wait()
        return "done"


def test_threads_that_have_nothing_to_do_get_on() -> None:
    """However often they are asked."""
    threads = Threads(2)
    assert [True] * 3 == [threads.get_on() for _ in range(3)]


def test_one_thread_that_is_stuck_is_told() -> None:
    """At the second look, though the other thread goes on; and no more once it is over."""

    async def story() -> list[bool]:
        threads, stuck = Threads(2), Stuck()
        try:
            hung = asyncio.create_task(threads.run(stuck))
            await asyncio.to_thread(stuck.begun.wait)
            told = [threads.get_on()]
            assert 3 == await threads.run(sum, (1, 2))
            told.append(threads.get_on())
        finally:
            stuck.released.set()
        assert "done" == await hung
        return [*told, threads.get_on()]

    assert [True, False, True] == asyncio.run(story())


def test_a_caller_who_has_gone_does_not_hide_a_thread_that_is_stuck() -> None:
    """What nobody waits for any more has the thread all the same."""

    async def story() -> list[bool]:
        threads, stuck = Threads(1), Stuck()
        try:
            caller = asyncio.create_task(threads.run(stuck))
            await asyncio.to_thread(stuck.begun.wait)
            caller.cancel()
            return [threads.get_on(), threads.get_on()]
        finally:
            stuck.released.set()

    assert [True, False] == asyncio.run(story())


def test_many_who_wait_are_not_stuck() -> None:
    """Each piece is over soon, and always another one is waiting: too many callers are no hang."""

    async def story() -> list[bool]:
        threads, pieces = Threads(1), [Stuck() for _ in range(5)]
        callers = [asyncio.create_task(threads.run(one)) for one in pieces]
        told = []
        for one, caller in zip(pieces, callers, strict=True):
            await asyncio.to_thread(one.begun.wait)
            told.append(threads.get_on())
            one.released.set()
            await caller
        return told

    assert [True] * 5 == asyncio.run(story())


def test_what_fails_is_over() -> None:
    """Whoever asked learns of it, and the thread is free."""

    async def story() -> bool:
        threads = Threads(1)
        with pytest.raises(ZeroDivisionError):
            await threads.run(divmod, 1, 0)
        return threads.get_on() and threads.get_on()

    assert asyncio.run(story())


def test_the_heart_beats_again_once_what_was_stuck_is_over() -> None:
    """And not before."""

    async def story() -> None:
        threads, stuck, beaten = Threads(1), Stuck(), asyncio.Event()
        hung = asyncio.create_task(threads.run(stuck))
        await asyncio.to_thread(stuck.begun.wait)
        threads.get_on()
        heart = asyncio.create_task(live(threads, beaten.set, 0))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not beaten.is_set()
        stuck.released.set()
        await asyncio.wait_for(beaten.wait(), 30)
        await hung
        heart.cancel()

    asyncio.run(story())
