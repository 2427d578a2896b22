"""The beginning of the program `centrala`."""

from __future__ import annotations

import signal


def main() -> None:
    """Load the program, which takes about a second, and run it."""
    heeds = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeds:
        # Until something is begun Ctrl-C need not be told of.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from centrala.program import centrala

    if heeds:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        centrala(prog_name="centrala")
    finally:
        # The end has begun: one key more must not turn it into another.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    main()
