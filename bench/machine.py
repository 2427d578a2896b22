"""The machine that was measured, in words."""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import provision
from bench.processor import cores

SYNCS = 30
PAGE = bytes(4096)


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides how fast it is. `sync_ms`: the median of what a commit waits for its disk, in milliseconds."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    kernel: str
    python: str
    asterisk: str
    postgresql: str
    sync_ms: float
    commit: str

    @property
    def slug(self) -> str:
        """A name for files."""
        words = re.sub(r"\(.*?\)|processor|cpu|@.*", " ", self.processor, flags=re.IGNORECASE)
        return "-".join([*re.findall(r"[a-z0-9]+", words.lower()), f"{self.cores}-cores"])


def describe(folder: Path) -> Machine:
    """Describe this machine; `folder` is where databases will lie. Raises ProvisionError."""
    return Machine(
        processor=_field(Path("/proc/cpuinfo"), "model name") or platform.processor() or "unknown",
        cores=cores(),
        memory_gb=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        system=_field(Path("/etc/os-release"), "PRETTY_NAME") or platform.system(),
        kernel=platform.release(),
        python=platform.python_version(),
        asterisk=provision.asterisk().version,
        postgresql=provision.postgresql().version,
        sync_ms=round(_sync_ms(folder / "sync"), 2),
        commit=_commit(),
    )


def _field(path: Path, name: str) -> str | None:
    found = (
        re.search(rf"^{name}\s*[:=]\s*\"?(.*?)\"?$", path.read_text("utf-8"), re.MULTILINE) if path.exists() else None
    )
    return found[1] if found else None


def _sync_ms(path: Path) -> float:
    waits = []
    with path.open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(PAGE)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            waits.append(time.perf_counter() - began)
    path.unlink()
    return statistics.median(waits) * 1000


def _commit() -> str:
    """The commit of the code, with a `+` where files differ from it."""
    words = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return words or "unknown"
