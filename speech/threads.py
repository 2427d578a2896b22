"""Threads for what libvosk does, and the heartbeat of a process that gets on with it.

Whoever serves from the loop is alive when the loop is, and no recognition is stuck: a thread that libvosk never gives
back takes its callers along, and in time all the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Threads:
    """So many threads for what blocks; used by one loop."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="libvosk")
        self._open: set[Future[Any]] = set()
        self._seen: set[Future[Any]] = set()

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """What the work comes to, once a thread has done it."""
        future = self._pool.submit(work, *args)
        self._open.add(future)
        return await asyncio.wrap_future(future)

    def get_on(self) -> bool:
        """Whether no thread is still at what it was doing when this was asked last.

        What waits for a thread does not count: with too many callers there is always some.
        """
        self._open = {one for one in self._open if not one.done()}
        running = {one for one in self._open if one.running()}
        stuck, self._seen = running & self._seen, running
        return not stuck


async def live(threads: Threads, beat: Callable[[], object], seconds: float) -> None:
    """Beat again and again, for as long as the threads get on."""
    while True:
        if threads.get_on():
            beat()
        await asyncio.sleep(seconds)
