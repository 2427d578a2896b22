"""`centrala calls`: what happened to calls."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from centrala import context
from centrala.commands.authorising import authorise
from centrala.commands.logging_in import login
from ivr import calls as call_rows
from ivr import codec
from recordings import consents, parts
from routing import visits

COLUMNS = ("started", "id", "from", "lang", "level", "topic", "ended", "where", "cause")


@click.group()
def calls() -> None:
    """List calls and show what happened in one."""


@calls.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10000))
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_calls(limit: int, as_json: bool) -> None:
    """List the newest calls, newest first."""
    with context.installation().database.reading() as connection:
        rows = call_rows.newest(connection, limit)
    if as_json:
        for row in rows:
            click.echo(json.dumps(_plain(row)))
        return
    table = [COLUMNS, *(_columns(row) for row in rows)]
    widths = [max(len(row[index]) for row in table) for index in range(len(COLUMNS))]
    for row_texts in table:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row_texts, widths, strict=True)).rstrip())


@calls.command("show")
@click.argument("call_id")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show_call(call_id: str, as_json: bool) -> None:
    """Show one call: its turns, consents, stays in queues and recordings."""
    with context.explained(codec.CodecError), context.installation().database.reading() as connection:
        row = call_rows.find(connection, call_id) if call_id.isascii() else None
        if row is None:
            context.fail(f"there is no call {call_id}; see centrala calls list")
        account: dict[str, Any] = {
            **_plain(row),
            "turns": [_turn_fields(turn) for turn in call_rows.turns_of(connection, call_id)],
            "consents": [_plain(consent) for consent in consents.of_call(connection, call_id)],
            "visits": [_plain(visit) for visit in visits.of_call(connection, call_id)],
            "recordings": [_plain(part) for part in parts.of_call(connection, call_id)],
        }
    if as_json:
        click.echo(json.dumps(account, ensure_ascii=False))
    else:
        _show(account)


calls.add_command(authorise)
calls.add_command(login)


def _show(account: dict[str, Any]) -> None:
    for name, value in account.items():
        if not isinstance(value, list):
            click.echo(f"{name:14}{'' if value is None else value}")
    if account["asked"] is not None:
        click.echo(f"{'turns':14}gone: their term is over")
    for turn in account["turns"]:
        happened = " ".join(_words(event) for event in turn["events"])
        click.echo(f"{turn['seq']:>4}  {turn['at'][11:23]}  {turn['node']:<22}  {happened}")
        click.echo(f"      heard {', '.join(turn['prompts']) or 'nothing'}; then {_words(turn['wait'])}")
    for kind in ("consents", "visits", "recordings"):
        for item in account[kind]:
            click.echo(f"{kind[:-1]:14}" + ", ".join(f"{name} {value}" for name, value in item.items() if value))


def _words(value: dict[str, Any]) -> str:
    fields = ", ".join(f"{name} {field}" for name, field in value.items() if name != "type" and field is not None)
    return f"{value['type']}({fields})" if fields else str(value["type"])


def _columns(row: call_rows.CallRow) -> tuple[str, ...]:
    return (
        _local(row.started_at),
        row.id,
        row.ani or "-",
        row.lang,
        row.auth_level,
        row.topic or "-",
        _local(row.ended_at) if row.ended_at else "-",
        row.ended_where or "-",
        row.cause or "-",
    )


def _local(at: datetime) -> str:
    return at.astimezone(context.SERVICE_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _turn_fields(turn: call_rows.LoggedTurn) -> dict[str, Any]:
    return {
        "seq": turn.seq,
        "at": turn.at.isoformat(),
        "node": turn.node,
        "events": json.loads(codec.encode(turn.events)),
        "state": json.loads(codec.encode(turn.state)),
        "prompts": list(turn.prompts),
        "wait": json.loads(codec.encode(turn.wait)),
    }


def _plain(item: Any) -> dict[str, Any]:
    values = ((name, getattr(item, name)) for name in item.__dataclass_fields__)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values}
