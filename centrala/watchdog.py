"""A process that hangs is ended, so that its calls go on elsewhere at once.

A process that is stopped or stuck keeps its connections open, and Asterisk can only wait for the timers that it wound
up last; a database transaction that it began holds every other process up. Only another process can tell: this file,
run as a program, reads a heartbeat from a pipe and kills the process that fell silent. It ends with that process.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time

BEAT_SECONDS = 0.5
# Silence without any work done is a hang; a process that works hard may be slow to beat, but not for ever.
IDLE_BEATS = 6
BUSY_BEATS = 40
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def start() -> None:
    """Let this process be watched from now on."""
    command = [sys.executable, "-I", "-S", os.path.abspath(__file__), str(os.getpid())]
    # The watcher is born with them blocked: it outlives a Ctrl-C from its first moment.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _IGNORED)
    try:
        watcher = subprocess.Popen(command, stdin=subprocess.PIPE)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert watcher.stdin is not None
    threading.Thread(target=_beat, name="heartbeat", args=(watcher.stdin.fileno(), watcher), daemon=True).start()


def _beat(pipe: int, _watcher: subprocess.Popen[bytes]) -> None:
    try:
        while os.write(pipe, b"."):
            time.sleep(BEAT_SECONDS)
    except OSError:
        # The watcher was ended by somebody: the calls go on without it.
        return


def watch(process: int, pipe: int) -> bool:
    """Read the heartbeat of a process until it ends or hangs; whether it had to be killed."""
    missed, idle, worked = 0, 0, _work(process)
    while idle < IDLE_BEATS and missed < BUSY_BEATS:
        # Beats are counted and not time: after a standstill of the whole machine nobody has missed any.
        ready, _, _ = select.select([pipe], [], [], BEAT_SECONDS)
        if ready:
            if not os.read(pipe, 4096):
                return False
            missed = idle = 0
            continue
        missed, before, worked = missed + 1, worked, _work(process)
        idle = idle + 1 if worked == before else 0
    if os.getppid() != process:
        return False
    os.kill(process, signal.SIGKILL)
    return True


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
    if watch(int(sys.argv[1]), sys.stdin.fileno()):
        sys.stderr.write('{"event": "a process that hung was killed", "level": "error"}\n')


if __name__ == "__main__":
    main()
