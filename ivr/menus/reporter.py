"""Faults of a menu file, told by what they are about."""

from __future__ import annotations

from ivr.menus.document import Document, Path
from ivr.menus.faults import Fault


class Reporter:
    """Collects faults by the path of what they are about."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.faults: list[Fault] = []

    def error(self, path: Path, message: str, hint: str = "") -> None:
        """Report what must not be."""
        self.faults.append(Fault(*self._document.value_mark(path), message, hint))

    def at_key(self, path: Path, message: str, hint: str = "") -> None:
        """Report what must not be, at the key instead of the value."""
        self.faults.append(Fault(*self._document.mark(path), message, hint))

    def warn(self, path: Path, message: str, hint: str = "") -> None:
        """Report what is unwise."""
        self.faults.append(Fault(*self._document.mark(path), message, hint, "warning"))
