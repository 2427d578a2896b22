"""Workers are kept alive: whoever ends or hangs is replaced, and nobody outlives who looks after them."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from centrala.supervision import HOPELESS, Hopeless, supervise

PATIENCE = 60.0
# Each leaves a file of its own.
BEGIN = """
import os, pathlib, sys
{work}
pathlib.Path(sys.argv[1], str(os.getpid())).touch()
"""
UNTIL_STDIN_ENDS = "sys.stdin.read()"
BEATS = """
import threading, time
from centrala.watchdog import Heart, Patience

def live():
    heart = Heart(Patience(4, 4, 20))
    while heart.beat():
        time.sleep(0.1)

threading.Thread(target=live, daemon=True).start()
"""
HAS_A_STUCK_THREAD = """
import asyncio, threading
from centrala.watchdog import Heart, Patience
from speech.threads import Threads, live

async def serve():
    heart, threads = Heart(Patience(4, 4, 20)), Threads(2)
    await asyncio.gather(threads.run(threading.Event().wait), live(threads, heart.beat, 0.1))

threading.Thread(target=asyncio.run, args=(serve(),), daemon=True).start()
"""


def wait(is_so: Callable[[], bool]) -> None:
    """Until something is so. Raises AssertionError."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def begun(folder: Path) -> set[int]:
    """The ids of all workers that there ever were."""
    return {int(path.name) for path in folder.iterdir()}


@contextmanager
def supervised(folder: Path, work: str, count: int = 1) -> Iterator[list[psutil.Process]]:
    """Workers that do `work`, once all have begun."""
    stop = threading.Event()
    command = (sys.executable, "-c", BEGIN.format(work=work) + UNTIL_STDIN_ENDS, str(folder))
    thread = threading.Thread(target=supervise, args=(command, count, stop))
    thread.start()
    try:
        wait(lambda: len(begun(folder)) >= count)
        yield [psutil.Process(number) for number in begun(folder)]
    finally:
        stop.set()
        thread.join()


def test_a_worker_that_ends_is_replaced_and_others_are_left_alone(tmp_path: Path) -> None:
    """An operator learns which, how it ended, and when the next one begins."""
    with capture_logs() as told, supervised(tmp_path, "pass", count=2) as (first, second):
        first.kill()
        wait(lambda: len(begun(tmp_path)) == 3)
        assert second.is_running()
    (line,) = told
    assert ("a worker has ended", first.pid, -signal.SIGKILL) == (line["event"], line["process"], line["code"])
    assert 0 < line["again_in"]


def test_a_worker_that_hangs_is_replaced(tmp_path: Path) -> None:
    """It is stopped in the middle of its work, and neither ends nor says anything."""
    with supervised(tmp_path, BEATS) as (worker,):
        wait(lambda: bool(worker.children()))
        worker.suspend()
        wait(lambda: len(begun(tmp_path)) == 2)
        assert not worker.is_running()


def test_a_worker_of_which_one_thread_is_stuck_is_replaced(tmp_path: Path) -> None:
    """Its loop goes on, and so does the other thread: whoever is in the one that is stuck would wait for ever."""
    with supervised(tmp_path, HAS_A_STUCK_THREAD) as (worker,):
        wait(lambda: len(begun(tmp_path)) == 2)
        assert not worker.is_running()


def test_no_worker_outlives_its_supervisor(tmp_path: Path) -> None:
    """Not even one that does not wish to end."""
    with supervised(tmp_path, "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)") as (deaf,):
        pass
    assert not deaf.is_running()


def test_a_worker_that_cannot_work_is_not_tried_again(tmp_path: Path) -> None:
    """It has told why."""
    command = (sys.executable, "-c", BEGIN.format(work="pass") + f"sys.exit({HOPELESS})", str(tmp_path))
    with pytest.raises(Hopeless):
        supervise(command, 1, threading.Event())
    assert 1 == len(begun(tmp_path))
