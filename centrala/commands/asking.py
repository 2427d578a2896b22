"""Asking for what is secret."""

from __future__ import annotations

import sys

import click

from auth_pin.profiles import State

NOT_HERE = (
    "an identifier is not written on the command line, where others on this machine and the shell's history see it; "
    "run centrala profiles {command} alone and type it when asked, or pipe in {lines}"
)
LONGEST_LINE = 1024

States = click.Choice([str(state) for state in State])


def asked(name: str, *, twice: bool = True) -> str:
    """Something secret: typed on a terminal, twice where it is to be kept; else the next line of standard input."""
    if sys.stdin.isatty():
        again = f"{name} again" if twice else False
        typed: str = click.prompt(name, hide_input=True, confirmation_prompt=again, err=True)
        return typed.strip()
    return sys.stdin.buffer.readline(LONGEST_LINE).decode("ascii", "replace").strip()
