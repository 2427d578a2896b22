"""How many callers can be listened to at once, and how long an answer takes: for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from bench import spoken_report, streams
from bench.figures import Aim, percentile
from bench.machine import Machine
from bench.processor import cores
from bench.report import MISSING, Row, about, aim_table, aligned, markdown, number, rounded
from bench.spoken import Spoken
from bench.streams import Streams

MOST_SECONDS = 0.1
KB, MS = 1e3, 1e3


@dataclass(frozen=True, slots=True)
class SpeechReport:
    """One run: when, on what, what came out of each number of streams, and of calls. A quick one is less exact."""

    at: datetime
    machine: Machine
    steps: tuple[Streams, ...]
    spoken: Spoken
    quick: bool

    @property
    def in_time(self) -> Streams | None:
        """The most streams of which 99 in 100 results came in time and none never came."""
        return next((step for step in reversed(self.steps) if is_in_time(step)), None)


def is_in_time(step: Streams) -> bool:
    """Whether callers do not notice how many they are."""
    return bool(step.seconds) and not step.missing and percentile(step.seconds, 99) <= MOST_SECONDS


def measure(folder: Path, counts: tuple[int, ...], seconds: float, tell: Callable[[str], None]) -> tuple[Streams, ...]:
    """More and more streams, until they are too many. Raises AudioError, TimeoutError."""
    said = streams.utterances()
    made: list[Streams] = []
    with streams.running(folder, cores()) as place:
        for count in counts:
            made.append(step := streams.measure(place, said, count, seconds))
            tell(
                f"  {count} streams: p99 {_ms(step, 99)}, {step.processor:.2f} cores, {step.missing} without an answer"
            )
            if not is_in_time(step):
                break
    return tuple(made)


def aims(report: SpeechReport) -> tuple[Aim, ...]:
    """Compare a run with what was aimed at."""
    best = report.in_time
    wait = None if best is None else MS * percentile(best.seconds, 99)
    most = None if best is None else best.count
    return (
        Aim("p99 from the recogniser's endpoint to its result", MS * MOST_SECONDS, wait, "ms"),
        Aim("streams in real time at that", 50, most, "streams", at_least=True),
        *spoken_report.aims(report.spoken),
    )


def written(report: SpeechReport) -> tuple[str, str, str]:
    """It for a terminal, in Markdown and as JSON."""
    whole = {
        "at": report.at.isoformat(timespec="seconds"),
        "quick": report.quick,
        "machine": asdict(report.machine),
        "aims": [{**asdict(aim), "met": aim.met} for aim in aims(report)],
        "steps": [_summed_up(step) for step in report.steps],
        "spoken": spoken_report.summed_up(report.spoken),
    }
    text, marked = ("\n\n".join(_parts(report, table)) for table in (aligned, markdown))
    return text, marked + "\n", json.dumps(rounded(whole), indent=1) + "\n"


def _summed_up(step: Streams) -> dict[str, object]:
    shares = spoken_report.SHARES if step.seconds else ()
    waits = {f"p{share}_ms": MS * percentile(step.seconds, share) for share in shares}
    fields = {name: value for name, value in asdict(step).items() if name != "seconds"}
    return {**fields, "results": len(step.seconds), **waits}


def _parts(report: SpeechReport, table: Callable[[list[Row]], str]) -> list[str]:
    heading = ("streams at once", "results", "p50", "p99", "cores", "memory, a stream")
    rows = [heading, *(_row(step) for step in report.steps)]
    found = report.spoken
    return [
        about(report.at, report.machine, quick=report.quick),
        table(aim_table(aims(report))),
        table(rows),
        _REMARKS,
        table(spoken_report.choice_rows(found)),
        table(spoken_report.other_rows(found)),
        table(spoken_report.cost_rows(found)),
        spoken_report.remarks(found),
    ]


def _row(step: Streams) -> Row:
    memory = number(max(0, step.memory - step.idle) / step.count / KB)
    results = f"{len(step.seconds)}" + (f" ({step.missing} never)" if step.missing else "")
    return (f"{step.count}", results, _ms(step, 50), _ms(step, 99), number(step.processor), f"{memory} KB")


def _ms(step: Streams, share: float) -> str:
    return f"{number(MS * percentile(step.seconds, share))} ms" if step.seconds else MISSING


_REMARKS = (
    "Each stream is a connection as Asterisk makes one, with sound in real time and a word every three seconds, said "
    "by espeak-ng in voices that the model has not heard, and asked for anew. Measured is from the frame at which the "
    "recogniser itself knows that a word is over (0.5 s of silence behind it) to its result. The recogniser has a "
    "process for each core, the shipped model (synthetic, for trials: one of Vosk's costs many times as much) and "
    "shares the cores with the streams' other end."
)
