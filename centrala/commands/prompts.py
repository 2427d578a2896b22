"""`centrala prompts`: what callers hear, as files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from centrala import context
from centrala.service import make_prompt_store
from ivr.audio import AudioError, BuildReport
from ivr.audio.store import Progress


@click.group()
def prompts() -> None:
    """Make what callers hear."""


@prompts.command()
@click.option("--menus", "file", type=click.Path(path_type=Path), help="The menu file (default: the settings').")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def build(file: Path | None, as_json: bool) -> None:
    """Render every prompt in every language.

    What is heard in one go is joined as well. What is there already is kept: only new texts, voices and recordings
    cost time. Recordings of your own, in the folder that the settings name under prompts: recorded:
    (LANGUAGE/NAME.wav), win over speech.
    """
    settings = context.settings()
    flow = context.menus(file or settings.menus).flow
    installation = context.installation()
    store = make_prompt_store(installation, settings)
    with context.explained(AudioError), progress_bar() as progress:
        report = store.build(flow, progress)
    click.echo(json.dumps(asdict(report)) if as_json else _told(report, installation.home.prompts))


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on stderr, so that stdout is the report alone; nothing where stderr is no terminal."""
    with click.progressbar(length=1, label="prompts", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield progress


def _told(report: BuildReport, folder: Path) -> str:
    minutes, seconds = divmod(round(report.seconds), 60)
    return (
        f"{report.prompts} prompts ({minutes} min {seconds} s; {report.recorded} recorded) and {report.sequences} "
        f"sequences in {folder}: {report.rendered} rendered, {report.joined} joined, the rest was there"
    )
