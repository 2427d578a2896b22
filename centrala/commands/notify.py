"""`centrala notify`: text messages, from the templates of menus.yaml."""

from __future__ import annotations

import json
import uuid

import click

from centrala import context
from centrala.carrier import make_outbox, make_sender
from centrala.notifying import NotSent
from ivr.library import Library
from ivr.menus.loading import Loaded, load_menus
from routing.callbacks import masked
from routing.text_messages import TextMessage, find, newest

ROW = "{requested_at}  {template:<20}  {lang}  {number:>14}  {state:<11}  tries {tries}  {code}"


@click.group()
def notify() -> None:
    """Text messages by the carrier, where the settings switch them on (twilio: messages:)."""


@notify.command("send")
@click.argument("template")
@click.argument("number")
@click.option("--lang", help="The language (default: the first one of menus.yaml).")
@click.option("--key", help="With the same key a message is sent once, however often this is called.")
@click.option("--later", is_flag=True, help="Leave it to centrala serve, or to centrala notify deliver.")
def send(template: str, number: str, lang: str | None, key: str | None, later: bool) -> None:
    """Send the TEMPLATE of menus.yaml to NUMBER: a mobile one, of the countries that callbacks may go to."""
    settings, installation = context.settings(), context.installation()
    loaded, library = _published(Library(installation.database))
    outbox = make_outbox(installation, settings, library)
    with context.explained(NotSent):
        kept = outbox.request(number, template, lang or loaded.flow.languages[0], key or f"command:{uuid.uuid4()}")
    if not later and kept.state == "waiting":
        make_sender(installation, settings, outbox).deliver()
    with installation.database.reading() as connection:
        _tell(find(connection, kept.id) or kept, as_json=False)


@notify.command("deliver")
def deliver() -> None:
    """Send what waits, and find out about what has no answer; centrala serve does it all the time."""
    settings, installation = context.settings(), context.installation()
    _, library = _published(Library(installation.database))
    click.echo(make_sender(installation, settings, make_outbox(installation, settings, library)).deliver())


@notify.command("list")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1), help="So many, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(limit: int, as_json: bool) -> None:
    """List messages and what has become of them. Of numbers only the last digits are shown."""
    with context.installation().database.reading() as connection:
        found = newest(connection, limit)
    for one in found:
        _tell(one, as_json=as_json)


def _published(library: Library) -> tuple[Loaded, Library]:
    settings = context.settings()
    with context.menus_explained():
        loaded = load_menus(settings.menus, settings.authentication.pin_digits)
    library.publish(loaded, context.now())
    return loaded, library


def _tell(one: TextMessage, *, as_json: bool) -> None:
    told = {
        "requested_at": one.requested_at.isoformat(timespec="seconds"),
        "template": one.template,
        "lang": one.lang,
        "number": masked(one.number),
        "state": one.state,
        "tries": one.tries,
        "code": one.code,
    }
    click.echo(json.dumps(told) if as_json else ROW.format(**{name: value or "" for name, value in told.items()}))
