"""The decoding graphs of a loop of words, in OpenFst's binary form (VectorFst, version 2, tropical).

http://www.openfst.org; libvosk composes `HCLr.fst` with a grammar that is made when a caller is listened to.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

UNKNOWN = "[unk]"
_MAGIC = 2125659606
_PROPERTIES = 3
_TO_SILENCE, _TO_WORD = 0.7, 0.7


@dataclass(frozen=True, slots=True)
class Arc:
    """From a state to another, by an input label (a transition of sounds) to an output label (a word)."""

    origin: int
    target: int
    takes: int
    gives: int
    weight: float = 0.0


@dataclass(slots=True)
class Loop:
    """The loop of words under construction; `forward` and `stay` are the transitions of a sound by its name."""

    forward: Callable[[str], int]
    stay: Callable[[str], int]
    arcs: list[Arc] = field(default_factory=list)
    states: int = 2

    def begin(self) -> None:
        """From the start to where words begin, with or without silence."""
        self.arcs.append(Arc(0, 1, 0, 0, _TO_SILENCE))
        self._silence(0)

    def word(self, label: int, sounds: tuple[str, ...]) -> None:
        """A word: its sounds one after another, each for as long as it lasts, and silence behind it or none."""
        at = 1
        for place, sound in enumerate(sounds):
            at = self._sound(at, sound, label if place == 0 else 0)
        self.arcs.append(Arc(at, 1, 0, 0, _TO_WORD))
        self._silence(at)

    def _silence(self, at: int) -> None:
        self.arcs.append(Arc(self._sound(at, "SIL", 0, _TO_SILENCE), 1, 0, 0))

    def _sound(self, at: int, sound: str, label: int, weight: float = 0.0) -> int:
        state, self.states = self.states, self.states + 1
        self.arcs += (Arc(at, state, self.forward(sound), label, weight), Arc(state, state, self.stay(sound), 0))
        return state


def write_graphs(folder: Path, words: Mapping[str, tuple[tuple[str, ...], ...]], loop: Loop) -> None:
    """Write both graphs and the list of words; each word can be said in one or several ways."""
    labels = {word: number for number, word in enumerate(words, start=1)}
    loop.begin()
    for word, ways in words.items():
        for sounds in ways:
            loop.word(labels[word], sounds)
    _write(folder / "HCLr.fst", sorted(loop.arcs, key=lambda arc: arc.gives), {1}, loop.states)
    price = math.log(len(labels))
    _write(folder / "Gr.fst", [Arc(0, 0, label, label, price) for label in labels.values()], {0}, 1)
    lines = "".join(f"{word} {label}\n" for word, label in {"<eps>": 0, **labels}.items())
    (folder / "words.txt").write_text(lines, "utf-8")


def _write(path: Path, arcs: list[Arc], finals: set[int], states: int) -> None:
    leaving: list[list[Arc]] = [[] for _ in range(states)]
    for arc in arcs:
        leaving[arc.origin].append(arc)
    head = struct.pack("<i", _MAGIC) + _text(b"vector") + _text(b"standard")
    parts = [head, struct.pack("<iiQqqq", 2, 0, _PROPERTIES, 0, states, len(arcs))]
    for state, own in enumerate(leaving):
        parts.append(struct.pack("<fq", 0.0 if state in finals else math.inf, len(own)))
        parts += [struct.pack("<iifi", arc.takes, arc.gives, arc.weight, arc.target) for arc in own]
    path.write_bytes(b"".join(parts))


def _text(text: bytes) -> bytes:
    return struct.pack("<i", len(text)) + text
