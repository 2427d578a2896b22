"""`centrala recordings transcribe` and `search`: what was said, in words."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from audit.entries import Action
from centrala.auditing import auditing
from centrala.context import explained, fail, installation, moment, now, settings, today
from centrala.keeping import open_archive
from centrala.logs import configure_logs
from centrala.speech_models import model_folders
from recordings import catalogue, transcripts
from recordings.archive import Archive
from recordings.catalogue import Recording
from recordings.catalogue import recordings as table
from recordings.faults import RecordingFault
from recordings.transcripts import Hit
from speech.grammar import words_of
from speech.models import UnusableModel
from storage.database import reason_of
from storage.installation import Installation

if TYPE_CHECKING:
    from speech.recognition import Model

PAUSE_SECONDS = 10.0
DAYS = 7

log = structlog.get_logger()


@click.command("transcribe")
@click.option("--days", type=click.IntRange(1, 3660), default=DAYS, show_default=True, help="Of calls so recent.")
@click.option("--stay", is_flag=True, help="Stay, and go on with what is taken in, until SIGTERM.")
def transcribe(days: int, stay: bool) -> None:
    """Write down what is said in recordings; safe to repeat, after any kill.

    Only where the caller has consented to be recorded, and consents still; of imported recordings that is not known. A
    transcript is sealed under its recording's key, and is destroyed with it. The models are those of spoken choices
    (settings.yaml, speech:): the ones that come with Centrala know the words of its menus alone.
    """
    if not settings().recordings.transcripts:
        fail("transcripts are off; settings.yaml switches them on: recordings: {transcripts: true}")
    configure_logs("INFO" if stay else "WARNING")
    stop = threading.Event()
    if stay:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stop.set())
    from speech.recognition import load_models

    opened = installation()
    with explained(UnusableModel, RecordingFault), open_archive(opened, os.environ, today()) as archive:
        writer = _Writer(opened, archive, load_models(model_folders(settings().speech)), stop)
        click.echo(f"{writer.write_all(now() - timedelta(days=days))} transcribed")
        while stay and not stop.wait(PAUSE_SECONDS):
            writer.write_all(now() - timedelta(days=days))


class _Writer:
    """Writes transcripts; what it cannot is left until it is started again."""

    def __init__(
        self, opened: Installation, archive: Archive, models: Mapping[str, Model], stop: threading.Event
    ) -> None:
        self._opened = opened
        self._archive = archive
        self._models = models
        self._stop = stop
        self._given_up: set[str] = set()

    def write_all(self, since: datetime) -> int:
        """Whatever is missing; how many there are now."""
        try:
            with self._opened.database.reading() as connection:
                missing = tuple(transcripts.without_one(connection, self._archive, since))
        except SQLAlchemyError as error:
            log.error("no recording is transcribed", reason=reason_of(error))
            return 0
        return sum(self._write(one) for one in missing if one.id not in self._given_up and not self._stop.is_set())

    def _write(self, recording: Recording) -> bool:
        from centrala.transcribing import transcribe as written

        with self._opened.database.reading() as connection:
            lang = transcripts.language(connection, recording)
        model = self._models.get(lang or "")
        if lang is None or model is None:
            self._given_up.add(recording.id)
            return False
        try:
            made = written(self._archive, recording, lang, model)
            return transcripts.keep(self._opened.database, self._archive, recording.id, made)
        except (RecordingFault, OSError, SQLAlchemyError) as error:
            self._given_up.add(recording.id)
            log.error("a recording is not transcribed", recording=recording.id, kind=type(error).__name__)
            return False


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--from", "begin", metavar="ISO-TIME", help="Of conversations that ended then or later.")
@click.option("--to", "end", metavar="ISO-TIME", help="Of conversations that ended before.")
@click.option("--consultant", help="Of this consultant's alone.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def search(words: tuple[str, ...], begin: str | None, end: str | None, consultant: str | None, as_json: bool) -> None:
    """Find conversations in which these words were said, one after another, by one side.

    A word's beginning will do. Transcripts are opened one by one: no word of them is in a database. The audit tells of
    each that is shown.
    """
    sought = words_of(" ".join(words))
    c = table.c
    where = c.state == catalogue.State.KEPT
    where = where if begin is None else where & (c.ended_at >= moment(begin))
    where = where if end is None else where & (c.ended_at < moment(end))
    where = where if consultant is None else where & (c.consultant == consultant)
    opened = installation()
    with explained(RecordingFault), open_archive(opened, os.environ, today()) as archive:
        with opened.database.reading() as connection:
            found = tuple(catalogue.everything(connection, where))
        for recording in found:
            hits = tuple(_hits(archive, recording, sought))
            if hits:
                with auditing(opened) as auditor:
                    auditor.tell(Action.TRANSCRIPT_READ, recording.id)
                for hit in hits:
                    _tell(recording, hit, as_json)


def _hits(archive: Archive, recording: Recording, sought: tuple[str, ...]) -> Iterator[Hit]:
    try:
        raw = archive.transcript(recording.id)
    except (RecordingFault, OSError) as fault:
        click.echo(f"centrala: the transcript of {recording.id} does not open: {type(fault).__name__}", err=True)
        return
    if raw is not None:
        yield from transcripts.search(transcripts.decoded(raw), sought)


def _tell(recording: Recording, hit: Hit, as_json: bool) -> None:
    told = {"recording": recording.id, "ended_at": recording.ended_at.isoformat(), "consultant": recording.consultant}
    told |= {"side": hit.side, "at": f"{hit.at:.1f}", "words": hit.words}
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(f"{recording.id}  {recording.ended_at:%Y-%m-%d %H:%M}  {hit.side:10}  {hit.at:6.1f} s  {hit.words}")
