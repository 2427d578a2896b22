"""A model is a folder: whether it is one that phrases can be listened for with, and at which rate it hears.

https://alphacephei.com/vosk/models tells what is in it; `graph/HCLr.fst` and `Gr.fst` are those of models that take a
grammar while they run (the small ones), instead of one `HCLG.fst`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

RATES = (8000, 16000)
DEFAULT_RATE = 16000
NEEDED = ("am/final.mdl", "graph/phones/word_boundary.int")
FIXED = ("graph/HCLG.fst",)
FLEXIBLE = ("graph/HCLr.fst", "graph/Gr.fst")
# What every file of OpenFst's begins with; over another libvosk ends its process once it listens.
FST_MAGIC = (2125659606).to_bytes(4, "little")
SYNTHETIC = "SYNTHETIC"
SHIPPED = Path(__file__).parent / "models"
_RATE = re.compile(r"^\s*--sample-frequency=(\d+)", re.MULTILINE)


class UnusableModel(Exception):
    """A folder that is no model, or none that will do; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model that will do, as far as its files tell. `synthetic`: made from a synthesiser's voices, for trials."""

    path: Path
    rate: int
    synthetic: bool


def shipped(lang: str) -> Path:
    """Where the model of a language that comes with Centrala is, if there is one."""
    return SHIPPED / lang


def inspect(path: Path, *, takes_phrases: bool = True) -> ModelFolder:
    """Look a folder over before libvosk does, which ends its process over some that are amiss. Raises UnusableModel.

    One that takes no phrases will do to take down what is said.
    """
    if not path.is_dir():
        raise UnusableModel(f"{path}: no such folder; name a model of Vosk's, unpacked")
    is_fixed = (path / FIXED[0]).exists()
    if is_fixed and takes_phrases:
        raise UnusableModel(f"{path}: its graph is fixed, so that it takes no phrases; use one of Vosk's small models")
    graphs = FIXED if is_fixed else FLEXIBLE
    missing = [name for name in (*NEEDED, *graphs) if not (path / name).is_file()]
    if missing:
        raise UnusableModel(f"{path}: no {missing[0]} in it; name the folder that holds am/ and graph/")
    damaged = [name for name in graphs if _beginning(path / name) != FST_MAGIC]
    if damaged:
        raise UnusableModel(f"{path}: {damaged[0]} is no graph; unpack the model anew")
    rate = _rate(path)
    if rate not in RATES:
        raise UnusableModel(f"{path}: it hears at {rate} Hz; 8000 or 16000 will do")
    return ModelFolder(path, rate, _is_synthetic(path))


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(FST_MAGIC))


def _rate(path: Path) -> int:
    for name in ("mfcc.conf", "fbank.conf"):
        file = path / "conf" / name
        if file.is_file() and (found := _RATE.search(file.read_text("utf-8", "replace"))):
            return int(found[1])
    return DEFAULT_RATE


def _is_synthetic(path: Path) -> bool:
    readme = path / "README"
    return readme.is_file() and SYNTHETIC in readme.read_text("utf-8", "replace")
