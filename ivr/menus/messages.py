"""Text messages: short enough to be sent as few, and without anything to be filled in."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.menus import schema
from ivr.menus.groups import Told

# Four parts of 67 characters, as letters beyond GSM 03.38 make them (3GPP TS 23.040, section 9.2.3.24.1).
MOST_CHARACTERS = 4 * 67


def faults_of_messages(file: schema.MenuFile) -> Iterator[Told]:
    """Everything that is wrong with messages but missing languages."""
    for name, texts in file.messages.items():
        for lang, text in texts.items():
            if len(text) > MOST_CHARACTERS:
                many = f"{name}: {len(text)} characters; a message has {MOST_CHARACTERS} at most"
                yield ("messages", name, lang), many, "say less"
            if "{" in text or "}" in text:
                yield ("messages", name, lang), f"{name}: nothing is filled in", "take the braces out"
