"""`centrala call`: the same call in a terminal."""

from __future__ import annotations

import json
import re
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from centrala import context
from centrala.keyboard import PAD, keys_as_typed, typed
from centrala.service import callback_terms, guessing_limits, make_runner
from ivr.calls import TERMINAL
from ivr.events import Event
from ivr.gateways import terminal
from ivr.gateways.terminal import SILENCE, Clock, Keypad, scripted
from ivr.library import Library
from ivr.runner import Arrival, Live, Runner, ended, hang_up
from ivr.state import State
from ivr.transcript import Line, lines
from ivr.waits import Gather
from speech.grammar import is_phrase

DNIS = "225601600"
NUMBER = re.compile(r"\+?[0-9]{0,32}")
LONGEST_LINE = 1024


@click.command()
@click.option("--menus", "file", type=click.Path(path_type=Path), help="The menu file (default: the settings').")
@click.option("--at", metavar="ISO-TIME", help="The call's clock; it moves only when something waits.")
@click.option("--lang", help="Begin in this language instead of the service's first.")
@click.option("--from", "ani", default="", metavar="NUMBER", help="The caller's number.")
@click.option(
    "--keys",
    help='What is keyed or said, a word per gather: "2 12345678# 471155# konsultant inny_temat"; "-" is silence.',
)
@click.option("--survey", is_flag=True, help="Be one of those who are asked about the conversation (default: not).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def call(
    file: Path | None, at: str | None, lang: str | None, ani: str, keys: str | None, survey: bool, as_json: bool
) -> None:
    """Place a call in this terminal.

    What the caller hears is printed, and keys act as they are typed; words that may be said are typed with Enter. With
    --keys the call runs to its end by itself; keys used up mean silence. From a pipe, each line is what is keyed or
    said at one gather.
    """
    _check(ani, keys)
    clock = Clock(context.moment(at) if at else context.now())
    loaded = context.menus(file or context.settings().menus)
    if lang is not None and lang not in loaded.flow.languages:
        raise click.BadParameter(f"the menus are in {', '.join(loaded.flow.languages)}", param_hint="--lang")
    installation = context.installation()
    library = Library(installation.database)
    library.publish(loaded, context.now())
    screen = _Screen(_show_json if as_json else _show_text)
    terms = replace(callback_terms(context.settings()), rehearsal=True)

    def draw(_call_id: str, _share: int) -> bool:
        return survey

    limits = guessing_limits(context.settings())
    runner = make_runner(
        installation, library, node="terminal", now=clock, observe=screen.observe, terms=terms, draw=draw, limits=limits
    )
    arrival = Arrival(str(uuid.uuid4()), TERMINAL, ani, DNIS, lang)
    if keys is not None:
        _run(runner, arrival, Keypad(scripted(keys)), clock, screen)
    elif context.interactive():
        click.echo("Keys 0-9, * and # act as you press them, words with Enter; Ctrl-C hangs up.", err=True)
        with keys_as_typed(), _hanging_up_on_signals():
            _run(runner, arrival, Keypad(typed), clock, screen)
    else:
        _run(runner, arrival, Keypad(_line), clock, screen)


def _check(ani: str, keys: str | None) -> None:
    if not NUMBER.fullmatch(ani):
        raise click.BadParameter("a number is digits, 32 at most, perhaps after a +", param_hint="--from")
    for word in (keys or "").split():
        if word != SILENCE and not set(word) <= set(PAD) and not is_phrase(word.replace("_", " ")):
            raise click.BadParameter(f'"{word}" is not on a telephone; keys are 0-9, * and #', param_hint="--keys")


class _Screen:
    """Shows the lines of a call as its turns are committed."""

    def __init__(self, show: Callable[[Line], None]) -> None:
        self._show = show
        self._is_on = True

    def observe(self, live: Live, before: State, events: tuple[Event, ...]) -> None:
        for line in lines(live, before, events):
            if self._is_on:
                self._show(line)

    def switch_off(self) -> None:
        self._is_on = False


def _run(runner: Runner, arrival: Arrival, keypad: Keypad, clock: Clock, screen: _Screen) -> None:
    """Carry the call to its end; Ctrl-C, input that ends and output that nobody reads are the caller hanging up."""
    try:
        for _ in terminal.call(runner, arrival, keypad, clock):
            pass
    except (EOFError, KeyboardInterrupt):
        _hang_up(runner, arrival.call_id)
    except OSError:
        # What is told of the hang-up would go the same way.
        screen.switch_off()
        _hang_up(runner, arrival.call_id)
        raise
    except context.Failure:
        _hang_up(runner, arrival.call_id)
        raise


def _hang_up(runner: Runner, call_id: str) -> None:
    # As it was committed: the interruption may have come before the newest turn was shown.
    live = runner.resume(call_id)
    if live is not None and not ended(live):
        hang_up(runner, live)


@contextmanager
def _hanging_up_on_signals() -> Iterator[None]:
    """A window that is closed hangs up, too."""
    numbers = (signal.SIGHUP, signal.SIGTERM)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _show_json(line: Line) -> None:
    click.echo(json.dumps(line, ensure_ascii=False))


def _show_text(line: Line) -> None:
    match line:
        case {"type": "prompt", "text": text}:
            click.echo(text)
        case {"type": "gather", "digits": None, "length": length}:
            click.echo(f"  [{length} digits]" if length else "  [nothing, or star]")
        case {"type": "heard", "choices": list(choices)}:
            click.echo(f"  [heard: {' or '.join(choices) or 'nothing that fits'}]")
        case {"type": "gather", "digits": digits}:
            click.echo(f"  [{digits or 'silence'}]")
        case {"type": str(kind), **rest}:
            click.echo(f"  -- {kind}: " + ", ".join(f"{name} {value}" for name, value in rest.items()))


def _line(_gather: Gather) -> str | None:
    """A line of input that is no terminal: what is keyed at one gather; an empty line is silence."""
    line = sys.stdin.buffer.readline(LONGEST_LINE)
    if not line:
        raise EOFError
    keys = line.decode("utf-8", "replace").strip()
    if not set(keys) <= set(PAD) and not is_phrase(keys):
        # What it holds may be secret, whatever it is.
        context.fail("a line of standard input is not on a telephone; keys are 0-9, * and #")
    return keys or None
