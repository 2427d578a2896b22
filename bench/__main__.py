"""`make bench`: measure, print the table, keep it in bench/results/."""

from __future__ import annotations

import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

import provision
from bench import (
    askers,
    busy_hour,
    centre,
    crowd,
    distribution,
    guessing,
    importing,
    keeping,
    keypress,
    logins,
    machine,
    promises,
    recordings,
    refusals,
    report,
    speech,
    spoken,
    taking_in,
    turns,
    webhooks,
)
from bench.busy_hour import Hour, Shares
from bench.figures import AIMED_RATE, EASY_RATE, LOADED, Figures, Stage, Waiting, waiting
from bench.ground import HERE, TITLES, Ground, Way, prepared, raise_file_limit
from bench.guessing import Attack
from bench.importing import Tables
from bench.load import AT_EASE, Load, LoadError, place_calls, running
from bench.logins import Logins, LoginsReport
from bench.processor import DISTURBING, Meter, Repeats, Usage
from bench.program import ProgramError
from bench.recordings import RecordingsReport
from bench.spoken import Talk
from bench.webhooks import WebhooksReport
from demo.asterisk_process import AsteriskError
from demo.phone import PhoneTimeoutError
from demo.station import StationError
from ivr.audio.faults import AudioError
from speech.voices import HELD_OUT
from storage.home import HomeError

CALLS, RECORDINGS, LOGINS, TWILIO, SPEECH = "calls", "recordings", "logins", "twilio", "speech"
LATEST = "latest"

Report = report.Report | RecordingsReport | LoginsReport | WebhooksReport | speech.SpeechReport


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured.

    `ease` rounds of callers who listen at ease, `rounds` at the aimed rate, then one at each of the higher `rates`, all
    for `load_seconds`; callers on so many `lines` for `listening_seconds` a round; a `crowd` of calls at once;
    `step_seconds` of turns. As many as `repeats` measurements that others disturbed are taken again.
    `floods` are rounds of more callers than consultants.
    """

    repeats: int
    ease: int
    rounds: int
    rates: tuple[int, ...]
    load_seconds: float
    lines: int
    listening_seconds: float
    crowd: int
    step_seconds: float
    floods: int


FULL = Sizes(8, 1, 3, (150, 200, 250), 6.0, 24, 5.0, 1000, 3.0, 2)
QUICK = Sizes(2, 0, 1, (), 5.0, 24, 5.0, 300, 1.0, 0)

# Three years of 10,000 recordings a day.
YEARS = keeping.Scale((1_000_000, 3_000_000, 11_000_000), 10_000, 3), taking_in.Lengths(10, 300, 600, 7200)
QUICK_YEARS = keeping.Scale((50_000, 150_000), 1000, 1), taking_in.Lengths(4, 300, 600, 3600)

# So many streams at once, step by step, each for so many seconds; and callers who speak.
STREAMS = (10, 25, 50, 100, 150, 200, 300, 400), 30.0, Talk(5, 30.0, 10, 24, len(HELD_OUT), 2, 60.0)
QUICK_STREAMS = (10, 50), 8.0, Talk(1, 15.0, 10, 24, 3, 0, 15.0)


@dataclass(frozen=True, slots=True)
class LoginSizes:
    """How much is measured of logins: crowds for so many seconds each, tries at each kind of identifier, the rest."""

    crowds: tuple[int, ...]
    crowd_seconds: float
    hour: Hour
    tries: int
    attacks: tuple[Attack, ...]
    tables: Tables


def _attacks(calls: int, numbers: int, identifiers: int) -> tuple[Attack, ...]:
    """So many calls at few identifiers, and sprays of as many."""
    few, hour = partial(Attack, calls=calls, numbers=numbers, identifiers=identifiers), guessing.HOUR
    spray = partial(Attack, calls=calls, numbers=numbers, identifiers=calls, tries=1)
    return (
        few("at random"),
        few("at random, owners log in thrice", owners=3),
        few("patient", seconds=hour, patient=True),
        few("patient, owners log in thrice", seconds=hour, patient=True, owners=3),
        spray("spray"),
        spray("spray within an hour", seconds=hour),
    )


ASKERS = 4, 32, 128
EVERY_LOGIN = LoginSizes(
    crowds=ASKERS,
    crowd_seconds=15.0,
    hour=Hour(rounds=5, lines=24, shares=(Shares(0, 40.0), Shares(1, 40.0), Shares(10, 15.0)), repeats=2),
    tries=500,
    attacks=_attacks(10_000, 1000, 100),
    tables=Tables(100_000, 1_000_000, 1000),
)
QUICK_LOGINS = LoginSizes(
    crowds=ASKERS,
    crowd_seconds=3.0,
    hour=Hour(rounds=1, lines=24, shares=(Shares(0, 20.0), Shares(1, 20.0), Shares(10, 5.0)), repeats=0),
    tries=50,
    attacks=_attacks(1000, 100, 10),
    tables=Tables(10_000, 50_000, 100),
)


@dataclass(frozen=True, slots=True)
class Texts:
    """A part's results as they are kept under its name: for a terminal, for README, for programs."""

    name: str
    text: str
    markdown: str
    json: str


@click.command()
@click.option("--quick", is_flag=True, help="Some minutes, less exact; the last full results stay the shown ones.")
@click.option("--only", type=click.Choice([CALLS, RECORDINGS, LOGINS, TWILIO, SPEECH]), help="One part instead of all.")
@click.option("--results", type=click.Path(path_type=Path, file_okay=False), default=HERE / "results", help="Where to.")
@click.option(
    "--scratch",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".cache"),
    help="A folder on the disk to measure; millions of recordings take 20 GB.",
)
def main(quick: bool, only: str | None, results: Path, scratch: Path) -> None:
    """Measure calls (the dialplan's, pyst2's and Centrala's), recordings, logins, webhooks and speech."""
    signal.signal(signal.SIGTERM, _interrupt)
    began = time.monotonic()
    with _explained():
        scratch.mkdir(parents=True, exist_ok=True)
        if only in (None, CALLS):
            made = _measured(QUICK if quick else FULL, quick, scratch)
            _keep(results, made, Texts(LATEST, report.as_text(made), report.as_markdown(made), report.as_json(made)))
        if only in (None, RECORDINGS):
            kept = _recordings(QUICK_YEARS if quick else YEARS, quick, scratch)
            _keep(results, kept, Texts(RECORDINGS, *recordings.written(kept)))
        if only in (None, LOGINS):
            logged_in = _logins(QUICK_LOGINS if quick else EVERY_LOGIN, quick, scratch)
            _keep(results, logged_in, Texts(LOGINS, *logins.written(logged_in)))
        if only in (None, TWILIO):
            asked = _webhooks(quick, scratch)
            _keep(results, asked, Texts(TWILIO, *webhooks.written(asked)))
        if only in (None, SPEECH):
            heard = _speech(QUICK_STREAMS if quick else STREAMS, quick, scratch)
            _keep(results, heard, Texts(SPEECH, *speech.written(heard)))
    _say(f"It took {time.monotonic() - began:.0f} s.")


def _recordings(sizes: tuple[keeping.Scale, taking_in.Lengths], quick: bool, scratch: Path) -> RecordingsReport:
    scale, lengths = sizes
    with tempfile.TemporaryDirectory(prefix="bench-", dir=scratch.absolute()) as folder:
        described = machine.describe(Path(folder))
        _say("Conversations are taken in ...")
        taken_in = taking_in.measure(Path(folder) / "intake", lengths)
        kept = keeping.measure(Path(folder) / "keeping", scale, _say)
    return RecordingsReport(datetime.now(UTC), described, kept, taken_in, quick)


def _logins(sizes: LoginSizes, quick: bool, scratch: Path) -> LoginsReport:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=scratch.absolute()) as name:
        folder = Path(name)
        described = machine.describe(folder)
        _say("Callers log in beside others who do not ...")
        hour = busy_hour.measure(folder / "hour", sizes.hour, _say)
        _say("Many log in at once ...")
        crowds = askers.measure(folder / "askers", sizes.crowds, sizes.crowd_seconds)
        refused = refusals.measure(folder / "refusals", sizes.tries)
        _say("A day of guessing ...")
        guesses = guessing.measure(folder / "guessing", sizes.attacks, _say)
        imported = importing.measure(folder / "importing", sizes.tables, _say)
    return LoginsReport(datetime.now(UTC), described, Logins(crowds, hour, refused, guesses, imported), quick)


def _webhooks(quick: bool, scratch: Path) -> WebhooksReport:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=scratch.absolute()) as folder:
        described = machine.describe(Path(folder))
        _say("Webhooks on one core ...")
        seconds, repeats = (3.0, 1) if quick else (15.0, 4)
        fastest, aimed = webhooks.measure(Path(folder) / "webhooks", seconds, repeats)
    return WebhooksReport(datetime.now(UTC), described, fastest, aimed, quick)


def _speech(sizes: tuple[tuple[int, ...], float, Talk], quick: bool, scratch: Path) -> speech.SpeechReport:
    raise_file_limit()
    counts, seconds, talk = sizes
    with tempfile.TemporaryDirectory(prefix="bench-", dir=scratch.absolute()) as folder:
        described = machine.describe(Path(folder))
        _say("Callers are listened to ...")
        steps = speech.measure(Path(folder), counts, seconds, _say)
        _say("Callers speak beside others who key ...")
        talked = spoken.measure(Path(folder), talk, _say)
    return speech.SpeechReport(datetime.now(UTC), described, steps, talked, quick)


def _measured(sizes: Sizes, quick: bool, scratch: Path) -> report.Report:
    raise_file_limit()
    if warning := provision.own_name_fault():
        _say(warning)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=scratch.absolute()) as folder:
        described = machine.describe(Path(folder))
        _say("The flow by itself ...")
        pace = turns.measure(sizes.step_seconds)
        _say(f"{sizes.crowd} calls in the IVR at once ...")
        held = crowd.gather(sizes.crowd, Path(folder) / "crowd")
        _say("Starting Asterisk and every way through it ...")
        with prepared(Path(folder)) as ground:
            repeats = Repeats(sizes.repeats)
            stages = tuple(_stages(ground, sizes, repeats))
            waits = tuple(_waits(ground, sizes, repeats))
        shared = _distribution(Path(folder) / "distribution", sizes.floods)
        told = None if quick else _promises(Path(folder) / "promises")
    return report.Report(datetime.now(UTC), described, Figures(stages, waits, held, pace, shared, told), quick)


def _distribution(folder: Path, floods: int) -> distribution.Distribution | None:
    if not floods:
        return None
    _say(f"{centre.CONSULTANTS} consultants and their callers ...")
    folder.mkdir()
    return distribution.measure(folder, floods)


def _promises(folder: Path) -> promises.Promises:
    _say("Callers who are told how long they will wait (seven minutes) ...")
    folder.mkdir()
    return promises.measure(folder)


def _stages(ground: Ground, sizes: Sizes, repeats: Repeats) -> Iterator[Stage]:
    """All ways at one rate before the next rate, so that none has a quieter machine than another."""
    ways = list(ground.ways)
    seconds = sizes.load_seconds
    easy, aimed = [Load(EASY_RATE, seconds, AT_EASE)] * sizes.ease, [Load(AIMED_RATE, seconds)] * sizes.rounds
    for load in (*easy, *aimed, *(Load(rate, seconds) for rate in sizes.rates)):
        for way in tuple(ways):
            stage = repeats.measure(partial(_stage, ground, way, load), lambda stage: stage.usage)
            yield stage
            if load.rate > AIMED_RATE and not stage.sustained:
                ways.remove(way)


def _stage(ground: Ground, way: Way, load: Load) -> Stage:
    recorded, before = way.recorded(), Meter.read(way.processes)
    outcome = place_calls(load, ground.sip, way.number, ground.scratch)
    usage, after = Meter.read(way.processes).since(before), way.recorded()
    stage = Stage(way.name, outcome, usage, None if after is None or recorded is None else after - recorded)
    _say(_stage_line(stage))
    return stage


def _stage_line(stage: Stage) -> str:
    parts = ", ".join(f"{part} {stage.ms_per_call(part):.1f} ms" for part in stage.usage.parts)
    kept = "" if stage.sustained else "  NOT SUSTAINED"
    calls = f"{stage.outcome.completed} of {stage.load.calls} calls"
    line = f"  {TITLES[stage.way]:24} {stage.load.rate:4}/s  {calls}, CPU per call: {parts}{kept}"
    return line + _disturbance(stage.usage)


def _disturbance(usage: Usage) -> str:
    return f"  (disturbed: others used {usage.disturbance:.1f} cores)" if usage.disturbance > DISTURBING else ""


def _waits(ground: Ground, sizes: Sizes, repeats: Repeats) -> Iterator[Waiting]:
    """What callers notice: on an idle system, and beside a load, all ways round by round."""
    for rate, rounds in ((0, 1), (LOADED, sizes.rounds)):
        samples = {way.name: keypress.Sample((), 0, 0) for way in ground.ways}
        for _ in range(rounds):
            for way in ground.ways:
                sample, _ = repeats.measure(partial(_sample, ground, way, rate, sizes), lambda made: made[1])
                samples[way.name] += sample
        for name, whole in samples.items():
            found = waiting(name, rate, whole)
            beside = f"beside {rate}/s" if rate else "idle"
            _say(f"  {TITLES[name]:24} {beside:12}  key to prompt p50 {found.p50:.1f} ms, p99 {found.p99:.1f} ms")
            yield found


def _sample(ground: Ground, way: Way, rate: int, sizes: Sizes) -> tuple[keypress.Sample, Usage]:
    seconds, before = sizes.listening_seconds, Meter.read(way.processes)
    with ExitStack() as stack:
        load = Load(rate, seconds)
        beside = stack.enter_context(running(load, ground.sip, way.number, ground.scratch)) if rate else None
        sample = keypress.sample(ground.sip, way.number, sizes.lines, seconds)
        if beside:
            beside.outcome()
    return sample, Meter.read(way.processes).since(before)


def _keep(results: Path, made: Report, texts: Texts) -> None:
    """Print the results and write them; the Markdown, which README shows, is for full runs only."""
    click.echo(texts.text)
    results.mkdir(parents=True, exist_ok=True)
    part = "" if texts.name == LATEST else f"-{texts.name}"
    name = f"{made.at:%Y-%m-%d}-{made.machine.slug}{part}{'-quick' if made.quick else ''}.json"
    files = {results / name: texts.json}
    if not made.quick:
        files[results / f"{texts.name}.md"] = texts.markdown
    for path, content in files.items():
        path.write_text(content, "utf-8")
        _say(f"Written: {path}")


@contextmanager
def _explained() -> Iterator[None]:
    """Faults that a person can mend, without a traceback; Ctrl-C ends it, and everything that was started."""
    try:
        yield
    except (
        provision.ProvisionError,
        AsteriskError,
        StationError,
        LoadError,
        crowd.CrowdError,
        ProgramError,
        HomeError,
        PhoneTimeoutError,
        AudioError,
        sqlite3.Error,
        OSError,
        ValueError,
    ) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        _say("Stopped; nothing is left running.")
        raise SystemExit(130) from None


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    click.echo(text, file=sys.stderr)


if __name__ == "__main__":
    main()
