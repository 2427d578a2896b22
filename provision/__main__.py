"""The command line: `python -m provision asterisk|sipp|espeak-ng|postgresql|all|pip|pin`."""

import argparse
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence

from provision import bootstrap, pinning, programs
from provision.database import postgresql
from provision.errors import ProvisionError
from provision.hostname import own_name_fault
from provision.running import Program


def main(arguments: Sequence[str] | None = None) -> int:
    """Get what is asked for and print how to start it, one line each; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m provision",
        description="Get a program from Debian into the project's cache, unless it is installed, and print"
        " how to start it.",
    )
    parser.add_argument("what", choices=[*_PROGRAMS, "all", *_CHORES])
    what = parser.parse_args(arguments).what
    doors = _PROGRAMS.values() if what == "all" else [(_PROGRAMS | _CHORES)[what]]
    failures = [error for door in doors if (error := _opened(door)) is not None]
    for error in failures:
        print(f"provision: {error}", file=sys.stderr)
    return 1 if failures else 0


def _opened(door: Callable[[], str]) -> ProvisionError | None:
    try:
        print(door(), flush=True)
    except ProvisionError as error:
        return error
    return None


def _asterisk() -> str:
    fault = own_name_fault()
    if fault is not None:
        print(f"provision: warning: {fault}", file=sys.stderr)
    return shlex.join(programs.asterisk().command)


def _sipp() -> str:
    return _line(programs.sipp())


def _espeak_ng() -> str:
    return _line(programs.espeak_ng())


def _postgresql() -> str:
    found = postgresql()
    return _shell((str(found.binaries / "postgres"),), found.environment)


def _line(program: Program) -> str:
    return _shell(program.command, program.environment)


def _shell(command: Sequence[str], environment: Mapping[str, str]) -> str:
    settings = [f"{name}={value}" for name, value in environment.items()]
    return shlex.join([*(["env", *settings] if settings else []), *command])


_PROGRAMS: dict[str, Callable[[], str]] = {
    "asterisk": _asterisk,
    "sipp": _sipp,
    "espeak-ng": _espeak_ng,
    "postgresql": _postgresql,
}
_CHORES: dict[str, Callable[[], str]] = {"pip": bootstrap.pip, "pin": pinning.pin}


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
