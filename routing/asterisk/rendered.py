"""Which queues Asterisk has been given: a list beside its state, written whenever its configuration is rendered."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

FILE = "queues"
# Stands among them where callbacks can be kept.
CALLBACKS = "(callbacks)"


def remember_queues(state: Path, names: Iterable[str]) -> None:
    """Keep the names of the queues that were rendered; `state` is Asterisk's run folder."""
    temporary = state / f".{FILE}.new"
    temporary.write_text("".join(f"{name}\n" for name in sorted(names)), "ascii")
    temporary.replace(state / FILE)


def unknown_queues(state: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that Asterisk has not been given; none where nothing was ever rendered from this home."""
    try:
        known = frozenset((state / FILE).read_text("ascii").splitlines())
    except FileNotFoundError:
        return ()
    return tuple(name for name in names if name not in known)
