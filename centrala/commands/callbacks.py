"""`centrala callbacks`: callers who are to be called back."""

from __future__ import annotations

import json

import click

from centrala.context import installation
from routing.callbacks import Callback, newest, waiting_callbacks

ROW = "{enqueued_at}  {queue:<12}  {number:>16}  {state:<11}  tries {tries}  next {next_try_at}"


@click.group()
def callbacks() -> None:
    """Callers who are to be called back, at the place that they had in their queue."""


@callbacks.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are over, too, the newest first.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1), help="With --all: so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(everything: bool, limit: int, as_json: bool) -> None:
    """List those that wait, in their order. Of numbers only the last digits are shown."""
    with installation().database.reading() as connection:
        found = newest(connection, limit) if everything else waiting_callbacks(connection)
    for one in found:
        told = line(one)
        click.echo(json.dumps(told) if as_json else ROW.format(**{name: value or "-" for name, value in told.items()}))


def line(one: Callback) -> dict[str, object]:
    """A callback in plain values."""
    return {
        "call": one.call_id,
        "queue": one.queue,
        "topic": one.topic,
        "lang": one.lang,
        "number": one.shown_number,
        "state": one.state,
        "tries": one.tries,
        "enqueued_at": one.enqueued_at.isoformat(timespec="seconds"),
        "requested_at": one.requested_at.isoformat(timespec="seconds"),
        "next_try_at": one.next_try_at and one.next_try_at.isoformat(timespec="seconds"),
    }
