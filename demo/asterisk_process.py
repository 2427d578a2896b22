"""An Asterisk of one's own: started from a folder of configuration, ready when it says so, gone when it should.

It runs in the foreground of a process group of its own and dies with the thread that started it: nothing is left
behind when this process is killed.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

BOOT_SECONDS = 30.0
STOP_SECONDS = 5.0
_COMMAND_SECONDS = 10.0
_POLL_SECONDS = 0.1
_LAST_LINES = 25
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
_PRIORITY = 10
_DIRECTORY = re.compile(r"^\s*(ast\w+)\s*=>?\s*(.+?)\s*(?:;.*)?$", re.MULTILINE)
_BELOW_EPHEMERAL = (10_000, 30_000)


class AsteriskError(RuntimeError):
    """Asterisk did not start or does not answer; the text says so and ends with its last words."""


class AsteriskProcess:
    """One Asterisk, from `start` to `stop`; as a context manager it does both.

    `command` is what runs Asterisk (as `provision.asterisk().command`), `configuration` the path to its
    asterisk.conf; `in_real_time` it goes before all ordinary processes (SCHED_RR, sched(7)), where the system allows
    that. Start it from a thread that lives as long as Asterisk shall.
    """

    def __init__(self, command: Sequence[str], configuration: Path, *, in_real_time: bool = False) -> None:
        self._command = (*command, "-C", str(configuration))
        self._is_to_go_first = in_real_time
        self._directories = dict(_DIRECTORY.findall(configuration.read_text("utf-8")))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id. Raises `AsteriskError` where it does not run."""
        if self._process is None:
            raise AsteriskError("Asterisk has not been started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def in_real_time(self) -> bool:
        """Whether it goes before all ordinary processes. Raises `AsteriskError` where it does not run."""
        return os.sched_getscheduler(self.pid) == os.SCHED_RR

    @property
    def console(self) -> Path:
        """The file with everything that Asterisk printed."""
        return Path(self._directories["astlogdir"]) / "console.log"

    def start(self, timeout: float = BOOT_SECONDS) -> None:
        """Start it and return once it has fully booted. Raises `AsteriskError`."""
        for folder in ("astlogdir", "astrundir", "astdbdir", "astspooldir"):
            if folder in self._directories:
                Path(self._directories[folder]).mkdir(parents=True, exist_ok=True)
        with self.console.open("wb") as output:
            self._process = subprocess.Popen(
                [*_DIES_WITH_US, *self._command, "-f"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        try:
            self._wait_booted(time.monotonic() + timeout)
            if self._is_to_go_first:
                self._go_first()
        except BaseException:
            self._kill()
            raise

    def rx(self, command: str) -> str:
        """Run a command of Asterisk's console and return what it prints. Raises `AsteriskError`."""
        done = self._remote(command)
        if done is None or done.returncode != 0:
            raise AsteriskError(f"Asterisk did not answer to {command!r}\n{self._last_words()}")
        return done.stdout

    def stop(self) -> None:
        """End it: by its own command, else by signals, each for a bounded time."""
        if self.running:
            self._remote("core stop now")
            self._wait(STOP_SECONDS)
        if self.running:
            self._signal(signal.SIGTERM)
            self._wait(STOP_SECONDS)
        self._kill()

    def _go_first(self) -> None:
        """As `asterisk -p` does, which needs a program beside it that not every machine can run."""
        tasks = Path(f"/proc/{self.pid}/task")
        try:
            with contextlib.suppress(PermissionError):
                # New threads are as those that make them.
                while any(_moves_to_the_front(int(task.name)) for task in tasks.iterdir()):
                    pass
        except FileNotFoundError as error:
            raise AsteriskError(f"Asterisk ended as soon as it had started\n{self._last_words()}") from error

    def _wait_booted(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            if not self.running:
                raise AsteriskError(f"Asterisk ended while it started\n{self._last_words()}")
            done = self._remote("core waitfullybooted")
            if done and "fully booted" in done.stdout:
                return
            time.sleep(_POLL_SECONDS)
        raise AsteriskError(f"Asterisk did not get ready in time\n{self._last_words()}")

    def _remote(self, command: str) -> subprocess.CompletedProcess[str] | None:
        """Ask the running Asterisk; None where no answer came in time."""
        try:
            return subprocess.run(
                [*self._command, "-rx", command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None

    def _wait(self, seconds: float) -> None:
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)

    def _kill(self) -> None:
        """Kill whatever is left of the group, so that no helper of Asterisk outlives it."""
        self._signal(signal.SIGKILL)
        self._wait(STOP_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _last_words(self) -> str:
        if not self.console.exists():
            return "(it printed nothing)"
        lines = self.console.read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:]) or "(it printed nothing)"


def _moves_to_the_front(thread: int) -> bool:
    """Whether it was not there and is now. Raises PermissionError."""
    with contextlib.suppress(ProcessLookupError):
        if os.sched_getscheduler(thread) != os.SCHED_RR:
            os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(_PRIORITY))
            return True
    return False


def free_ports(count: int, kind: socket.SocketKind = socket.SOCK_STREAM, host: str = "127.0.0.1") -> list[int]:
    """Return so many different ports that are free now; `kind` is SOCK_STREAM (TCP) or SOCK_DGRAM (UDP).

    They lie below what the system hands out to others on its own: nobody is given one while its server starts again.
    """
    shuffled = random.sample(ports := range(*_BELOW_EPHEMERAL), len(ports))
    return list(islice((port for port in shuffled if is_free(port, kind, host)), count))


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM, host: str = "127.0.0.1") -> int:
    """Return a port that is free now."""
    return free_ports(1, kind, host)[0]


def free_udp_range(count: int, host: str = "127.0.0.1") -> range:
    """Return so many UDP ports in a row (for rtp.conf), free now, even at the start.

    They lie below what the system hands out to others on its own. Raises OSError where none is found.
    """
    starts = [start for gap in _free_gaps(host) for start in range(gap.start, gap.stop - count + 1, 2)]
    if not starts:
        raise OSError(f"no {count} free UDP ports in a row on {host}")
    start = random.choice(starts)
    return range(start, start + count)


def _free_gaps(host: str) -> Iterator[range]:
    """What lies between UDP ports in use, each beginning with an even port."""
    low, high = _BELOW_EPHEMERAL
    taken = (low - 1, *(port for port in range(low, high) if not is_free(port, socket.SOCK_DGRAM, host)), high)
    for before, after in pairwise(taken):
        yield range(before + 1 + (before + 1) % 2, after)


def is_free(port: int, kind: socket.SocketKind, host: str = "127.0.0.1") -> bool:
    """Whether nobody has a port; `kind` is SOCK_STREAM (TCP) or SOCK_DGRAM (UDP)."""
    with socket.socket(socket.AF_INET, kind) as sock:
        try:
            sock.bind((host, port))
        except OSError:
            return False
    return True
