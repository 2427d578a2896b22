"""Commands of `centrala recordings` on quality: a sample to listen to, a score of one, and what scores say together."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime
from uuid import uuid4

import click

from audit.entries import Action
from centrala import context, reports
from centrala.auditing import auditing
from centrala.commands.recording_playback import played
from centrala.context import SERVICE_ZONE, explained, short, who
from centrala.forms import (
    FROM_TO,
    Line,
    check_options,
    meanings,
    print_json,
    print_lines,
    print_table,
    rounded,
    span,
    text,
)
from recordings import scores as book
from recordings.samples import Sample
from recordings.sampling import Share
from recordings.score_figures import DEFINITIONS, MARKS, MEANINGS, ScoreFigures
from recordings.scores import Given, NotScored

SHARES = tuple(f"share_{mark}" for mark in MARKS)
COLUMNS = (
    *("type", "from", "to", "consultant", "topic", "conversations", "scored", "drawn"),
    *("criterion", "scores", "mean", *SHARES),
)
# What a terminal has room for.
SHOWN = {name: name for name in (*COLUMNS[3:9], "mean")} | dict(zip(SHARES, map(str, MARKS), strict=True))
MARK = click.IntRange(MARKS[0], MARKS[-1])
WHAT_MARKS_MEAN = "\n\n".join(
    "\n".join(["\b", f"{name}: {asks}", *(f"  {mark}  {meaning}" for mark, meaning in marks.items())])
    for name, (asks, marks) in MEANINGS.items()
)
DRAWN = (
    "{drawn}: {number} by lot, {each} of each consultant, {first_day} to {last_day}, {topic}, {shortest} s or longer, "
)
DRAWN += "seed {seed}, by {drawn_by}"


@click.command(epilog=WHAT_MARKS_MEAN)
@click.argument("recording_id", metavar="ID")
@click.option("--correctness", type=MARK, help="Whether what was said is correct, 1 to 5.")
@click.option("--service", type=MARK, help="The standard of service, 1 to 5.")
@click.option("--by", help="Who scores it (default: the user of this machine).")
@click.option("--play", is_flag=True, help="Play it first, on the loudspeaker.")
@click.option("--again", is_flag=True, help="In place of a score that the same person gave it before.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def score(
    recording_id: str,
    correctness: int | None,
    service: int | None,
    by: str | None,
    play: bool,
    again: bool,
    as_json: bool,
) -> None:
    """Score a recording that is kept. In a terminal, marks that are not given are asked for.

    A score stays when its recording is destroyed; it does not say who called. What is scored again stays on record,
    and the last score counts. What is withdrawn, quarantined, being destroyed or destroyed cannot be scored.
    """
    opened, supervisor = context.installation(), who(by)
    if play and not context.interactive():
        raise click.UsageError("--play needs a terminal")
    with explained(NotScored), opened.database.reading() as connection:
        recording = book.may_score(connection, recording_id, supervisor, again=again)
    if play:
        played(opened, recording)
    marks = _marks(correctness, service)
    given = Given(supervisor, context.now(), *marks)
    with explained(NotScored), auditing(opened, by) as auditor, opened.database.writing() as connection:
        made = book.give(connection, recording_id, given, SERVICE_ZONE, again=again)
        auditor.tell_with(connection, Action.RECORDING_SCORED, recording_id)
    told: Line = {**asdict(made), "scored_at": made.scored_at.isoformat(), "ended_on": str(made.ended_on)}
    if as_json:
        print_json([told])
    else:
        click.echo(f"{recording_id}: correctness {made.correctness}, service {made.service}, by {made.scored_by}")


@click.command(epilog=meanings(DEFINITIONS))
@click.option("--from", "first", metavar="DAY", help="Conversations of this day, instead of all on record.")
@click.option("--to", "last", metavar="DAY", help="... and of every day until this one, together.")
@click.option(
    "--by",
    type=click.Choice(["consultant", "topic"]),
    help="Consultants or topics alone (default: both).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV (RFC 4180) with a header.")
def scores(first: str | None, last: str | None, by: str | None, as_json: bool, as_csv: bool) -> None:
    """Show what scores say: by consultant, by topic, of the whole service, and how samples were drawn.

    A line for each criterion. How samples were drawn stands below the table, and in --json in lines of the type
    "sample"; in CSV it does not.
    """
    check_options(first, last, as_json, as_csv, FROM_TO)
    days = span(first, last, FROM_TO) if first else None
    found = reports.scores(context.installation(), days)
    lines = list(score_lines((one for one in found.figures if by in (None, one.kind) or one.kind == "all"), days))
    print_lines(lines, COLUMNS, SHOWN, _shown, as_json=as_json, as_csv=as_csv)
    if as_json:
        print_json(_sample_line(one, drawn) for one, drawn in found.samples)
    elif not as_csv:
        for one, drawn in found.samples:
            click.echo(_in_words(one, drawn))


@click.command(epilog=meanings((("seed", "any word; the same one draws the same sample from the same conversations"),)))
@click.option("--each", type=click.IntRange(min=1), required=True, help="How many of every consultant.")
@click.option("--from", "first", metavar="DAY", required=True, help="Conversations of this day, like 2026-11-20.")
@click.option("--to", "last", metavar="DAY", help="... and of every day until this one.")
@click.option("--topic", help="Conversations on this topic alone.")
@click.option("--shortest", type=click.IntRange(min=0), default=30, show_default=True, help="Seconds, at least.")
@click.option("--seed", help="What chance is made from (default: a new one).")
@click.option("--by", help="Who draws it (default: the user of this machine).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def sample(
    each: int,
    first: str,
    last: str | None,
    topic: str | None,
    shortest: int,
    seed: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Draw conversations to be scored: of every consultant the same number, or all where there are fewer.

    From those that are kept and nobody has scored yet. Within a consultant's conversations each is as likely as any
    other, and topics and hours come as often as they occur. Every drawing is put on record. What two people draw at
    once is not reserved: the same conversation may be drawn, and scored, by both.
    """
    begin, end = span(first, last, FROM_TO)
    words = short(seed, 60) if seed is not None else secrets.token_hex(4)
    made = Sample(str(uuid4()), context.now(), who(by), begin, end, topic, each, shortest, words)
    shares = reports.draw(context.installation(), made)
    if as_json:
        print_json(_drawn_lines(made, shares))
        return
    drawn = [(share.consultant, one) for share in shares for one in share.drawn]
    if drawn:
        print_table([(consultant, one.topic or "-", f"{one.hour:02}h", one.id) for consultant, one in drawn])
    fewer = [f"{share.consultant} ({share.conversations})" for share in shares if share.conversations < each]
    click.echo(_in_words(made, len(drawn)), err=True)
    if fewer:
        click.echo(f"all that there are, fewer than {each}: {', '.join(fewer)}", err=True)


def score_lines(found: Iterable[ScoreFigures], days: tuple[date, date] | None) -> Iterator[Line]:
    """The figures in plain values, a line for each criterion; all have the same names."""
    begin, end = map(str, days) if days else (None, None)
    for one in found:
        head: Line = {
            "type": one.kind,
            "from": begin,
            "to": end,
            "consultant": one.name if one.kind == "consultant" else None,
            "topic": one.name if one.kind == "topic" else None,
            "conversations": one.conversations,
            "scored": one.scored,
            "drawn": one.drawn,
        }
        for told in one.criteria:
            shares = dict(zip(SHARES, map(rounded, told.shares), strict=True))
            yield {**head, "criterion": told.criterion, "scores": told.scores, "mean": rounded(told.mean), **shares}


def _shown(name: str, value: object) -> str:
    match name, value:
        case "consultant" | "topic", None:
            return "all"
        case "mean", float():
            return f"{value:.2f}"
        case _, float():
            return f"{value:.0%}"
        case _:
            return text(value)


def _marks(correctness: int | None, service: int | None) -> tuple[int, int]:
    if (correctness is None or service is None) and not context.interactive():
        raise click.UsageError("say both marks: --correctness and --service")
    return (
        _asked("correctness") if correctness is None else correctness,
        _asked("service") if service is None else service,
    )


def _asked(criterion: str) -> int:
    asks, marks = MEANINGS[criterion]
    click.echo(f"{criterion}: {asks}", err=True)
    for mark, meaning in marks.items():
        click.echo(f"  {mark}  {meaning}", err=True)
    return int(click.prompt(criterion, type=MARK, err=True))


def _drawn_lines(made: Sample, shares: Sequence[Share]) -> Iterator[Line]:
    """Each conversation, each consultant, and at last the sample."""
    for share in shares:
        for one in share.drawn:
            place: Line = {"consultant": share.consultant, "topic": one.topic, "hour": one.hour}
            yield {"type": "conversation", "id": one.id, **place}
    for share in shares:
        counts = {"conversations": share.conversations, "drawn": len(share.drawn)}
        yield {"type": "consultant", "consultant": share.consultant, **counts}
    yield _sample_line(made, sum(len(share.drawn) for share in shares))


def _sample_line(made: Sample, drawn: int) -> Line:
    plain = {name: _plain(value) for name, value in asdict(made).items()}
    days = {"from": plain.pop("first_day"), "to": plain.pop("last_day")}
    return {"type": "sample", **days, **plain, "drawn": drawn}


def _in_words(made: Sample, drawn: int) -> str:
    told = asdict(made) | {"topic": made.topic or "all topics"}
    return DRAWN.format(drawn=made.drawn_at.astimezone(SERVICE_ZONE).strftime("%Y-%m-%d %H:%M"), number=drawn, **told)


def _plain(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat()
        case _:
            return value
