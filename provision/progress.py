"""What people see on stderr while programs are fetched: one line per step, a bar where a step takes long."""

import sys
from types import TracebackType
from typing import Self

_WIDTH = 30


def step(text: str) -> None:
    """Print one line of progress."""
    print(f"provision: {text}", file=sys.stderr, flush=True)


class Bar:
    """A progress bar under a step's line; on anything but a terminal it draws nothing."""

    def __init__(self, text: str) -> None:
        self._drawn = -1
        self._visible = sys.stderr.isatty()
        step(text)

    def to(self, share: float) -> None:
        """Draw the bar at `share` of its length, 0 to 1."""
        percent = int(100 * min(max(share, 0.0), 1.0))
        if not self._visible or percent <= self._drawn:
            return
        self._drawn = percent
        filled = _WIDTH * percent // 100
        print(f"\r  [{'#' * filled:<{_WIDTH}}] {percent:3d} %", end="", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        self.to(0.0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.to(1.0)
        if self._visible:
            print(file=sys.stderr, flush=True)
