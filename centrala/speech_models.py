"""The models of the recogniser: those of the settings, or those that come with Centrala, and the words they need."""

from __future__ import annotations

from pathlib import Path

from centrala.settings import Speech
from ivr.definition import Flow
from speech.grammar import words_of
from speech.models import SHIPPED, shipped


def model_folders(settings: Speech) -> dict[str, Path]:
    """The folder of each language's model."""
    if settings.models:
        return dict(settings.models)
    langs = sorted(folder.name for folder in SHIPPED.iterdir() if folder.is_dir()) if SHIPPED.is_dir() else []
    return {lang: shipped(lang) for lang in langs}


def words_said(flow: Flow, lang: str) -> tuple[str, ...]:
    """Every word that callers may say in a language, in order."""
    if flow.speech is None:
        return ()
    grammars = (grammar for (_, spoken), grammar in flow.speech.grammars.items() if spoken == lang)
    return tuple(sorted({word for grammar in grammars for phrase in grammar for word in words_of(phrase)}))
