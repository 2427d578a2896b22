"""Utterances by synthetic voices, with the sound that each frame of them belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from speech.training.channel import signal, telephone
from speech.training.espeak import RATE as SPOKEN_RATE
from speech.training.espeak import Espeak, EspeakError, Manner, Mark
from speech.training.features import HOP, RATE, WINDOW, Matrix, Samples, cepstra
from speech.training.lessons import Lessons

# The classes of frames before the language's sounds: silence, a word that is none of ours, any speech at all.
SILENCE, OTHER, ANY = range(3)
CLASSES = ("SIL", "SPN", "ANY")
_TRIES = 5
_MOST_BABBLE = 40
_SHORTEST = 2000
# So many of what is heard is no speech: tones, keys, tunes.
SIGNALS = 0.08

# What is said: texts, each of them one of the words or not.
Sentence = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance: its features, and the class of each frame."""

    features: Matrix
    classes: npt.NDArray[np.int64]
    seconds: float


class Corpus:
    """Says the words of a language and others, as many times as it is asked. `lexicon` are the sounds of each word."""

    def __init__(
        self, espeak: Espeak, words: tuple[str, ...], lessons: Lessons, variants: tuple[str, ...], seed: int = 1
    ) -> None:
        self._espeak = espeak
        self._lessons = lessons
        self._variants = variants
        self._random = np.random.default_rng(seed)
        self.lexicon = {word: _sounds(espeak.say(word)[1]) for word in words}
        sounds = sorted({sound for spelt in self.lexicon.values() for sound in spelt})
        self.classes = (*CLASSES, *sounds)
        self._number = {name: index for index, name in enumerate(self.classes)}
        self._babble: list[Samples] = []

    def examples(self, count: int) -> Iterator[Example]:
        """So many utterances; the few that espeak-ng says otherwise than expected are left out."""
        for sentence in self._sentences(count):
            example = self._signal() if self._random.random() < SIGNALS else self._example(sentence)
            if example is not None:
                yield example

    def _sentences(self, count: int) -> Iterator[Sentence]:
        """Single words, words in a row, words within other speech, and other speech."""
        random, words, lessons = self._random, tuple(self.lexicon), self._lessons
        for number in range(count):
            chance = random.random()
            if chance < 0.5:
                yield ((words[number % len(words)], True),)
            elif chance < 0.7:
                yield tuple((words[random.integers(len(words))], True) for _ in range(random.integers(2, 6)))
            elif chance < 0.8:
                before, after = lessons.carriers[random.integers(len(lessons.carriers))].split("{}")
                spoken = ((before.strip(), False), (words[random.integers(len(words))], True), (after.strip(), False))
                yield tuple(part for part in spoken if part[0])
            else:
                yield ((lessons.others[random.integers(len(lessons.others))], False),)

    def _example(self, sentence: Sentence) -> Example | None:
        for _ in range(_TRIES):
            try:
                spoken, marks = self._espeak.say(" ".join(text for text, _ in sentence), self._manner())
            except EspeakError:
                continue
            labels = self._labels(sentence, marks)
            if labels is not None and len(spoken) > _SHORTEST:
                return self._heard(spoken, labels)
        return None

    def _signal(self) -> Example:
        """Something that is no speech at all, and none of our words."""
        spoken = signal(int(self._random.uniform(0.3, 2.0) * RATE), self._random) * 8000
        return self._heard(resample_poly(spoken, SPOKEN_RATE // 50, RATE // 50), [(0, OTHER)])

    def _manner(self) -> Manner:
        random = self._random
        variant = self._variants[random.integers(len(self._variants))]
        return Manner(variant, *map(int, (random.integers(115, 225), random.integers(15, 86), random.integers(20, 81))))

    def _labels(self, sentence: Sentence, marks: list[Mark]) -> list[tuple[int, int]] | None:
        """From which sample on the sound is of which class; None where a word is not said as it is spelt."""
        labels: list[tuple[int, int]] = []
        for (text, is_ours), sounds in zip(sentence, _by_part(sentence, marks), strict=True):
            if not is_ours:
                labels += [(mark.sample, SILENCE if _name(mark) is None else OTHER) for mark in sounds]
                continue
            expected = iter(self.lexicon[text])
            last: str | None = None
            for mark in sounds:
                name = _name(mark)
                if name is None:
                    labels.append((mark.sample, SILENCE))
                elif name != last:
                    if next(expected, None) != name:
                        return None
                    labels.append((mark.sample, self._number[name]))
                last = name or last
            if next(expected, None) is not None:
                return None
        return labels

    def _heard(self, spoken: Samples, labels: list[tuple[int, int]]) -> Example:
        """At another size of throat, with silence around it, through a telephone."""
        random = self._random
        rate = round(RATE * random.uniform(0.9, 1.12) / 10) * 10
        narrow = resample_poly(spoken, rate // 10, SPOKEN_RATE // 10)
        lead, tail = (int(random.uniform(*span) * RATE) for span in ((0.05, 0.7), (0.15, 0.8)))
        samples = telephone(np.concatenate([np.zeros(lead), narrow, np.zeros(tail)]), random, lambda: self._somebody())
        starts = np.array([*[int(sample * rate / SPOKEN_RATE) + lead for sample, _ in labels], len(samples) - tail])
        kinds = np.array([*[kind for _, kind in labels], SILENCE])
        features = cepstra(samples)
        centres = np.arange(len(features)) * HOP + WINDOW // 2
        place = np.searchsorted(starts, centres, "right") - 1
        return Example(features, np.where(place < 0, SILENCE, kinds[np.maximum(place, 0)]), len(samples) / RATE)

    def _somebody(self) -> Samples:
        random = self._random
        if len(self._babble) < _MOST_BABBLE:
            text = self._lessons.others[random.integers(len(self._lessons.others))]
            spoken, _ = self._espeak.say(text, self._manner())
            self._babble.append(resample_poly(spoken, 160, 441))
        return self._babble[random.integers(len(self._babble))]


def _by_part(sentence: Sentence, marks: list[Mark]) -> list[list[Mark]]:
    """The marks of each part of a sentence; espeak-ng tells where in the text the word stands."""
    ends, position = [], 0
    for text, _ in sentence:
        position += len(text) + 1
        ends.append(position)
    parts: list[list[Mark]] = [[] for _ in sentence]
    for mark in marks:
        part = next((index for index, end in enumerate(ends) if mark.text_position <= end), len(ends) - 1)
        parts[part].append(mark)
    return parts


def _sounds(marks: list[Mark]) -> tuple[str, ...]:
    """The sounds of a word; one that goes on is one."""
    sounds: list[str] = []
    for mark in marks:
        name = _name(mark)
        if name is not None and sounds[-1:] != [name]:
            sounds.append(name)
    return tuple(sounds)


def _name(mark: Mark) -> str | None:
    """The name of a sound, fit for Kaldi's files; None for silence and for what only marks another sound."""
    plain = mark.phoneme.rstrip("#").replace("'", "j_")
    return None if plain in ("", ";") or plain.startswith("_") else plain
