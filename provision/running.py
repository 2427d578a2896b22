"""Starting programs: an installed one, or one unpacked under a folder that is nobody's system root."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from provision.errors import ProvisionError
from provision.progress import step

T = TypeVar("T")

# An ordinary user's PATH on Debian lacks the folders where servers are.
_SERVERS = ("/usr/local/sbin", "/usr/sbin")
# Folders beside the usual one that hold libraries which others load by name.
_PRIVATE = ("pulseaudio",)


@dataclass(frozen=True, slots=True)
class Program:
    """How to start a program.

    `command` comes before the program's own arguments; `environment` is what to add to os.environ.
    """

    command: tuple[str, ...]
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def full_environment(self) -> dict[str, str]:
        """Return this process's environment with what the program needs added."""
        return {**os.environ, **self.environment}


def installed(name: str, vet: Callable[[Path], T]) -> T | None:
    """Return what `vet` makes of an installed program; None where there is none that will do.

    `vet` raises ProvisionError for one that will not do; people are told, since they may wonder.
    """
    binary = on_path(name)
    if binary is None:
        return None
    try:
        return vet(binary)
    except ProvisionError as error:
        step(f"{error.fault} An unpacked copy is used instead.")
        return None


def unfit(binary: Path, reason: str) -> ProvisionError:
    """Return the error for an installed program that will not do."""
    return ProvisionError(f"The installed {binary} will not do: {reason}.", "Bring it up to date, or remove it.")


def on_path(name: str) -> Path | None:
    """Find an installed program, servers' folders included."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SERVERS])
    found = shutil.which(name, path=places)
    return Path(found) if found else None


def libraries(root: Path) -> str:
    """Return the library path of an unpacked folder, as ld.so(8) takes it."""
    usual = [*root.glob("usr/lib/*-linux-gnu*"), *root.glob("lib/*-linux-gnu*")]
    private = [folder / name for folder in usual for name in _PRIVATE if (folder / name).is_dir()]
    return ":".join(str(folder) for folder in [*usual, *private])


def environment(root: Path) -> dict[str, str]:
    """Return what an unpacked program of the machine's own release needs in its environment."""
    return {"LD_LIBRARY_PATH": libraries(root)}


def with_own_loader(root: Path, program: str) -> tuple[str, ...]:
    """Return the command for an unpacked program that brings its own C library and loader along.

    Raises:
        ProvisionError: no loader is in the folder.
    """
    for loader in (*root.glob("usr/lib*/ld-linux*.so.*"), *root.glob("usr/lib/*-linux-gnu*/ld-linux*.so.*")):
        return str(loader), "--library-path", libraries(root), str(root / program)
    raise ProvisionError(
        f"the unpacked copy under {root} holds no loader for this machine's processor.",
        f"Install {Path(program).name} yourself and have it on PATH.",
    )


def answer(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Run a program that tells about itself and ends; return what it prints.

    SIPp ends with a failure code even then, so that silence is the sign of trouble, not the code.

    Raises:
        ProvisionError: it cannot be started, or says nothing.
    """
    try:
        result = subprocess.run(
            command,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _silent(command, str(error)) from error
    if not result.stdout.strip():
        raise _silent(command, result.stderr.strip()[-500:])
    return result.stdout


def _silent(command: Sequence[str], reason: str) -> ProvisionError:
    return ProvisionError(
        f"{' '.join(command[-2:])} does not start: {reason}.",
        "Install it yourself and have it on PATH, or try again another day: unstable mends itself.",
    )
