"""Options in words: what a key is for, and the key."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.menus.phrases import Phrases


def options_text(phrases: Phrases, labels: Mapping[str, Mapping[str, str]], lang: str) -> str:
    """Options by their keys, each with its label in every language, as they are heard in one."""
    return " ".join(
        phrases.option[lang].format(label=label[lang], key=phrases.keys[lang][key]) for key, label in labels.items()
    )
