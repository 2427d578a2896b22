"""Webhooks: how many a second one core answers, each with its commit, and how long one waits.

`centrala serve` runs on one core of its own. Callers on so many lines go through the measured call (`service.yaml`) as
the carrier on loopback asks: begin, a key, a key, the end; all are signed, and each of the first three is a turn.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from bench.figures import Aim, percentile
from bench.ground import made_station
from bench.machine import Machine
from bench.processor import Meter, Repeats, Usage
from bench.report import Row, about, aim_table, aligned, markdown, number, rounded
from centrala.carrier import TOKEN_FILE
from demo.asterisk_process import free_port
from demo.carrier import Line
from demo.carrier.call import CarriedCall
from demo.carrier.twiml import Dial, Gather, Verb

LEAST_RATE = 300
MOST_P99_MS = 100
LINES = 8
ACCOUNT, TOKEN = "AC" + "0" * 32, "0123456789abcdef0123456789abcdef"
ANI, DNIS = "+48600100200", "+48225601600"
TURNS_PER_CALL = 3
REQUESTS_PER_CALL = 4


@dataclass(frozen=True, slots=True)
class Round:
    """Requests in so many seconds, what they cost, and how long each waited; `rate` is what was offered, or None."""

    rate: int | None
    calls: int
    usage: Usage
    waits: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return len(self.waits) / self.usage.seconds

    @property
    def per_core(self) -> float:
        """Requests in a second of the process's processor time."""
        return len(self.waits) / self.usage.parts["ivr"]

    def wait(self, share: float) -> float:
        """Milliseconds that so many percent of the requests do not exceed."""
        return 1000 * percentile(self.waits, share)


@dataclass(frozen=True, slots=True)
class WebhooksReport:
    """One run: as fast as it goes, and at the aimed rate."""

    at: datetime
    machine: Machine
    fastest: Round
    aimed: Round
    quick: bool


class _Clock:
    """Nobody listens to anything here."""

    def wait(self, seconds: float) -> None:
        """Go on at once."""


class _Hurried:
    """A caller who presses 1 in every menu, having heard nothing of it."""

    def meets(self, document: tuple[Verb, ...]) -> None:
        """Nothing."""

    def keys(self, gather: Gather) -> str | None:
        """The key."""
        return "1"

    def leg(self, dial: Dial) -> str:
        """None is dialled."""
        raise AssertionError("the measured call leads to no queue")


@dataclass(slots=True)
class _TimedLine(Line):
    """A line that notes how long each webhook waited, and leaves sounds alone."""

    waits: list[float] = field(default_factory=list)
    pace: Callable[[], None] = lambda: None

    def post(self, url: str, values: Mapping[str, str], signature: str | None = None) -> bytes:
        """What a webhook answers."""
        self.pace()
        began = time.perf_counter()
        answer = Line.post(self, url, values, signature)
        self.waits.append(time.perf_counter() - began)
        return answer

    def seconds(self, url: str) -> float:
        """As if it had been heard."""
        return 0.0


class _Pace:
    """Lets requests through one by one, so many a second, however many threads ask."""

    def __init__(self, rate: int) -> None:
        self._gap = 1 / rate
        self._next = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self) -> None:
        """Wait for one's turn."""
        with self._lock:
            at = self._next = max(self._next + self._gap, time.monotonic() - 1)
        if (left := at - time.monotonic()) > 0:
            threading.Event().wait(left)


def measure(folder: Path, seconds: float, repeats: int) -> tuple[Round, Round]:
    """As fast as it goes, and at the aimed rate."""
    again = Repeats(repeats)
    with _served(folder) as (base, process):
        _round(base, process, None, seconds / 4)
        fastest = again.measure(lambda: _round(base, process, None, seconds), lambda one: one.usage)
        aimed = again.measure(lambda: _round(base, process, LEAST_RATE, seconds), lambda one: one.usage)
    return fastest, aimed


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, int]]:
    """`centrala serve` on one core: its public URL and process id."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    secrets = folder / "secrets"
    secrets.mkdir(parents=True, mode=0o700)
    (secrets / TOKEN_FILE).write_text(f"{TOKEN}\n", "ascii")
    twilio = {"account": ACCOUNT, "public_url": base, "listen": f"127.0.0.1:{port}", "sip": "127.0.0.1:5060"}
    with made_station(folder, media_ports=2, more={"twilio": twilio}) as made:
        process = made.start_node().process.pid
        mine, *others = sorted(os.sched_getaffinity(0))
        for thread in os.listdir(f"/proc/{process}/task"):
            os.sched_setaffinity(int(thread), {mine})
        os.sched_setaffinity(0, set(others) or {mine})
        try:
            yield base, process
        finally:
            os.sched_setaffinity(0, {mine, *others})


def _round(base: str, process: int, rate: int | None, seconds: float) -> Round:
    pace: Callable[[], None] = (lambda: None) if rate is None else _Pace(rate)
    before, until = Meter.read({"ivr": process}), time.monotonic() + seconds
    with ThreadPoolExecutor(LINES) as pool:
        parts = [pool.submit(_calls, base, pace, until) for _ in range(LINES)]
        done = [part.result() for part in parts]
    usage = Meter.read({"ivr": process}).since(before)
    return Round(rate, sum(calls for calls, _ in done), usage, tuple(wait for _, waits in done for wait in waits))


def _calls(base: str, pace: Callable[[], None], until: float) -> tuple[int, list[float]]:
    """One caller after the other, on one line."""
    waits, calls = list[float](), 0
    while time.monotonic() < until:
        line = _TimedLine(base, ACCOUNT, TOKEN, waits=waits, pace=pace)
        call = CarriedCall(line, _Hurried(), _Clock(), ANI, DNIS)
        call.run()
        if len(call.requests) != TURNS_PER_CALL:
            raise ValueError(f"{urlsplit(base).netloc}: a call had {len(call.requests)} turns, not {TURNS_PER_CALL}")
        calls += 1
    return calls, waits


def aims(report: WebhooksReport) -> tuple[Aim, ...]:
    """Compare a run with what was aimed at."""
    return (
        Aim("webhooks on one core, with commits", LEAST_RATE, report.fastest.per_second, "a second", at_least=True),
        Aim("the same, by the processor's time alone", LEAST_RATE, report.fastest.per_core, "a second", at_least=True),
        Aim(f"p99 of a webhook beside {LEAST_RATE} a second", MOST_P99_MS, report.aimed.wait(99), "ms"),
    )


def rows(report: WebhooksReport) -> list[Row]:
    """Both rounds."""
    heading = ("webhooks", "a second", "CPU each", "p50", "p99", "longest")
    told = (("as fast as they go", report.fastest), (f"{LEAST_RATE} a second", report.aimed))
    return [heading, *(_row(name, one) for name, one in told)]


def _row(name: str, one: Round) -> Row:
    waits = (f"{number(one.wait(share))} ms" for share in (50, 99, 100))
    return name, number(one.per_second), f"{number(1000 / one.per_core)} ms", *waits


def written(report: WebhooksReport) -> tuple[str, str, str]:
    """It for a terminal, in Markdown and as JSON."""
    whole = {
        "at": report.at.isoformat(timespec="seconds"),
        "quick": report.quick,
        "machine": asdict(report.machine),
        "aims": [{**asdict(aim), "met": aim.met} for aim in aims(report)],
        "rounds": [
            {"rate": one.rate, "calls": one.calls, "per_second": one.per_second, "per_core": one.per_core}
            | {f"p{share}_ms": one.wait(share) for share in (50, 99, 100)}
            for one in (report.fastest, report.aimed)
        ],
    }
    return _text(report, aligned), _text(report, markdown) + "\n", json.dumps(rounded(whole), indent=1) + "\n"


def _text(report: WebhooksReport, table: Callable[[list[Row]], str]) -> str:
    heading = about(report.at, report.machine, quick=report.quick)
    return "\n\n".join([heading, table(aim_table(aims(report))), table(rows(report)), _remarks(report)])


def _remarks(report: WebhooksReport) -> str:
    return (
        f"`centrala serve` has one core, and {LINES} lines ask it from another one: a call is "
        f"{REQUESTS_PER_CALL} signed webhooks, its turns are committed to the disk before they are answered (SQLite), "
        f"and its status comes last. Others used {report.fastest.usage.disturbance:.1f} cores meanwhile. More "
        "than that is done by more processes on the same port."
    )
