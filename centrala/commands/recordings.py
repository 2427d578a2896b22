"""`centrala recordings`: what is kept of conversations, and until when."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
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
from centrala.commands.recording_transcripts import search, transcribe
from centrala.context import SERVICE_ZONE, explained, fail, installation, now, settings, today
from centrala.logs import configure_logs
from centrala.taking_in import TakingIn
from centrala.terms import log_undecided, tell_undecided, terms_of
from personal_data import decisions
from personal_data.kinds import PROMISED
from recordings import encoding
from recordings.archive import Archive
from recordings.faults import RecordingFault
from recordings.importing import Listeners, Summary, import_recordings
from recordings.intake import Fate, Intake, Rules
from recordings.manifest import ManifestFault
from storage.installation import Installation
from storage.volumes import exposure

CLEAR_LINE = "\r\x1b[K"


@click.group()
def recordings() -> None:
    """Recordings of conversations: taken in, kept for years, then destroyed.

    What Asterisk has recorded is sealed into the archive, each recording under a key of its own, which is wrapped by a
    key in CENTRALA_HOME/secrets/recording-keys or in CENTRALA_RECORDING_KEYS. The wrapped keys lie in a database apart
    from the catalogue, at CENTRALA_KEYS_URL (default an SQLite file in CENTRALA_HOME/keys).
    """


@recordings.command("intake")
@click.option("--stay", is_flag=True, help="Stay, and take in what is over within seconds, until SIGTERM.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def take_in(stay: bool, as_json: bool) -> None:
    """Take in every recording that is finished; safe to repeat, after any kill, and while another does.

    The files that Asterisk wrote are destroyed once the sealed ones are whole. Where nobody consented they are
    destroyed at once, and where consent was withdrawn; what is damaged is kept in the quarantine for 30 days.
    `settings.yaml` says in which format (recordings: format); `centrala retention terms` for how long.

    With --stay it waits for what is missing or full, and logs to stderr: run it as a service beside Asterisk.
    """
    opened = installation()
    if exposed := exposure(opened.home.recordings):
        click.echo(f"centrala: {exposed}", err=True)
    (_stay if stay else partial(_take_in_once, as_json))(opened)


def _take_in_once(as_json: bool, opened: Installation) -> None:
    with explained(RecordingFault), _archive(opened) as archive:
        intake = _intake(opened, archive)
        taken = archiving.take_in(opened.database, lambda part, about: intake.take_part(part, about, now()))
        counts = Counter(fate for _, fate in taken)
    _tell_counts(counts, as_json)
    if counts[Fate.UNREADABLE]:
        fail(f"{opened.home.recordings}: files there belong to another user; let this one read them")


def _stay(opened: Installation) -> None:
    configure_logs("INFO")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    said = settings()
    wanted = terms_of(said)

    def rules() -> Rules:
        # Where nothing is on record yet the settings go there, as soon as the database can be reached.
        decisions.settled(opened.database, wanted, now())
        return archiving.rules(said.recordings, wanted)

    with opened.database.reading() as connection:
        undecided = decisions.undecided(decisions.terms(connection, wanted), wanted)
    log_undecided(one for one in undecided if one.kind in PROMISED)
    TakingIn(opened, os.environ, rules, stop).run()


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


for command in (list_, show, play, transcribe, search, score, scores, sample, keys, hold, withdraw, prove, orphans):
    recordings.add_command(command)


@contextmanager
def _archive(opened: Installation) -> Iterator[Archive]:
    with keeping.open_archive(opened, os.environ, today()) as archive:
        yield archive


def _intake(opened: Installation, archive: Archive) -> Intake:
    said = settings()
    wanted = terms_of(said)
    terms = decisions.settled(opened.database, wanted, now())
    tell_undecided(one for one in decisions.undecided(terms, wanted) if one.kind in PROMISED)
    rules = archiving.rules(said.recordings, wanted)
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
