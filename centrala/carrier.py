"""Calls that the carrier Twilio brings: its webhooks over this installation, and the legs that it sends to Asterisk."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError
from twilio.http.http_client import TwilioHttpClient

from centrala import context
from centrala.notifying import Outbox, Sender, countries_of, make_client, report
from centrala.setting_values import parts
from centrala.settings import Settings, Twilio
from ivr import calls, legs
from ivr.audio import PromptStore
from ivr.definition import Flow
from ivr.fallback import fallback
from ivr.gateways.twilio.app import App
from ivr.gateways.twilio.carriage import Carriage
from ivr.gateways.twilio.forms import Report
from ivr.gateways.twilio.links import Links
from ivr.gateways.twilio.server import serving
from ivr.gateways.twilio.speaking import Speaker
from ivr.gateways.twilio.webhooks import Trunk, Webhooks
from ivr.library import Library
from ivr.lookups import Said
from ivr.promises import GivenUp, tell_nobody
from ivr.runner import Live, Runner
from ivr.surroundings import Variant, as_it_is
from storage.database import reason_of
from storage.installation import Installation

TOKEN_FILE = "twilio.token"
TOKEN_CHARACTERS = 32
STOP_SECONDS = 10
DELIVERY_SECONDS = 5

log = structlog.get_logger()


def tokens(installation: Installation) -> tuple[str, ...]:
    """The account's auth tokens, a line each: two while it is being changed. Raises context.Failure."""
    path = installation.home.secrets / TOKEN_FILE
    try:
        found = tuple(path.read_text("ascii").split())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        context.fail(f"{path}: the auth token of the Twilio account is read from here: {reason}")
    if not found or any(len(token) != TOKEN_CHARACTERS or not token.isalnum() for token in found):
        context.fail(f"{path}: an auth token is {TOKEN_CHARACTERS} letters and digits, alone on its line")
    return found


def carrier_variant(settings: Settings) -> Variant:
    """The service as the carrier's callers meet it: they log in by keys only where the carrier keeps none."""
    if settings.twilio is None or settings.twilio.pci_mode:
        return as_it_is
    return _without_login


def _without_login(flow: Flow) -> Flow:
    return flow.without_login or flow


def links_of(installation: Installation, settings: Twilio) -> Links:
    """The URLs that the carrier is given."""
    return Links(settings.public_url, _derived(installation, b"carrier sounds"))


def leg_key(installation: Installation) -> bytes:
    """What signs legs: every IVR process of the installation has it."""
    return _derived(installation, b"carrier legs")


def _derived(installation: Installation, purpose: bytes) -> bytes:
    return hmac.new(installation.key("sip"), purpose, hashlib.sha256).digest()


def make_take_leg(
    installation: Installation, runner: Runner, now: Callable[[], datetime]
) -> Callable[[str, str, str], Live | None]:
    """Who says to which call a leg belongs, by what it tells and its channel."""

    def take(call_id: str, told: str, channel: str) -> Live | None:
        leg = legs.read(leg_key(installation), call_id, told, now())
        return None if leg is None else legs.take(installation.database, runner, leg, channel)

    return take


def make_app(
    installation: Installation,
    settings: Twilio,
    runner: Runner,
    library: Library,
    store: PromptStore,
    now: Callable[[], datetime] = context.now,
) -> App:
    """The webhooks. Raises context.Failure."""
    links = links_of(installation, settings)

    def turn_at(call_id: str) -> datetime | None:
        with installation.database.reading() as connection:
            return calls.last_at(connection, call_id)

    def sorry() -> Said:
        return fallback(library.current).unanswered

    webhooks = Webhooks(
        Carriage(runner, installation.database, now),
        Speaker(store, links, now, says=settings.prompts == "say"),
        links,
        Trunk(settings.sip, settings.edge, leg_key(installation)),
        sorry,
        now,
        turn_at,
    )

    def reported(message_id: str, told: Report) -> None:
        report(installation.database, message_id, told.carrier_id, told.status, told.code, now())

    return App(webhooks, links, tokens(installation), installation.home.prompts, now, reported)


def make_outbox(
    installation: Installation, settings: Settings, library: Library, now: Callable[[], datetime] = context.now
) -> Outbox:
    """Text messages that are to be sent. Raises context.Failure where the settings have none."""
    if settings.twilio is None or settings.twilio.messages is None:
        context.fail("text messages are off: switch them on under twilio: messages: in the settings")
    return Outbox(installation.database, library, settings.twilio.messages, countries_of(settings), now)


def make_given_up(installation: Installation, settings: Settings, library: Library) -> GivenUp:
    """What is done for whom no callback has reached: a text message, where the settings have them told."""
    messages = settings.twilio.messages if settings.twilio is not None else None
    return (
        make_outbox(installation, settings, library).give_up
        if messages is not None and messages.callbacks
        else tell_nobody
    )


def make_sender(
    installation: Installation, settings: Settings, outbox: Outbox, http_client: TwilioHttpClient | None = None
) -> Sender:
    """Who has the carrier send them. Raises context.Failure."""
    assert settings.twilio is not None, "there is an outbox"
    token, *_ = tokens(installation)
    client = make_client(settings.twilio.account, token, settings.twilio, http_client)
    return Sender(outbox, client, links_of(installation, settings.twilio).report)


@contextlib.contextmanager
def notifying(installation: Installation, settings: Settings, library: Library) -> Iterator[None]:
    """Send text messages meanwhile, where the settings have any. Raises context.Failure."""
    if settings.twilio is None or settings.twilio.messages is None:
        yield
        return
    outbox, reminds = make_outbox(installation, settings, library), settings.twilio.messages.callbacks
    sender, stop = make_sender(installation, settings, outbox), threading.Event()

    if reminds and (lacking := outbox.untold()):
        log.warning("menus.yaml: messages: some whom callbacks do not reach are not told", lacking=lacking)

    def send() -> None:
        while not stop.wait(DELIVERY_SECONDS):
            try:
                if reminds:
                    outbox.remind()
                sender.deliver(stop.is_set)
            except SQLAlchemyError as error:
                log.error("the database cannot be used", reason=reason_of(error))
            except Exception:
                log.exception("text messages could not be sent")

    thread = threading.Thread(target=send, name="messages", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def carrying(app: App, settings: Twilio, address: str | None = None) -> Iterator[None]:
    """Answer webhooks meanwhile. Raises context.Failure."""
    host, port = parts(address or settings.listen)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(serving(app.routes(), (host, port), STOP_SECONDS))
        except OSError as error:
            context.fail(f"{host}:{port}: cannot listen here: {error.strerror}; mend twilio: listen: in the settings")
        log.info("webhooks", address=f"{host}:{port}", public_url=settings.public_url)
        yield
