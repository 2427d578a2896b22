"""`centrala serve`: carry calls."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from auth_pin import pins
from centrala import context, metrics, reports, watchdog
from centrala.carrier import carrier_variant, carrying, make_app, make_given_up, make_take_leg, notifying
from centrala.following import following
from centrala.logs import configure_logs
from centrala.service import callback_terms, guessing_limits, make_herald, make_identify, make_prompt_store, make_runner
from centrala.settings import Settings
from centrala.speech_models import model_folders
from centrala.speech_watch import speech_watched
from centrala.staff import staff_of
from centrala.watching import MenuWatch
from ivr.audio import AudioError, PromptStore
from ivr.events import Event
from ivr.gateways.agi import notes
from ivr.gateways.agi.protocol import SafeAGI
from ivr.gateways.agi.recogniser import Recogniser
from ivr.gateways.agi.server import MakeSession, Server
from ivr.gateways.agi.session import Session
from ivr.herald import Herald
from ivr.library import Library
from ivr.lookups import place
from ivr.runner import Live, Runner
from ivr.state import State
from ivr.surroundings import Hears, Observer, Variant, always, as_it_is, deaf
from ivr.transcript import lines
from ivr.waits import Hangup, Transfer
from routing.agents import AgentTableError
from storage.database import reason_of
from storage.installation import Installation
from storage.volumes import exposure

HOUSEKEEPING_SECONDS = 1
# Longer than anybody waits and talks: a call that nothing was heard of since then is no more.
LONGEST_SILENCE = timedelta(hours=8)
LAST_PORT = 65535

log = structlog.get_logger()


@click.command()
@click.option("--menus", "file", type=click.Path(path_type=Path), help="The menu file (default: the settings').")
@click.option("--listen", metavar="ADDRESS", help="Listen here instead of where the settings say.")
@click.option("--hours-at", metavar="ISO-TIME", help="Take opening hours as at this time (demonstrations).")
@click.option("--transcript", is_flag=True, help="Print every line of each call's transcript on stdout, as JSON.")
def serve(file: Path | None, listen: str | None, hours_at: str | None, transcript: bool) -> None:
    """Carry calls for Asterisk.

    At SIGTERM or Ctrl-C no new calls are taken, and the running ones may finish.

    A changed menus.yaml is taken for new calls as soon as it is free of faults and its prompts are rendered; a broken
    one is reported and changes nothing.
    """
    configure_logs("INFO")
    settings = context.settings()
    path = file or settings.menus
    address = _address(listen or settings.ivr.listen)
    fixed = context.moment(hours_at) if hours_at else None
    installation = context.installation()
    store = make_prompt_store(installation, settings)
    library = Library(installation.database)
    digits, variant = settings.authentication.pin_digits, carrier_variant(settings)
    watch = MenuWatch(path, library, store, installation.home.asterisk, digits, variant)
    with context.menus_explained(), context.explained(AudioError):
        loaded = watch.open()
    node = f"{socket.gethostname()}:{address[1]}"
    observe = _print_lines if transcript else _log_leaving
    recogniser = Recogniser(frozenset(model_folders(settings.speech)))
    runner = _runner(installation, settings, library, node, fixed, observe, hears=recogniser.knows)
    carried = _runner(installation, settings, library, node, fixed, observe, variant, deaf)
    herald = make_herald(installation, library, store, settings)
    session = _sessions(installation, runner, store, herald, recogniser)
    server = _listen(address, session, settings)
    _serve_metrics(settings, installation, library, recogniser)
    if loaded.flow.callbacks and settings.asterisk.ami is None:
        log.warning("callbacks are promised, and nobody keeps them: the manager interface is off")
    if exposed := exposure(installation.home.recordings):
        log.warning("recordings", exposed=exposed)
    stop = _stop_on_signals()
    watchdog.start()
    with (
        _carrying(installation, settings, library, store, carried),
        _taking_notes(installation, runner),
        speech_watched(settings.speech, recogniser),
    ):
        log.info("ready", address=f"{address[0]}:{address[1]}", menus=loaded.flow.version)
        # Whoever runs next follows Asterisk while this process still finishes its calls.
        with following(settings, installation, library, runner, store, node):
            _housekeep(stop, watch, runner, herald)
        _drain(server, settings.ivr.drain_seconds)


def _sessions(
    installation: Installation, runner: Runner, store: PromptStore, herald: Herald, recogniser: Recogniser
) -> MakeSession:
    identify, take_leg = make_identify(installation), make_take_leg(installation, runner, context.now)
    folder = installation.home.recordings

    def session(agi: SafeAGI) -> Session:
        return Session(agi, runner, store.sound, identify, herald, take_leg, recogniser, folder)

    return session


def _runner(
    installation: Installation,
    settings: Settings,
    library: Library,
    node: str,
    fixed: datetime | None,
    observe: Observer,
    variant: Variant = as_it_is,
    hears: Hears = always,
) -> Runner:
    pins.allow(settings.authentication.hashes_at_once)

    def hours_clock() -> datetime:
        return fixed or context.now()

    return make_runner(
        installation,
        library,
        node=node,
        now=context.now,
        hours_at=hours_clock,
        observe=_harmless(observe),
        terms=replace(callback_terms(settings), given_up=make_given_up(installation, settings, library)),
        limits=guessing_limits(settings),
        variant=variant,
        hears=hears,
    )


@contextlib.contextmanager
def _carrying(
    installation: Installation, settings: Settings, library: Library, store: PromptStore, runner: Runner
) -> Iterator[None]:
    """Calls of a carrier are carried until all others have come to their end."""
    if settings.twilio is None:
        yield
        return
    app = make_app(installation, settings.twilio, runner, library, store)
    with carrying(app, settings.twilio), notifying(installation, settings, library):
        yield


def _harmless(observe: Observer) -> Observer:
    """Calls go on, whatever goes wrong in telling of them."""

    def told(live: Live, before: State, events: tuple[Event, ...]) -> None:
        try:
            observe(live, before, events)
        except Exception:
            log.exception("a turn could not be told of")

    return told


def _listen(address: tuple[str, int], session: MakeSession, settings: Settings) -> Server:
    try:
        server = Server(address, session, settings.ivr.most_calls)
    except OSError as error:
        raise context.Failure(
            f"{address[0]}:{address[1]}: cannot listen here: {error.strerror}; --listen names another address"
        ) from error
    threading.Thread(target=server.serve_forever, name="accept", kwargs={"poll_interval": 0.1}, daemon=True).start()
    return server


def _serve_metrics(settings: Settings, installation: Installation, library: Library, recogniser: Recogniser) -> None:
    """Calls are carried whether or not anybody can be told of them: another process may have the port."""
    host, port = settings.metrics.host, settings.metrics.port
    if port is None:
        return

    members, thresholds = partial(_members, settings, library), reports.thresholds(settings)
    speech = recogniser if settings.speech.listen else None
    collector = metrics.ServiceCollector(installation.database, members, thresholds, context.now, speech)
    try:
        metrics.serve(host, port, collector)
        log.info("metrics", address=f"{host}:{port}")
    except OSError as error:
        log.error("no metrics from this process", address=f"{host}:{port}", reason=error.strerror)


def _members(settings: Settings, library: Library) -> dict[str, tuple[str, ...]]:
    """Each queue's consultants; without those of the table while it is being changed for the worse."""
    try:
        staff = staff_of(settings.agents, library.current) if settings.agents else ()
    except (AgentTableError, context.Failure):
        staff = ()
    return reports.members(library.current, staff)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def _housekeep(stop: threading.Event, watch: MenuWatch, runner: Runner, herald: Herald) -> None:
    def end_lost() -> int:
        return runner.end_lost(context.now() - LONGEST_SILENCE)

    while not stop.wait(HOUSEKEEPING_SECONDS):
        for chore in (watch.look, end_lost, herald.tell):
            _attempt(chore)


@contextlib.contextmanager
def _taking_notes(installation: Installation, runner: Runner) -> Iterator[None]:
    """Take notes in meanwhile: neither new prompts nor running calls delay them."""
    stop = threading.Event()

    def take() -> None:
        while not stop.wait(HOUSEKEEPING_SECONDS):
            _attempt(partial(notes.take_in, installation.home.spool, runner))

    thread = threading.Thread(target=take, name="notes", daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join()


def _attempt(chore: Callable[[], object]) -> None:
    """Calls go on whatever happens here; the fault is logged and the chore tried again."""
    try:
        chore()
    except SQLAlchemyError as error:
        log.error("the database cannot be used", reason=reason_of(error))
    except Exception:
        log.exception("housekeeping failed")


def _drain(server: Server, seconds: int) -> None:
    log.info("draining", running=server.running)
    finished = server.drain(seconds)
    log.info("stopped", finished=finished, left=server.running)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > LAST_PORT:
        raise click.BadParameter(f'"{text}" is not an address; write it like 127.0.0.1:4573', param_hint="--listen")
    return host, int(port)


def _log_leaving(live: Live, before: State, events: tuple[Event, ...]) -> None:
    """One line each time that a call leaves the IVR, without what was keyed or who calls; its turns are kept."""
    match live.turn.wait:
        case Transfer(topic, queue, level):
            log.info("transfer", call=live.call_id, turn=live.seq, topic=topic, queue=queue, auth_level=level)
        case Hangup(cause):
            log.info("end", call=live.call_id, turn=live.seq, where=place(live.turn.state.position), cause=cause)
        case _:
            pass


def _print_lines(live: Live, before: State, events: tuple[Event, ...]) -> None:
    # Whoever reads along may have gone: calls go on.
    with contextlib.suppress(OSError):
        for line in lines(live, before, events):
            click.echo(json.dumps({"call": live.call_id, **line}, ensure_ascii=False))
