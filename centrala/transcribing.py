"""Listening to recordings afterwards: what each side said, by a model of the call's language."""

from __future__ import annotations

import audioop
from collections.abc import Mapping

from recordings.archive import Archive
from recordings.catalogue import Recording
from recordings.decoding import sound_of
from recordings.transcripts import SIDES, Transcript, Word
from recordings.wav import WIDTH, Format
from speech.recognition import Dictation, Model

FIRST, SECOND = (1.0, 0.0), (0.0, 1.0)


def transcribe(archive: Archive, recording: Recording, lang: str, model: Model) -> Transcript:
    """The transcript of a recording. Raises RecordingFault, OSError."""
    form, sound = sound_of(archive.sound(recording.id), recording.format)
    sides = {side: Dictation(model, form.rate) for side in (SIDES if form.channels > 1 else SIDES[:1])}
    words: list[Word] = []
    for piece in sound:
        for side, heard in _sides(piece, form).items():
            words += [Word(side, at, text) for at, text in sides[side].hear(heard)]
    for side, dictation in sides.items():
        words += [Word(side, at, text) for at, text in dictation.end()]
    ordered = tuple(sorted(words, key=lambda word: word.at))
    return Transcript(lang, model.folder.path.name, model.folder.synthetic, ordered)


def _sides(piece: bytes, form: Format) -> Mapping[str, bytes]:
    if form.channels == 1:
        return {SIDES[0]: piece}
    return {side: audioop.tomono(piece, WIDTH, *factors) for side, factors in zip(SIDES, (FIRST, SECOND), strict=True)}
