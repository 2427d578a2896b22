"""A terminal's keyboard as a telephone's keypad: keys act as they are pressed, silence is silence."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ivr.gateways.terminal import TERMINATOR
from ivr.waits import Gather

PAD = "0123456789*#"
END_OF_INPUT = ("\x04", "")
ERASING = ("\x7f", "\b")
# A caller's silence begins when the prompt has been heard; a reader needs that time as well.
READING_SECONDS = 20


@contextmanager
def keys_as_typed() -> Iterator[None]:
    """Read single keys and do not echo them; the terminal is put back at the end."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def typed(gather: Gather) -> str | None:
    """What is keyed at one gather, as a telephone system would take it: until the limit, `#`, or the timeout."""
    digits = ""
    while len(digits) < gather.max_digits:
        key = _key(gather.timeout if digits else gather.timeout + READING_SECONDS, words=bool(gather.spoken))
        if key is None:
            break
        if key not in PAD:
            return _words(key, gather.timeout)
        digits += key
        click.echo("•" if gather.secret else key, nl=False, err=True)
        if key == TERMINATOR:
            break
    click.echo("", err=True)
    return digits or None


def _words(first: str, timeout: int) -> str | None:
    """What is said: a line, as far as it is typed in time."""
    said = first
    click.echo(first, nl=False, err=True)
    while select.select([sys.stdin], [], [], timeout)[0]:
        letter = _character()
        if letter == "\n":
            break
        said = said[:-1] if letter in ERASING else said + letter
        click.echo(letter, nl=False, err=True)
    click.echo("", err=True)
    return said.strip() or None


def _key(timeout: int, *, words: bool) -> str | None:
    """The next key of the pad, or None when there is none for so many seconds; or the first letter of words.

    Ends the program at Ctrl-D.
    """
    while select.select([sys.stdin], [], [], timeout)[0]:
        key = _character()
        if key in PAD or (words and key.isalpha()):
            return key
    return None


def _character() -> str:
    """A character; those that are no ASCII are several bytes long (UTF-8)."""
    descriptor = sys.stdin.fileno()
    raw = os.read(descriptor, 1)
    if raw and raw[0] >= 0xC0:
        raw += b"".join(os.read(descriptor, 1) for _ in range(1 + (raw[0] >= 0xE0) + (raw[0] >= 0xF0)))
    character = raw.decode("utf-8", "replace")
    if character in END_OF_INPUT:
        raise EOFError
    return character
