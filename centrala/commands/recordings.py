"""`centrala recordings`: what is kept of conversations, and until when."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from centrala import archiving, keeping
from centrala.commands.keeping import hold, orphans, prove, withdraw
from centrala.commands.recording_keys import keys
from centrala.commands.recording_list import list_, show
from centrala.commands.recording_playback import play
from centrala.commands.recording_scores import sample, score, scores
from centrala.context import SERVICE_ZONE, explained, fail, installation, now, settings, today
from recordings import encoding
from recordings.archive import Archive
from recordings.faults import RecordingFault
from recordings.importing import Listeners, Summary, import_recordings
from recordings.intake import Fate, Intake
from recordings.manifest import ManifestFault
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


for command in (list_, show, play, score, scores, sample, keys, hold, withdraw, prove, orphans):
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
