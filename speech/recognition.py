"""libvosk: one model of a language for all, one recogniser for each time that something is listened for.

A recogniser belongs to one thread at a time, and its grammar is never changed: libvosk ends the process over either.
"""

from __future__ import annotations

import audioop
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import vosk

from speech.grammar import Grammar, Known, make_grammar
from speech.hearing import Utterance, spoken_words, understood
from speech.messages import Listening
from speech.models import ModelFolder, UnusableModel, inspect

LINE_RATE = 8000
WIDTH = 2

vosk.SetLogLevel(-1)


class Model:
    """A model in memory. Safe to share between threads. Raises UnusableModel."""

    def __init__(self, folder: ModelFolder) -> None:
        self.folder = folder
        try:
            # By its path: by a language libvosk would look for one on the network.
            self._model: Any = vosk.Model(model_path=str(folder.path))
        except Exception as error:
            raise UnusableModel(f"{folder.path}: libvosk cannot load it; unpack it anew") from error
        self.known: Known = lru_cache(4096)(self._knows)

    def _knows(self, word: str) -> bool:
        return int(self._model.vosk_model_find_word(word)) >= 0

    def grammar(self, phrases: tuple[object, ...]) -> Grammar:
        """What of these phrases can be listened for."""
        return make_grammar(phrases, self.known)

    def recogniser(self, grammar: Grammar) -> Any:
        """A recogniser of libvosk's own."""
        made = vosk.KaldiRecognizer(self._model, self.folder.rate, grammar.text)
        made.SetWords(True)
        return made

    def dictation(self, rate: int) -> Any:
        """A recogniser of libvosk's own for sound of any rate, which knows all the model's words."""
        made = vosk.KaldiRecognizer(self._model, rate)
        made.SetWords(True)
        return made


class Listener:
    """Listens for phrases in sound from a telephone line, once: until something is understood."""

    def __init__(self, model: Model, asked: Listening) -> None:
        self.lang = asked.lang
        self.grammar = model.grammar(asked.phrases)
        self._prompt = asked.prompt
        self._rate = model.folder.rate
        self._recogniser = model.recogniser(self.grammar)
        self._resampling: Any = None

    def hear(self, sound: bytes) -> Utterance | None:
        """Take in 16-bit samples at LINE_RATE; what was said, once it is over.

        While a prompt is heard only a phrase counts: a cough, or other people, cut nobody's prompt short.
        """
        if not self._recogniser.AcceptWaveform(self._at_rate(sound)):
            return None
        said = understood(self.grammar, self._recogniser.Result())
        if said is None or (not said.phrases and said.began < self._prompt):
            return None
        return said

    def _at_rate(self, sound: bytes) -> bytes:
        if self._rate == LINE_RATE:
            return sound
        converted, self._resampling = audioop.ratecv(sound, WIDTH, 1, LINE_RATE, self._rate, self._resampling)
        return converted


class Dictation:
    """Writes down whatever is said in a sound, as far as the model knows the words."""

    def __init__(self, model: Model, rate: int) -> None:
        self._recogniser = model.dictation(rate)

    def hear(self, sound: bytes) -> list[tuple[float, str]]:
        """Take in 16-bit samples; the words of what is over, each with the second in which it begins."""
        return spoken_words(self._recogniser.Result()) if self._recogniser.AcceptWaveform(sound) else []

    def end(self) -> list[tuple[float, str]]:
        """The words of what was not over yet."""
        return spoken_words(self._recogniser.FinalResult())


def load_models(folders: Mapping[str, Path]) -> dict[str, Model]:
    """The models by language. Raises UnusableModel."""
    return {lang: Model(inspect(path)) for lang, path in folders.items()}
