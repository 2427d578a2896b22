"""The models of the recogniser: those of the settings, or those that come with Centrala."""

from __future__ import annotations

from pathlib import Path

from centrala.settings import Speech
from speech.models import SHIPPED, shipped


def model_folders(settings: Speech) -> dict[str, Path]:
    """The folder of each language's model."""
    if settings.models:
        return dict(settings.models)
    langs = sorted(folder.name for folder in SHIPPED.iterdir() if folder.is_dir()) if SHIPPED.is_dir() else []
    return {lang: shipped(lang) for lang in langs}
