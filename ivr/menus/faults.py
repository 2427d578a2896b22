"""Faults of a menu file, told so that a supervisor can mend them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong, or (a warning) unwise, at a line and column counted from 1; `hint` says what to do."""

    line: int
    column: int
    message: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"

    def show(self, path: str) -> str:
        """The fault as one line, `path:line:column: message`."""
        warning = "warning: " if self.severity == "warning" else ""
        hint = f" ({self.hint})" if self.hint else ""
        return _printable(f"{path}:{self.line}:{self.column}: {warning}{self.message}{hint}")


def _printable(text: str) -> str:
    """A file's own words are quoted in messages: their line breaks and the like are written as escapes."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


class MenuError(Exception):
    """A menu file that cannot be used, with every fault found in it."""

    def __init__(self, path: str, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(fault.show(path) for fault in faults))
        self.path = path
        self.faults = faults


class UnreadableMenus(MenuError):
    """A menu file that is not there, or not for this process; `str()` says why."""

    def __str__(self) -> str:
        """Without a line and a column, which it has none of."""
        return f"{self.path}: {self.faults[0].message}"
