"""`centrala recordings transcribe`, `transcript` and `search`: what was said, as a program took it down."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta

import click

from audit.entries import Action
from centrala.auditing import auditing
from centrala.commands.recording_playback import playable
from centrala.context import SERVICE_ZONE, explained, fail, installation, settings, today
from centrala.forms import FROM_TO, check_options, day, span
from centrala.keeping import open_archive
from centrala.logs import configure_logs
from centrala.speech_models import model_folders
from centrala.transcribing import MADE, Transcribing
from ivr.calls import from_number
from recordings import transcripts
from recordings.archive import Archive
from recordings.catalogue import Recording
from recordings.faults import RecordingFault
from recordings.transcripts import Line
from recordings.wanted import Caller, Wanted, conditions
from recordings.wording import folded, found
from routing.reporting.days import period_of
from speech.models import ModelFolder, UnusableModel, inspect
from storage.installation import Installation

DAYS = 7


@click.command("transcribe")
@click.option("--from", "first", metavar="DAY", help=f"What ended on that day or later (default: {DAYS} days ago).")
@click.option("--again", is_flag=True, help="Those, too, of which none could be made.")
@click.option("--stay", is_flag=True, help="Stay, and transcribe what comes, until SIGTERM.")
def transcribe(first: str | None, again: bool, stay: bool) -> None:
    """Take down what was said in recordings that have no transcript yet; safe to repeat, after any kill.

    Each side is taken down by itself, in the language of its call, by the models of settings.yaml (speech:
    transcripts:, else models:); those that come with Centrala know the words of the menus alone, and are for trials. A
    transcript is sealed by the key of its recording, and gone with it. None is made where consent was withdrawn.
    """
    stop = threading.Event()
    begin = day(first, "--from") if first else today() - timedelta(days=DAYS)
    with explained(UnusableModel, RecordingFault):
        begins = period_of(begin, begin, SERVICE_ZONE).start
        work = Transcribing(installation(), os.environ, _folders(), begins, stop, again)
        if stay:
            configure_logs("INFO")
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda _number, _frame: stop.set())
            work.stay()
        else:
            counts = work.once()
            click.echo(", ".join(f"{number} {way}" for way, number in counts.items()) or f"0 {MADE}")


@click.command("transcript")
@click.argument("recording_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line of it.")
def transcript(recording_id: str, as_json: bool) -> None:
    """Show what was taken down of one recording: when, by which side, in which words. The audit tells who read it."""
    opened = installation()
    recording = playable(opened, recording_id)
    with opened.database.reading() as connection:
        made = transcripts.find(connection, recording.id)
    if made is None:
        fail(f"recording {recording.id} has no transcript; centrala recordings transcribe makes them")
    if made.fault is not None:
        fail(f"recording {recording.id} has no transcript: {made.fault}")
    with explained(RecordingFault), open_archive(opened, os.environ, today()) as archive:
        lines = transcripts.open_lines(archive.keys, made)
    _tell_read(opened, recording.id)
    for line in lines:
        click.echo(json.dumps(asdict(line), ensure_ascii=False) if as_json else _told(line))


@click.command("search")
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option("--consultant", help="In those with this consultant.")
@click.option("--topic", help="In those on this topic.")
@click.option("--caller", help="In those of the caller with this number.")
@click.option("--from", "first", metavar="DAY", help="In what ended on this day, like 2026-11-20.")
@click.option("--to", "last", metavar="DAY", help="... and on every day until this one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per recording.")
def search(
    words: tuple[str, ...],
    consultant: str | None,
    topic: str | None,
    caller: str | None,
    first: str | None,
    last: str | None,
    as_json: bool,
) -> None:
    """Find recordings in whose transcripts all these words stand, by their beginnings, without regard to accents.

    The lines that have one are shown, and the audit tells of each recording that it was read. Name days, a consultant
    or a topic where there is much: every transcript among them is opened.
    """
    check_options(first, last, as_json, options=FROM_TO)
    if not any(map(folded, words)):
        raise click.UsageError("there is no word to look for")
    period = period_of(*span(first, last, FROM_TO), SERVICE_ZONE) if first else None
    wanted = Wanted(
        caller=Caller(caller, from_number(caller)) if caller else None,
        consultant=consultant,
        topic=topic,
        begin=period.start if period else None,
        end=period.end if period else None,
    )
    opened = installation()
    with explained(RecordingFault), open_archive(opened, os.environ, today()) as archive:
        for recording, lines in _having(opened, archive, wanted, words):
            _tell_read(opened, recording.id)
            _show(recording, lines, as_json)


def _having(
    opened: Installation, archive: Archive, wanted: Wanted, words: tuple[str, ...]
) -> Iterator[tuple[Recording, tuple[Line, ...]]]:
    with opened.database.reading() as connection:
        for recording, made in transcripts.among(connection, *conditions(wanted)):
            # One whose key is missing is found by `recordings orphans`.
            with suppress(RecordingFault):
                if lines := found(transcripts.open_lines(archive.keys, made), words):
                    yield recording, lines


def _folders() -> dict[str, ModelFolder]:
    said = settings().speech
    folders = dict(said.transcripts) or model_folders(said)
    if not folders:
        fail("there is no model; settings.yaml names them under speech: transcripts:")
    return {lang: inspect(path, takes_phrases=False) for lang, path in folders.items()}


def _tell_read(opened: Installation, recording_id: str) -> None:
    with auditing(opened) as auditor:
        auditor.tell(Action.TRANSCRIPT_READ, recording_id)


def _show(recording: Recording, lines: tuple[Line, ...], as_json: bool) -> None:
    about = {"ended_at": recording.ended_at.isoformat(), "id": recording.id}
    about |= {"consultant": recording.consultant or "", "topic": recording.topic or ""}
    if as_json:
        click.echo(json.dumps(about | {"lines": [asdict(line) for line in lines]}, ensure_ascii=False))
        return
    click.echo("  ".join(about.values()).rstrip())
    for line in lines:
        click.echo(f"  {_told(line)}")


def _told(line: Line) -> str:
    minutes, seconds = divmod(int(line.begin), 60)
    return f"{minutes:02}:{seconds:02}  {line.side:<10}  {line.text}"
