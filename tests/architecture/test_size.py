"""Files and functions short enough to see whole."""

from __future__ import annotations

import pytest

from tests.architecture.source import Module, modules

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 45


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_module_is_short(module: Module) -> None:
    """One file, one idea."""
    assert module.lines <= MOST_LINES


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_functions_are_short(module: Module) -> None:
    """A function fits a screen."""
    lengths = [((function.end_lineno or 0) - function.lineno + 1, function.name) for function in module.functions()]
    assert [] == [too_long for too_long in lengths if too_long[0] > MOST_LINES_OF_A_FUNCTION]
