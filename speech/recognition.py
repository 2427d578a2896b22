"""libvosk: one model of a language for all, one recogniser for each time that something is listened for.

A recogniser belongs to one thread at a time, and its grammar is never changed: libvosk ends the process over either.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import vosk

from speech.grammar import Grammar, Known, make_grammar
from speech.hearing import Utterance, understood
from speech.messages import Listening
from speech.models import ModelFolder, UnusableModel, inspect
from speech.resampling import WIDTH, Resampler

LINE_RATE = 8000

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

    def dictation(self) -> Any:
        """A recogniser of libvosk's own for whatever is said."""
        made = vosk.KaldiRecognizer(self._model, self.folder.rate)
        made.SetWords(True)
        return made

    def recogniser(self, grammar: Grammar) -> Any:
        """A recogniser of libvosk's own."""
        made = vosk.KaldiRecognizer(self._model, self.folder.rate, grammar.text)
        made.SetWords(True)
        return made


class Listener:
    """Listens for phrases in sound from a telephone line, once: until something is understood."""

    def __init__(self, model: Model, asked: Listening) -> None:
        self.lang = asked.lang
        self.grammar = model.grammar(asked.phrases)
        # When the prompt is over, and how much was heard so far, in seconds of the sound that is heard.
        self._prompt, self._heard = asked.prompt, 0.0
        self._resample = Resampler(LINE_RATE, model.folder.rate)
        self._recogniser = model.recogniser(self.grammar)

    def hear(self, sound: bytes, skipped: float = 0.0) -> Utterance | None:
        """Take in 16-bit samples at LINE_RATE; what was said, once it is over.

        While a prompt is heard only a phrase counts: a cough, or other people, cut nobody's prompt short. It goes on
        during so many seconds of the line that were `skipped` before the sound.
        """
        if self._heard < self._prompt:
            self._prompt = max(self._heard, self._prompt - skipped)
        self._heard += len(sound) / (LINE_RATE * WIDTH)
        if not self._recogniser.AcceptWaveform(self._resample(sound)):
            return None
        said = understood(self.grammar, self._recogniser.Result())
        if said is None or (not said.phrases and said.began < self._prompt):
            return None
        return said


def load_models(folders: Mapping[str, Path]) -> dict[str, Model]:
    """The models by language. Raises UnusableModel."""
    return {lang: Model(inspect(path)) for lang, path in folders.items()}
