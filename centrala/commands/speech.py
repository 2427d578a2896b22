"""`centrala speech`: the recogniser of what callers say."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading

import click
import structlog

from centrala import context
from centrala.logs import configure_logs
from centrala.settings import Settings, parts
from centrala.speech_models import model_folders
from centrala.supervision import Hopeless, supervise
from speech.models import UnusableModel, inspect

THREADS = 2

log = structlog.get_logger()


@click.group(invoke_without_command=True)
@click.pass_context
def speech(ctx: click.Context) -> None:
    """Listen for what callers say, for Asterisk.

    Without a command it stays until SIGTERM or Ctrl-C, and starts its workers again whenever they end: a crash of the
    library that recognises takes no call with it. Run it beside Asterisk; settings.yaml says where it listens.
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
        supervise(("speech", "worker"), settings.speech.workers, stop)
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

    host, port = parts(settings.speech.listen)
    with context.explained(UnusableModel):
        models = load_models(model_folders(settings.speech))
    threading.Thread(target=_end_with_stdin, daemon=True).start()

    async def serve() -> None:
        try:
            server = await listen(host, port, models, THREADS)
        except OSError as error:
            context.fail(f"{host}:{port}: cannot listen here: {error.strerror}")
        log.info("listening", address=f"{host}:{port}", languages=sorted(models))
        await server.serve_forever()

    asyncio.run(serve())


def _end_with_stdin() -> None:
    """Nothing of it is to be saved: calls go on by keys."""
    sys.stdin.buffer.read()
    os._exit(0)
