"""What a caller hears."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing said: its name in the menu file, its language (ISO 639-1) and its words."""

    name: str
    lang: str
    text: str
