"""A process that hangs is ended, so that its calls go on elsewhere at once.

A process that is stopped or stuck keeps its connections open, and Asterisk can only wait for the timers that it wound
up last; a database transaction that it began holds every other process up. Only another process can tell: this file,
run as a program, reads a heartbeat from a pipe and kills the process that fell silent. It ends with that process; who
started that one starts it again.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import astuple, dataclass

BEAT_SECONDS = 0.5
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Patience:
    """How many beats a process may miss: while it does no work, while it works, and before its first one.

    Silence without any work done is a hang; a process that works hard may be slow to beat, but not for ever.
    """

    idle: int
    busy: int
    first: int


# Callers hear nothing from an IVR process that hangs, and it beats from the moment that it is watched.
IVR = Patience(idle=6, busy=40, first=40)


class Heart:
    """This process is watched from now on, for as long as this is kept."""

    def __init__(self, patience: Patience) -> None:
        numbers = map(str, (os.getpid(), *astuple(patience)))
        command = [sys.executable, "-I", "-S", os.path.abspath(__file__), *numbers]
        # The watcher is born with them blocked: it outlives a Ctrl-C from its first moment.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _IGNORED)
        try:
            self._watcher = subprocess.Popen(command, stdin=subprocess.PIPE)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        assert self._watcher.stdin is not None
        self._pipe = self._watcher.stdin.fileno()
        # A watcher that is stopped must not stop whom it watches.
        os.set_blocking(self._pipe, False)

    def beat(self) -> bool:
        """Tell that all is well; False once nobody watches any more."""
        try:
            return os.write(self._pipe, b".") > 0
        except BlockingIOError:
            return True
        except OSError:
            # The watcher was ended by somebody: the work goes on without it.
            return False


def start() -> None:
    """Let this process be watched from now on: as long as any thread of it gets on, it lives."""
    threading.Thread(target=_beat, name="heartbeat", args=(Heart(IVR),), daemon=True).start()


def _beat(heart: Heart) -> None:
    while heart.beat():
        time.sleep(BEAT_SECONDS)


def watch(process: int, pipe: int, patience: Patience) -> float | None:
    """Read the heartbeat of a process until it ends or hangs; after how many seconds of silence it was killed."""
    missed, idle, worked = 0, 0, _work(process)
    most_idle = most_missed = patience.first
    while idle < most_idle and missed < most_missed:
        # Beats are counted and not time: after a standstill of the whole machine nobody has missed any.
        ready, _, _ = select.select([pipe], [], [], BEAT_SECONDS)
        if ready:
            if not os.read(pipe, 4096):
                return None
            missed = idle = 0
            most_idle, most_missed = patience.idle, patience.busy
            continue
        missed, before, worked = missed + 1, worked, _work(process)
        idle = idle + 1 if worked == before else 0
    if os.getppid() != process:
        return None
    os.kill(process, signal.SIGKILL)
    return missed * BEAT_SECONDS


def _work(process: int) -> int:
    """The processor time that a process has used, in clock ticks."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def main() -> None:
    """Watch the process that started this one."""
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    process, *patience = map(int, sys.argv[1:])
    silent = watch(process, sys.stdin.fileno(), Patience(*patience))
    if silent is not None:
        # Behind the killing: a log that cannot be written must not put it off.
        told = {"event": "a process that hung was killed", "process": process, "silent_seconds": silent}
        sys.stderr.write(json.dumps({**told, "level": "error"}) + "\n")


if __name__ == "__main__":
    main()
