"""Load: SIPp places the measured call so many times a second."""

from __future__ import annotations

import csv
import socket
import subprocess
from collections.abc import Iterator, Sequence
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
MOST_AT_ONCE = 2000

# Seconds that a caller hears of each menu before pressing a key, and what the rest of a call takes.
BRIEFLY, AT_EASE = 0.6, 5.0
REST_SECONDS = 0.8
SETTLING_SECONDS = 15.0
LATE = 1.1


class LoadError(RuntimeError):
    """SIPp did not do its work; the text ends with its last words."""


@dataclass(frozen=True, slots=True)
class Load:
    """`rate` calls a second for so many seconds; each caller hears `listens` seconds of each menu."""

    rate: int
    seconds: float
    listens: float = BRIEFLY

    @property
    def calls(self) -> int:
        """How many calls are placed."""
        return round(self.rate * self.seconds)

    @property
    def lasts(self) -> float:
        """Seconds until the last call ends, where nothing is late."""
        return self.seconds + 2 * self.listens + REST_SECONDS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a load; `seconds` until the last call had ended."""

    load: Load
    completed: int
    seconds: float

    @property
    def failed(self) -> int:
        """Calls that were not completed, or never placed."""
        return self.load.calls - self.completed

    @property
    def sustained(self) -> bool:
        """Whether every call was completed, and the rate was kept."""
        return self.failed == 0 and self.seconds <= self.load.lasts * LATE


@dataclass(frozen=True, slots=True)
class Run:
    """SIPp at work."""

    process: subprocess.Popen[bytes]
    folder: Path
    load: Load

    def outcome(self) -> Outcome:
        """Wait until all calls have ended, for a bounded time. Raises LoadError."""
        try:
            self.process.wait(self.load.lasts + 2 * SETTLING_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise LoadError(f"SIPp did not end\n{self._last_words()}") from error
        statistics = self.folder / STATISTICS
        if not statistics.exists():
            raise LoadError(f"SIPp did not start\n{self._last_words()}")
        return read_statistics(statistics.read_text("utf-8"), self.load)

    def _last_words(self) -> str:
        return (self.folder / LOG).read_text("utf-8", "replace")[-2000:]


@contextmanager
def running(load: Load, server: tuple[str, int], number: str, folder: Path) -> Iterator[Run]:
    """Place the load's calls to `number`. What still runs at the end is killed."""
    (folder / STATISTICS).unlink(missing_ok=True)
    (folder / SILENCE).write_bytes(Codec.PCMU.silence * SILENCE_FRAMES)
    with sipp(folder, _options(load, server, number)) as process:
        yield Run(process, folder, load)


@contextmanager
def sipp(folder: Path, words: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """SIPp at work in a folder, where its log goes. If it still runs at the end it is killed."""
    program = provision.sipp()
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            [*DIES_WITH_US, *program.command, *words],
            cwd=folder,
            env=program.full_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def place_calls(load: Load, server: tuple[str, int], number: str, folder: Path) -> Outcome:
    """Place calls, and return when all have ended. Raises LoadError."""
    with running(load, server, number, folder) as run:
        return run.outcome()


def _options(load: Load, server: tuple[str, int], number: str) -> list[str]:
    host, port = server
    own, media = free_port(socket.SOCK_DGRAM), free_udp_range(MEDIA_PORTS).start
    calls = f"-s {number} -r {load.rate} -m {load.calls} -l {MOST_AT_ONCE} -d {round(1000 * load.listens)}"
    places = f"-i {host} -p {own} -mp {media} {host}:{port}"
    ending = f"-timeout {load.lasts + SETTLING_SECONDS:.0f}s -nostdin -trace_stat -stf {STATISTICS}"
    return ["-sf", str(SCENARIO), *calls.split(), *ending.split(), *places.split()]


def read_statistics(text: str, load: Load) -> Outcome:
    """Read the last line of SIPp's statistics. Raises LoadError."""
    rows = list(csv.DictReader(text.splitlines(), delimiter=";"))
    if not rows:
        raise LoadError("SIPp left no statistics")
    last = rows[-1]
    seconds = _clock(last["CurrentTime"]) - _clock(last["StartTime"])
    return Outcome(load, int(last["SuccessfulCall(C)"]), seconds)


def _clock(stamp: str) -> float:
    """The Unix time at the end of a time stamp of SIPp's."""
    return float(stamp.split()[-1])
