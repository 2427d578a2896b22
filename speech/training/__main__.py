"""`python -m speech.training LANGUAGE FOLDER`: a model of the words on stdin, one a line.

It runs in the environment of espeak-ng (its library and its data); `centrala speech build-model` starts it so.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from speech.training.corpus import Corpus
from speech.training.espeak import Espeak
from speech.training.kaldi import write_model
from speech.training.lessons import LESSONS
from speech.training.network import train
from speech.training.variants import make_voices

UTTERANCES, EPOCHS = 14000, 10
SYNTHETIC = (
    "SYNTHETIC, FOR TRIALS ONLY. This model was trained on nothing but espeak-ng's voices by Centrala\n"
    "(`centrala speech build-model`). It has never heard a human being: use one of Vosk's models for real callers.\n"
)


def main() -> None:
    """Build one model."""
    parser = argparse.ArgumentParser(prog="python -m speech.training")
    parser.add_argument("lang", choices=sorted(LESSONS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--utterances", type=int, default=UTTERANCES)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    asked = parser.parse_args()
    words = tuple(dict.fromkeys(sys.stdin.read().split()))
    data = Path(os.environ.get("ESPEAK_DATA_PATH", "/usr/lib/x86_64-linux-gnu")) / "espeak-ng-data"
    begun = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {line}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="voices-") as folder:
        variants = make_voices(data, Path(folder), asked.lang)
        corpus = Corpus(Espeak(asked.lang, folder), words, LESSONS[asked.lang], variants)
        examples = list(corpus.examples(asked.utterances))
    hours = sum(example.seconds for example in examples) / 3600
    tell(f"{len(examples)} utterances, {hours:.1f} hours, {len(corpus.classes)} classes")
    acoustics = train(examples, len(corpus.classes), asked.epochs, tell)
    write_model(asked.folder, acoustics, corpus.classes, corpus.lexicon)
    (asked.folder / "README").write_text(SYNTHETIC, "utf-8")


if __name__ == "__main__":
    main()
