"""More voices than espeak-ng has: variants of it drawn by lot, in a data folder of one's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from speech.voices import is_for_training

# espeak-ng knows 350 voices at most, so only what is used is copied.
MADE = 200
_FILES = ("phondata", "phonindex", "phontab", "intonations", "phondata-manifest")
_FORMANTS = 9


def make_voices(source: Path, folder: Path, lang: str, seed: int = 3) -> tuple[str, ...]:
    """Copy what one language needs of `source` (espeak-ng-data) below `folder`; the variants to learn from."""
    data = folder / "espeak-ng-data"
    data.mkdir(parents=True)
    # Some letters of other languages are named in English.
    for name in (*_FILES, f"{lang}_dict", "en_dict"):
        shutil.copy(source / name, data / name)
    shutil.copytree(source / "voices" / "!v", data / "voices" / "!v")
    for file in source.glob(f"lang/*/{lang}"):
        (data / "lang" / file.parent.name).mkdir(parents=True)
        shutil.copy(file, data / "lang" / file.parent.name / lang)
    own = [name for name in sorted(file.name for file in (data / "voices" / "!v").iterdir()) if is_for_training(name)]
    random = np.random.default_rng(seed)
    made = [f"made{number:03d}" for number in range(MADE)]
    for name in made:
        (data / "voices" / "!v" / name).write_text(_variant(name, random), "utf-8")
    return (*[name for name in own if " " not in name] * 2, *made, "")


def _variant(name: str, random: np.random.Generator) -> str:
    """A voice: its pitch, the size of its throat, and how it sounds besides."""
    low, size = random.uniform(65, 250), random.uniform(82, 135)
    lines = [
        "language variant",
        f"name {name}",
        f"pitch {low:.0f} {low * random.uniform(1.15, 1.8):.0f}",
        f"flutter {random.integers(0, 9)}",
        f"roughness {random.integers(0, 5)}",
        f"voicing {random.integers(70, 170)}",
        f"consonants {random.integers(75, 135)} {random.integers(75, 135)}",
    ]
    for formant in range(_FORMANTS):
        frequency = size * random.normal(1, 0.06) if formant else 100
        height = random.integers(5, 40) if formant >= 3 and random.random() < 0.08 else random.integers(55, 125)
        lines.append(f"formant {formant} {frequency:.0f} {height} {random.integers(55, 165)}")
    if random.random() < 0.25:
        lines.append("breath " + " ".join(map(str, random.integers(0, 7, 8))))
    if random.random() < 0.2:
        lines.append(f"echo {random.integers(20, 200)} {random.integers(5, 35)}")
    if random.random() < 0.3:
        heights = [random.integers(low, 200) for low in (150, 60, 20, 30, 10)]
        lines.append(
            "tone " + " ".join(f"{hz} {h}" for hz, h in zip((100, 600, 1200, 2000, 3000), heights, strict=True))
        )
    return "\n".join(lines) + "\n"
