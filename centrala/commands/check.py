"""`centrala check`: is a menu file fit to be heard?"""

from __future__ import annotations

from pathlib import Path

import click

from centrala import context
from centrala.settings import Speech
from centrala.speech_models import model_folders, words_said
from ivr.definition import Flow
from ivr.menus.loading import load_menus
from speech.models import UnusableModel, inspect


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--speech", is_flag=True, help="Also name the words that callers may say and the models do not know.")
def check(file: Path | None, speech: bool) -> None:
    """Check a menu file (default: the one in the settings).

    Prints one line per fault, path:line:column: message, all of them at once, and exits with 1; warnings alone exit
    with 0.
    """
    settings = context.settings()
    path = file or settings.menus
    with context.menus_explained(out=True):
        loaded = load_menus(path, settings.authentication.pin_digits)
    for warning in loaded.warnings:
        click.echo(warning.show(str(path)))
    if speech and _tell_unknown_words(path, loaded.flow, settings.speech):
        raise SystemExit(1)


def _tell_unknown_words(path: Path, flow: Flow, settings: Speech) -> bool:
    """Print each word that no model knows, and each language that has none; whether there is such a word."""
    from speech.recognition import Model

    folders, is_any = model_folders(settings), False
    for lang in flow.languages:
        words = words_said(flow, lang)
        if words and lang not in folders:
            click.echo(f"{path}: warning: {lang}: there is no model, so that keys alone count")
            continue
        with context.explained(UnusableModel):
            model = Model(inspect(folders[lang])) if words else None
        for word in [word for word in words if model is not None and not model.known(word)]:
            click.echo(f'{path}: {lang}: the model does not know "{word}" (say another word, or take another model)')
            is_any = True
    return is_any
