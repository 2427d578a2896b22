"""How well a model understands voices that it has never heard: espeak-ng's held-out ones, through a telephone."""

from __future__ import annotations

import audioop
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ivr.audio.speech import Speech
from ivr.definition import Flow
from ivr.events import Heard
from ivr.phrases import meaning
from ivr.prompts import Prompt
from ivr.waits import Gather
from speech.messages import Listening
from speech.recognition import LINE_RATE, Listener, Model
from speech.resampling import WIDTH
from speech.voices import HELD_OUT

LEAD_SECONDS, TAIL_SECONDS = 0.4, 1.6
FRAME_BYTES = LINE_RATE * WIDTH // 50
WORDS_PER_MINUTE = 150
# Noise in dB below the voice; None is a quiet line.
QUIET, NOISY = None, 15
# Said and meant by no option.
FOREIGN: Mapping[str, tuple[str, ...]] = {
    "pl": ("pogoda", "taksówka", "niedziela", "herbata", "lotnisko", "telewizor", "jezioro", "walizka"),
    "uk": ("погода", "таксі", "неділя", "кава", "літак", "телевізор", "озеро", "валіза"),
    "en": ("weather", "taxi", "sunday", "coffee", "airport", "television", "lake", "suitcase"),
}
RIGHT, ASKED, MISSED, WRONG = "right", "asked back", "not understood", "wrong"


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of so many utterances in one condition: a phrase of a menu, or words that are none."""

    lang: str
    said: str
    noise: int | None
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many there were."""
        return sum(self.counts.values())


def spoken(lang: str, text: str, variant: str = "", noise: int | None = QUIET, seed: int = 0) -> bytes:
    """Samples of a text at the line's rate, in silence or noise, as mu-law carries them. Raises AudioError."""
    voice = f"{lang}+{variant}" if variant else lang
    said = Speech({lang: voice}, WORDS_PER_MINUTE).say(Prompt("said", lang, text))
    lead, tail = (bytes(int(LINE_RATE * seconds) * WIDTH) for seconds in (LEAD_SECONDS, TAIL_SECONDS))
    sound = lead + said + tail
    if noise is not None:
        sound = audioop.add(sound, _noise(len(sound), audioop.rms(said, WIDTH) / 10 ** (noise / 20), seed), WIDTH)
    return audioop.ulaw2lin(audioop.lin2ulaw(sound, WIDTH), WIDTH)


def _noise(length: int, level: float, seed: int) -> bytes:
    white = random.Random(seed).randbytes(length)
    return audioop.mul(white, WIDTH, level / audioop.rms(white, WIDTH))


def measure(flow: Flow, lang: str, model: Model, voices: int) -> Iterator[Tally]:
    """Say every phrase of every menu, and foreign words, in so many voices, quietly and in noise. Raises AudioError."""
    for noise in (QUIET, NOISY):
        phrases, foreign = Counter[str](), Counter[str]()
        for number, variant in enumerate(HELD_OUT[:voices]):
            for gather, phrase, key in _phrases(flow, lang):
                sound = spoken(lang, phrase, variant, noise, number)
                phrases[_judged(flow, _heard(flow, gather, model, sound), key)] += 1
            for gather, word in _strangers(flow, lang):
                sound = spoken(lang, word, variant, noise, number)
                foreign[_judged(flow, _heard(flow, gather, model, sound), None)] += 1
        yield Tally(lang, "phrases", noise, phrases)
        yield Tally(lang, "other words", noise, foreign)


def _phrases(flow: Flow, lang: str) -> Iterator[tuple[Gather, str, str]]:
    assert flow.speech is not None
    for (name, spoken_lang), grammar in flow.speech.grammars.items():
        if spoken_lang == lang:
            for phrase, key in grammar.items():
                yield Gather(name, 1, 0, spoken=lang), phrase, key


def _strangers(flow: Flow, lang: str) -> Iterator[tuple[Gather, str]]:
    assert flow.speech is not None
    names = [name for name, spoken_lang in flow.speech.grammars if spoken_lang == lang]
    for number, word in enumerate(FOREIGN.get(lang, ())):
        yield Gather(names[number % len(names)], 1, 0, spoken=lang), word


def _heard(flow: Flow, gather: Gather, model: Model, sound: bytes) -> Heard | None:
    assert flow.speech is not None
    phrases = tuple(flow.speech.grammars[gather.name, gather.spoken])
    listener = Listener(model, Listening(gather.spoken, phrases, 0.0))
    for start in range(0, len(sound), FRAME_BYTES):
        said = listener.hear(sound[start : start + FRAME_BYTES])
        if said is not None:
            return meaning(flow, gather, said.phrases, said.confidence)
    return None


def _judged(flow: Flow, heard: Heard | None, key: str | None) -> str:
    """What a caller makes of it; `key` is the one that was meant."""
    assert flow.speech is not None
    if heard is None or len(heard.choices) != 1 or heard.confidence < flow.speech.unsure:
        return MISSED if key is not None else RIGHT
    if heard.confidence < flow.speech.sure:
        return ASKED
    return RIGHT if heard.choices == (key,) else WRONG
