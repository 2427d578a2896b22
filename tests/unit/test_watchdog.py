"""A process that hangs is killed by the one that watches it; one that is busy, ends or is suspended with it is not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from centrala import watchdog

WAIT_SECONDS = 30


@contextmanager
def watched(work: str, start: str = "watchdog.start()") -> Iterator[tuple[psutil.Popen, psutil.Process]]:
    """A process that is watched while it does `work`, and its watcher."""
    code = f"from centrala import watchdog; {start}; print('on', flush=True); input(); {work}"
    pipe = subprocess.PIPE
    with psutil.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            assert process.stdout.readline() == b"on\n"
            (watcher,) = process.children()
            process.stdin.write(b"go\n")
            process.stdin.flush()
            yield process, watcher
        finally:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def ends(process: psutil.Process) -> bool:
    """Wait for the end of a process that is not our child."""
    _, alive = psutil.wait_procs([process], WAIT_SECONDS)
    return not alive


def test_a_stopped_process_is_killed_and_that_is_said() -> None:
    """Whoever is stopped for good is killed; the watcher ends with it and leaves a line in the log."""
    with watched("import time; time.sleep(600)") as (process, watcher):
        process.send_signal(signal.SIGSTOP)

        assert -signal.SIGKILL == process.wait(WAIT_SECONDS)
        assert ends(watcher)
        told = json.loads(process.stderr.read())
        assert ("a process that hung was killed", process.pid) == (told["event"], told["process"])
        assert watchdog.IVR.idle * watchdog.BEAT_SECONDS <= told["silent_seconds"]


def test_a_process_that_ends_takes_its_watcher_along() -> None:
    """Nothing is left behind, and nothing is killed."""
    with watched("pass") as (process, watcher):
        assert 0 == process.wait(WAIT_SECONDS)
        assert ends(watcher)


def test_signals_to_both_end_only_the_one_that_is_watched() -> None:
    """Ctrl-C in a terminal goes to both: the watcher stays until the process has drained."""
    with watched("import time; time.sleep(600)") as (_, watcher):
        for number in (signal.SIGINT, signal.SIGTERM):
            watcher.send_signal(number)
        assert watcher.is_running()
        assert psutil.STATUS_ZOMBIE != watcher.status()


def test_a_machine_that_was_suspended_is_no_hang() -> None:
    """Both stand still for longer than a hang may last; once they go on, the process is left alone."""
    with watched("import time; time.sleep(600)") as (process, watcher):
        watcher.suspend()
        process.suspend()
        threading.Event().wait(watchdog.BEAT_SECONDS * (watchdog.IVR.idle + 1))
        watcher.resume()
        process.resume()
        threading.Event().wait(watchdog.BEAT_SECONDS * 2)
        assert process.poll() is None


def test_a_process_without_its_watcher_goes_on() -> None:
    """A watcher that is killed takes nobody along."""
    with watched("import time; time.sleep(1)") as (process, watcher):
        watcher.kill()
        assert ends(watcher)
        assert 0 == process.wait(WAIT_SECONDS)


def test_a_process_that_is_stuck_at_work_is_killed_too() -> None:
    """A search that never ends holds every other thread up: it works, but not for ever."""
    patience = f"watchdog.Patience({10**9}, 40, 40)"
    watch = f"watchdog.BEAT_SECONDS = 0.05; watchdog.watch(os.getppid(), 0, {patience})"
    watcher = f"import os; from centrala import watchdog; {watch}"
    code = f"""
import re, subprocess, sys
watcher = subprocess.Popen([sys.executable, "-c", {watcher!r}], stdin=subprocess.PIPE)
re.match("(a+)+$", "a" * 99 + "b")
"""
    with psutil.Popen([sys.executable, "-c", code]) as process:
        assert -signal.SIGKILL == process.wait(WAIT_SECONDS)


def test_before_its_first_beat_a_process_has_a_time_of_its_own() -> None:
    """Longer than it may be silent later on; then that is over, too."""
    heart = "heart = watchdog.Heart(watchdog.Patience(idle=2, busy=2, first=6))"
    with watched("import time; time.sleep(600)", heart) as (process, watcher):
        assert -signal.SIGKILL == process.wait(WAIT_SECONDS)
        assert ends(watcher)
        assert 6 * watchdog.BEAT_SECONDS == json.loads(process.stderr.read())["silent_seconds"]


def test_after_its_first_beat_it_has_no_longer_than_others() -> None:
    """Whoever beat once and never again is not taken for one that still begins."""
    heart = "heart = watchdog.Heart(watchdog.Patience(idle=2, busy=2, first=10**9)); heart.beat()"
    with watched("import time; time.sleep(600)", heart) as (process, _):
        assert -signal.SIGKILL == process.wait(WAIT_SECONDS)


def test_a_watcher_that_is_stopped_stops_nobody() -> None:
    """More beats than the pipe holds: the process goes on, and ends by itself."""
    beats = "[heart.beat() for _ in range(200_000)]"
    with watched(beats, "heart = watchdog.Heart(watchdog.IVR)") as (process, watcher):
        watcher.suspend()
        assert 0 == process.wait(WAIT_SECONDS)
        watcher.resume()
        assert ends(watcher)
