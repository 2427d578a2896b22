"""What may be said at menus instead of a key. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# The keys that answer whether an option was meant, and the name of the gather. No step of a file can have this name.
YES_KEY = "1"
NO_KEY = "2"
CONFIRMATION = "speech:meant"
# The same at the virtual assistant, and whether it may record: a person can be asked for there, too.
ASSISTANT = "speech:assistant"
# Whoever was not understood so many times at a menu chooses by key.
MOST_MISSES = 2


@dataclass(frozen=True, slots=True)
class Speech:
    """What may be said at menus instead of a key.

    `grammars` are phrases with the key that each stands for, by menu and language; under `CONFIRMATION` those that
    answer the question whether an option was meant, under `ASSISTANT` those that answer the virtual assistant's. It is
    asked from the confidence `unsure` on, and from `sure` on the option is taken (percent). `unheard` is heard where
    nothing was understood, `by_key` where keys alone count from then on.
    """

    sure: int
    unsure: int
    unheard: str
    by_key: str
    grammars: Mapping[tuple[str, str], Mapping[str, str]]
