"""Files and functions short enough to see whole."""

from __future__ import annotations

import pytest

from tests.architecture.source import Module, modules

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 45
# Longer on purpose, and not to grow: one file owns every transition of a call.
LONGER = {"ivr.flow": 500}


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_module_is_short(module: Module) -> None:
    """One file, one idea."""
    assert module.lines <= LONGER.get(module.name, MOST_LINES)


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_functions_are_short(module: Module) -> None:
    """A function fits a screen."""
    lengths = [((function.end_lineno or 0) - function.lineno + 1, function.name) for function in module.functions()]
    assert [] == [too_long for too_long in lengths if too_long[0] > MOST_LINES_OF_A_FUNCTION]


def test_exceptions_are_needed() -> None:
    """A file that has become short enough is no exception any more."""
    lines = {module.name: module.lines for module in modules()}
    assert [] == [name for name in LONGER if lines[name] <= MOST_LINES]
