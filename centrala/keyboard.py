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
        key = _key(gather.timeout if digits else gather.timeout + READING_SECONDS)
        if key is None:
            break
        digits += key
        click.echo("•" if gather.secret else key, nl=False, err=True)
        if key == TERMINATOR:
            break
    click.echo("", err=True)
    return digits or None


def _key(timeout: int) -> str | None:
    """The next key of the pad, or None when there is none for so many seconds. Ends the program at Ctrl-D."""
    while select.select([sys.stdin], [], [], timeout)[0]:
        key = os.read(sys.stdin.fileno(), 1).decode("utf-8", "replace")
        if key in END_OF_INPUT:
            raise EOFError
        if key in PAD:
            return key
    return None
