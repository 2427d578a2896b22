"""`centrala recordings`: what is kept of conversations, and until when."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from audit.entries import Action
from centrala import archiving, keeping
from centrala.auditing import auditing
from centrala.commands.keeping import hold, orphans, prove, withdraw
from centrala.commands.recording_keys import keys
from centrala.commands.recording_playback import opening, play_out
from centrala.context import SERVICE_ZONE, explained, fail, installation, now, settings, today
from recordings import encoding
from recordings.archive import Archive
from recordings.faults import RecordingFault
from recordings.importing import Listeners, Summary, import_recordings
from recordings.intake import Fate, Intake
from recordings.manifest import ManifestFault
from recordings.overview import Entry, entries, find
from routing.callbacks import masked
from storage.installation import Installation

ROW = "{ended_at}  {id}  {purpose:<17}  {topic:<12}  {consultant:<8}  {caller:>16}  {status:<11}  until {keep_until}"
CLEAR_LINE = "\r\x1b[K"


@click.group()
def recordings() -> None:
    """Recordings of conversations: taken in, kept for years, then destroyed.

    What Asterisk has recorded is sealed into the archive, each recording under a key of its own, which is wrapped by a
    key in CENTRALA_HOME/secrets/recording-keys or in CENTRALA_RECORDING_KEYS. The wrapped keys lie in a database apart
    from the catalogue, at CENTRALA_KEYS_URL (default an SQLite file in CENTRALA_HOME/keys).
    """


@recordings.command("intake")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def take_in(as_json: bool) -> None:
    """Take in every recording that is finished; safe to repeat, and after any kill.

    The files that Asterisk wrote are destroyed once the sealed ones are whole. Where nobody consented they are
    destroyed at once; what is damaged is kept in the quarantine for 30 days. `settings.yaml` says in which format
    (recordings: format) and for how many years (years).
    """
    opened = installation()
    with explained(RecordingFault), _archive(opened) as archive:
        counts = Counter(fate for _, fate in archiving.take_in(opened.database, _intake(opened, archive), now()))
    _tell_counts(counts, as_json)
    if counts[Fate.UNREADABLE]:
        fail(f"{opened.home.recordings}: files there belong to another user; let this one read them")


@recordings.command("import")
@click.argument("manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def import_manifest(manifest: Path, as_json: bool) -> None:
    """Import the recordings of another archive that a CSV MANIFEST lists; safe to repeat.

    \b
    Columns, named in the first line, in any order:
      file         relative to the manifest; a WAV file, mono or stereo
      ended_at     when the conversation ended: ISO 8601, Polish time without
                   an offset
      purpose      consultant_call, virtual_assistant or video_visit
      consent      yes or no; without consent nothing is taken in
      caller, topic, queue, consultant
                   where they are known

    The files stay where they are: destroy them once they are taken in. A recording is known by its content, so that
    it is taken in once. Bad rows are named by their line and left out; the exit code is then 1.
    """
    opened = installation()
    with explained(RecordingFault), _archive(opened) as archive:
        try:
            summary = _import_with_progress(_intake(opened, archive), manifest)
        except ManifestFault as fault:
            click.echo(f"{manifest}:1: {fault}", err=True)
            sys.exit(1)
    _tell_counts(summary.fates, as_json, bad=summary.bad)
    sys.exit(1 if summary.bad else 0)


@recordings.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(as_json: bool) -> None:
    """List all recordings: kept, held, quarantined and purged. Of numbers only the last digits are shown.

    A recording that is held is kept beyond its day; of what is purged nothing is left but this line.
    """
    with installation().database.reading() as connection:
        for entry in entries(connection, today()):
            told = _told(entry)
            click.echo(json.dumps(told, ensure_ascii=False) if as_json else _row(told))


@recordings.command("show")
@click.argument("recording_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(recording_id: str, as_json: bool) -> None:
    """Show all that is known of one recording, with the caller's number. The audit tells who did."""
    opened = installation()
    with opened.database.reading() as connection:
        told = _told_in_full(_found(recording_id, find(connection, recording_id, today())))
    with auditing(opened) as auditor:
        auditor.tell(Action.RECORDING_SHOWN, recording_id)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for name, value in told.items():
        click.echo(f"{name:14}{'' if value is None else value}")


@recordings.command("play")
@click.argument("recording_id", metavar="ID")
def play(recording_id: str) -> None:
    """Play one recording: on the loudspeaker, or to standard output where that is no terminal.

    It is decrypted piece by piece, through a pipe, and never written to the disk. The audit tells who played it, and
    who tried to play what cannot be.
    """
    opened = installation()
    with opened.database.reading() as connection:
        entry = find(connection, recording_id, today())
    with auditing(opened) as auditor:
        if entry is None or entry.recording is None:
            auditor.tell(Action.RECORDING_REFUSED, recording_id, str(entry.status) if entry else "there is none")
            _found(recording_id, entry)
            fail(f"recording {recording_id} cannot be played: see centrala recordings show {recording_id}")
        with explained(RecordingFault), _archive(opened) as archive:
            try:
                pieces = opening(archive, entry.recording)
            except RecordingFault as fault:
                auditor.tell(Action.RECORDING_REFUSED, recording_id, f"it does not open: {type(fault).__name__}")
                raise
            auditor.tell(Action.RECORDING_PLAYED, recording_id)
            play_out(pieces, entry.recording.format)


for command in (keys, hold, withdraw, prove, orphans):
    recordings.add_command(command)


@contextmanager
def _archive(opened: Installation) -> Iterator[Archive]:
    with keeping.open_archive(opened, os.environ, today()) as archive:
        yield archive


def _intake(opened: Installation, archive: Archive) -> Intake:
    rules = archiving.rules(settings().recordings)
    encoding.check(rules.format)
    return Intake(opened.database, archive, opened.home, rules)


def _import_with_progress(intake: Intake, manifest: Path) -> Summary:
    with (
        manifest.open("rb") as source,
        click.progressbar(
            length=os.fstat(source.fileno()).st_size,
            label="importing",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        ) as bar,
    ):
        listeners = Listeners(partial(_tell_bad_row, manifest), bar.update)
        return import_recordings(intake, source, manifest.parent, SERVICE_ZONE, now, listeners)


def _tell_bad_row(manifest: Path, line: int, message: str) -> None:
    """Write a line where the progress bar stands; the bar draws itself again below."""
    click.echo(f"{CLEAR_LINE if sys.stderr.isatty() else ''}{manifest}:{line}: {message}", err=True)


def _tell_counts(counts: Mapping[Fate, int], as_json: bool, **more: int) -> None:
    told = {fate.name.lower(): counts[fate] for fate in Fate if counts.get(fate) or fate is Fate.TAKEN_IN} | more
    if as_json:
        click.echo(json.dumps(told))
        return
    words = {fate.name.lower(): fate.value for fate in Fate}
    click.echo(", ".join(f"{count} {words.get(name, name)}" for name, count in told.items()))


def _found(recording_id: str, entry: Entry | None) -> Entry:
    return entry or fail(f"there is no recording {recording_id}; see centrala recordings list")


def _told(entry: Entry) -> dict[str, Any]:
    """An entry in plain values, as lists show it."""
    recording = entry.recording
    told: dict[str, Any] = {
        "id": entry.id,
        "ended_at": _plain(entry.ended_at),
        "keep_until": _plain(entry.keep_until),
        "status": entry.status.value,
    }
    if recording is not None:
        told |= {name: getattr(recording, name) for name in ("purpose", "topic", "queue", "consultant", "level")}
        told |= {"caller": recording.caller and masked(recording.caller), "duration_ms": recording.duration_ms}
        told |= {"format": recording.format}
    more = {"reason": entry.reason, "purged_at": _plain(entry.purged_at)}
    return told | {name: value for name, value in more.items() if value is not None}


def _told_in_full(entry: Entry) -> dict[str, Any]:
    row = asdict(entry.recording) if entry.recording else {}
    return _told(entry) | {name: _plain(value) for name, value in row.items() if name != "state"}


def _row(told: Mapping[str, Any]) -> str:
    shown = {name: told.get(name) or "-" for name in ("purpose", "topic", "consultant", "caller", "keep_until")}
    ended = told["ended_at"]
    local = datetime.fromisoformat(ended).astimezone(SERVICE_ZONE).strftime("%Y-%m-%d %H:%M") if ended else " " * 16
    return ROW.format(ended_at=local, id=told["id"], status=told["status"], **shown)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
