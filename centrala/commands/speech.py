"""`centrala speech`: the recogniser of what callers say."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import click
import structlog

import provision
from centrala import context
from centrala.logs import configure_logs
from centrala.setting_values import parts
from centrala.settings import Settings
from centrala.speech_models import model_folders, words_said
from centrala.supervision import Hopeless, supervise
from centrala.watchdog import BEAT_SECONDS, Heart, Patience
from ivr.audio import AudioError
from speech.models import UnusableModel, inspect
from speech.voices import HELD_OUT

THREADS = 2
# Keys go on while a worker hangs, so that a busy machine is given time: ten seconds, or twenty for a worker that works.
# Its first beat comes once its models are loaded, which takes a minute and more from a slow disk.
PATIENCE = Patience(idle=round(10 / BEAT_SECONDS), busy=round(20 / BEAT_SECONDS), first=round(180 / BEAT_SECONDS))

log = structlog.get_logger()


@click.group(invoke_without_command=True)
@click.pass_context
def speech(ctx: click.Context) -> None:
    """Listen for what callers say, for Asterisk.

    Without a command it stays until SIGTERM or Ctrl-C, and starts its workers again whenever they end or hang: a crash
    of the library that recognises takes no call with it. Run it beside Asterisk; settings.yaml says where it listens.
    """
    if ctx.invoked_subcommand is None:
        configure_logs("INFO")
        _stay(context.settings())


def _stay(settings: Settings) -> None:
    if settings.speech.listen is None:
        context.fail("nobody listens: settings.yaml says no address under speech: listen:")
    with context.explained(UnusableModel):
        for lang, path in model_folders(settings.speech).items():
            if inspect(path).synthetic:
                log.warning("a synthetic model, for trials only", lang=lang, folder=str(path))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        supervise((sys.executable, "-m", "centrala", "speech", "worker"), settings.speech.workers, stop)
    except Hopeless:
        raise SystemExit(context.Failure.exit_code) from None
    log.info("stopped")


@speech.command(hidden=True)
def worker() -> None:
    """Do the recogniser's work, until stdin ends."""
    configure_logs("INFO")
    settings = context.settings()
    if settings.speech.listen is None:
        context.fail("nobody listens: settings.yaml says no address under speech: listen:")
    from speech.recognition import load_models
    from speech.server import listen
    from speech.threads import Threads, live

    heart = Heart(PATIENCE)
    host, port = parts(settings.speech.listen)
    with context.explained(UnusableModel):
        models = load_models(model_folders(settings.speech))
    threading.Thread(target=_end_with_stdin, daemon=True).start()

    async def serve() -> None:
        threads = Threads(THREADS)
        try:
            server = await listen(host, port, models, threads)
        except OSError as error:
            context.fail(f"{host}:{port}: cannot listen here: {error.strerror}")
        log.info("listening", address=f"{host}:{port}", languages=sorted(models))
        async with server:
            await live(threads, heart.beat, BEAT_SECONDS)

    asyncio.run(serve())


@speech.command("build-model")
@click.argument("lang")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--menus", "file", type=click.Path(path_type=Path), help="The menu file (default: the settings').")
@click.option("--python", default=sys.executable, help="A Python that has the extra speech-training.")
@click.option("--utterances", type=click.IntRange(100, 200_000), default=14_000, show_default=True)
@click.option("--epochs", type=click.IntRange(1, 100), default=10, show_default=True)
def build_model(lang: str, folder: Path, file: Path | None, python: str, utterances: int, epochs: int) -> None:
    """Make a model for trials of the words that menus.yaml lets callers say.

    It learns from nothing but espeak-ng's voices, and has never heard a human being. New words need a new one. It takes
    some minutes of a processor, and the extra: pip install 'centrala[speech-training]'.
    """
    flow = context.menus(file or context.settings().menus).flow
    if flow.speech is None or not (words := words_said(flow, lang)):
        context.fail(f"{lang}: nothing can be said in this language; see say: in the menu file")
    with context.explained(provision.ProvisionError):
        program = provision.espeak_ng()
    command = [python, "-m", "speech.training", lang, str(folder)]
    command += ["--utterances", str(utterances), "--epochs", str(epochs)]
    done = subprocess.run(command, input="\n".join(words).encode(), env=program.full_environment(), check=False)
    if done.returncode:
        context.fail("no model was made; does that Python have the extra speech-training?")
    click.echo(f"{folder}: {len(words)} words, synthetic, for trials only")


@speech.command("measure")
@click.option("--menus", "file", type=click.Path(path_type=Path), help="The menu file (default: the settings').")
@click.option("--lang", help="This language alone (default: all that there are models of).")
@click.option("--voices", type=click.IntRange(1, len(HELD_OUT)), default=len(HELD_OUT), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def measure_command(file: Path | None, lang: str | None, voices: int, as_json: bool) -> None:
    """Measure the models: every phrase of the menus in voices that no training has heard, and words that are none.

    The voices are espeak-ng's: what is measured says nothing about human beings.
    """
    from centrala.speech_measuring import measure
    from speech.recognition import Model

    settings = context.settings()
    flow = context.menus(file or settings.menus).flow
    folders = {name: path for name, path in model_folders(settings.speech).items() if lang in (None, name)}
    if flow.speech is None or not folders:
        context.fail("nothing can be said, or there is no model; see speech: in the menu file and in settings.yaml")
    with context.explained(UnusableModel, AudioError, provision.ProvisionError):
        for name, path in folders.items():
            for tally in measure(flow, name, Model(inspect(path)), voices):
                told = {"lang": tally.lang, "said": tally.said, "noise_db": tally.noise, "voices": "synthetic"}
                counts = {**told, "total": tally.total, **tally.counts}
                click.echo(json.dumps(counts, ensure_ascii=False) if as_json else _told(counts))


def _told(counts: Mapping[str, object]) -> str:
    noise = "quiet" if counts["noise_db"] is None else f"noise {counts['noise_db']} dB below"
    of = f"{counts['lang']}, {counts['said']}, {noise} (synthetic voices): {counts['total']} said"
    rest = (f"{counts[name]} {name}" for name in ("right", "asked back", "not understood", "wrong") if name in counts)
    return ", ".join((of, *rest))


def _end_with_stdin() -> None:
    """Nothing of it is to be saved: calls go on by keys."""
    sys.stdin.buffer.read()
    os._exit(0)
