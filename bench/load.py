"""Load: SIPp places the measured call so many times a second."""

from __future__ import annotations

import csv
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import provision
from demo.asterisk_process import free_port, free_udp_range
from demo.phone import Codec
from demo.station import DIES_WITH_US

SCENARIO = Path(__file__).parent / "caller.xml"
STATISTICS, LOG, SILENCE = "sipp.csv", "sipp.log", "silence.ulaw"
SILENCE_FRAMES = 50
MEDIA_PORTS = 3000
CALL_SECONDS = 2.0
SETTLING_SECONDS = 15.0
MOST_AT_ONCE = 2000
LATE = 1.1


class LoadError(RuntimeError):
    """SIPp did not do its work; the text ends with its last words."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the calls that were placed at `rate` a second; `seconds` until the last one ended."""

    rate: int
    placed: int
    completed: int
    failed: int
    seconds: float

    @property
    def sustained(self) -> bool:
        """Whether every call was completed, and the rate was kept."""
        return self.failed == 0 and self.completed == self.placed and self.seconds <= self._expected_seconds * LATE

    @property
    def _expected_seconds(self) -> float:
        return self.placed / self.rate + CALL_SECONDS


@dataclass(frozen=True, slots=True)
class Run:
    """SIPp at work."""

    process: subprocess.Popen[bytes]
    folder: Path
    rate: int
    calls: int
    limit: float

    def outcome(self) -> Outcome:
        """Wait until all calls have ended, for a bounded time. Raises LoadError."""
        try:
            self.process.wait(self.limit)
        except subprocess.TimeoutExpired as error:
            raise LoadError(f"SIPp did not end\n{self._last_words()}") from error
        statistics = self.folder / STATISTICS
        if not statistics.exists():
            raise LoadError(f"SIPp did not start\n{self._last_words()}")
        return read_statistics(statistics.read_text("utf-8"), self.rate, self.calls)

    def _last_words(self) -> str:
        return (self.folder / LOG).read_text("utf-8", "replace")[-2000:]


@contextmanager
def running(server: tuple[str, int], number: str, rate: int, seconds: float, folder: Path) -> Iterator[Run]:
    """Place `rate` calls a second to `number` for so many seconds. What still runs at the end is killed."""
    program, calls = provision.sipp(), round(rate * seconds)
    (folder / STATISTICS).unlink(missing_ok=True)
    (folder / SILENCE).write_bytes(Codec.PCMU.silence * SILENCE_FRAMES)
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            [*DIES_WITH_US, *program.command, *_options(server, number, rate, calls, seconds + SETTLING_SECONDS)],
            cwd=folder,
            env=program.full_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    try:
        yield Run(process, folder, rate, calls, seconds + 2 * SETTLING_SECONDS)
    finally:
        process.kill()
        process.wait()


def place_calls(server: tuple[str, int], number: str, rate: int, seconds: float, folder: Path) -> Outcome:
    """Place calls, and return when all have ended. Raises LoadError."""
    with running(server, number, rate, seconds, folder) as run:
        return run.outcome()


def _options(server: tuple[str, int], number: str, rate: int, calls: int, limit: float) -> list[str]:
    host, port = server
    own = free_port(socket.SOCK_DGRAM)
    media = free_udp_range(MEDIA_PORTS).start
    words = f"-sf {SCENARIO} -s {number} -r {rate} -m {calls} -l {MOST_AT_ONCE} -i {host} -p {own} -mp {media}"
    return [
        *words.split(" "),
        "-nostdin",
        "-trace_stat",
        "-stf",
        STATISTICS,
        "-timeout",
        f"{limit:.0f}s",
        f"{host}:{port}",
    ]


def read_statistics(text: str, rate: int, calls: int) -> Outcome:
    """Read the last line of SIPp's statistics; a call that was never placed has failed. Raises LoadError."""
    rows = list(csv.DictReader(text.splitlines(), delimiter=";"))
    if not rows:
        raise LoadError("SIPp left no statistics")
    last = rows[-1]
    completed = int(last["SuccessfulCall(C)"])
    return Outcome(rate, calls, completed, calls - completed, _clock(last["CurrentTime"]) - _clock(last["StartTime"]))


def _clock(stamp: str) -> float:
    """The Unix time at the end of a time stamp of SIPp's."""
    return float(stamp.split()[-1])
