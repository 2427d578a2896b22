"""espeak-ng as a library, since only there it tells when each sound begins.

https://github.com/espeak-ng/espeak-ng/blob/master/src/include/espeak-ng/speak_lib.h
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass

import numpy as np

from speech.training.features import Samples

LIBRARY = "libespeak-ng.so.1"
RATE = 22050
_SYNCHRONOUS, _PHONEME_EVENTS, _UTF8 = 2, 1, 1
_END, _WORD, _PHONEME = 0, 1, 7
_SPEED, _VOLUME, _PITCH, _PITCH_RANGE = 1, 2, 3, 4


class EspeakError(RuntimeError):
    """espeak-ng cannot be used, or has no such voice."""


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Manner:
    """How a text is said: a variant of the language's voice (empty: the voice itself), words a minute, pitch (0-99)."""

    variant: str = ""
    speed: int = 170
    pitch: int = 50
    pitch_range: int = 50


@dataclass(frozen=True, slots=True)
class Mark:
    """A sound begins at `sample`; `text_position` is that of the word that it belongs to, in characters from 1."""

    sample: int
    phoneme: str
    text_position: int


class Espeak:
    """One synthesiser; a process can have no more than one. `data` is the folder that holds espeak-ng-data."""

    def __init__(self, lang: str, data: str | None = None) -> None:
        try:
            self._library = ctypes.CDLL(LIBRARY)
        except OSError as error:
            raise EspeakError(f"{LIBRARY} cannot be loaded: {error}") from error
        where = data or os.environ.get("ESPEAK_DATA_PATH")
        rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, where.encode() if where else None, _PHONEME_EVENTS)
        if rate != RATE:
            raise EspeakError(f"espeak-ng speaks at {rate} Hz, not {RATE}")
        self._lang = lang
        self._parts: list[Samples] = []
        self._marks: list[Mark] = []
        self._word = 1
        self._callback = _CALLBACK(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, manner: Manner = Manner()) -> tuple[Samples, list[Mark]]:
        """The samples, at RATE, and where each sound begins. Raises EspeakError."""
        voice = f"{self._lang}+{manner.variant}" if manner.variant else self._lang
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EspeakError(f"espeak-ng has no voice {voice}")
        settings = ((_SPEED, manner.speed), (_PITCH, manner.pitch), (_PITCH_RANGE, manner.pitch_range), (_VOLUME, 100))
        for parameter, value in settings:
            self._library.espeak_SetParameter(parameter, int(value), 0)
        self._parts, self._marks, self._word = [], [], 1
        raw = text.encode()
        self._library.espeak_Synth(raw, len(raw) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return np.concatenate(self._parts) if self._parts else np.zeros(0), self._marks

    def _receive(self, samples: object, count: int, events: object) -> int:
        if samples and count > 0:
            self._parts.append(np.ctypeslib.as_array(samples, (count,)).astype(np.float64))
        index = 0
        while (event := events[index]).type != _END:  # type: ignore[index]
            if event.type == _WORD:
                self._word = event.text_position
            elif event.type == _PHONEME:
                phoneme = bytes(event.id.string).split(b"\0")[0].decode("utf-8", "replace")
                self._marks.append(Mark(event.sample, phoneme, self._word))
            index += 1
        return 0
