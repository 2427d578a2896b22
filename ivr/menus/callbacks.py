"""Callbacks: a key in a queue does one thing, and what callers choose there leads to a step that keeps the promise."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.menus import schema
from ivr.menus.document import Path
from ivr.menus.groups import Told


def faults_of_callbacks(file: schema.MenuFile) -> Iterator[Told]:
    """Everything that is wrong with callbacks but the names that they use."""
    asking = [name for name, step in file.steps.items() if isinstance(step, schema.Callback)]
    if file.callbacks is None:
        for name in asking:
            yield ("steps", name, "type"), f'"{name}" promises callbacks, and none are kept', 'add "callbacks:"'
        return
    leaving = file.queueing.leaving
    if leaving is not None and leaving.key == file.callbacks.key:
        yield ("callbacks", "key"), f'the key "{leaving.key}" leaves the queue already', "take another one"
    if file.callbacks.to in file.steps and file.callbacks.to not in asking:
        yield ("callbacks", "to"), f'"{file.callbacks.to}" is no step of the type callback', "name one"


def choices_in_queues(file: schema.MenuFile) -> Iterator[tuple[Path, schema.Leaving | schema.Callbacks]]:
    """What waiting callers can choose by a key."""
    if file.queueing.leaving is not None:
        yield ("queueing", "leaving"), file.queueing.leaving
    if file.callbacks is not None:
        yield ("callbacks",), file.callbacks
