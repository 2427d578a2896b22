"""The cache of prompts: a folder of files named by their content, and an index of it in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import structlog

from ivr.audio import wav
from ivr.audio.faults import AudioError
from ivr.audio.kept import kept_sequences
from ivr.audio.keys import PAUSE_SECONDS, Keys, sequence_key
from ivr.audio.recordings import Recordings
from ivr.audio.saying import addresses, prompts_of
from ivr.audio.speech import Speech
from ivr.audio.wav import Sound
from ivr.definition import Flow
from ivr.exploration import Said
from ivr.prompts import Prompt

VOICES = {"pl": "pl", "uk": "uk", "en": "en-gb"}
WORDS_PER_MINUTE = 150
# What is played where nothing is said: there must be a file.
NOTHING_SECONDS = 0.1

# The folder, beside the prompts, of what flows say.
SEQUENCES = "sequences"

Progress = Callable[[int, int], None]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a flow can say, and what of it was made now.

    `prompts` (of which `recorded` by the operator) last for `seconds` in all and make up `sequences`; the build
    rendered and joined those that were not there yet.
    """

    prompts: int
    recorded: int
    sequences: int
    rendered: int
    joined: int
    seconds: float


class PromptStore:
    """Gives prompts as files. Safe to share between threads; several processes may share one folder.

    `voices` are espeak-ng's by language, `recorded` is a folder of the operator's own recordings.
    """

    def __init__(
        self,
        folder: Path,
        *,
        voices: Mapping[str, str] = VOICES,
        words_per_minute: int = WORDS_PER_MINUTE,
        recorded: Path | None = None,
        speech: Speech | None = None,
    ) -> None:
        self._folder = folder.absolute()
        self._speech = speech or Speech(voices, words_per_minute)
        self._recordings = Recordings(recorded)
        self._keys = Keys(self._speech, self._recordings)
        self._known: dict[Said, Sound] = {}

    def sound(self, prompts: Said) -> Sound:
        """The prompts one after another, as one file. Raises AudioError."""
        return self._known.get(prompts) or self._look_up(prompts)

    def join(self, prompts: Said, path: Path) -> None:
        """The prompts one after another as a file of its own, for what is said once. Raises AudioError."""
        wav.write(path, self._samples(self._keys, prompts))

    def joined(self, prompts: Said) -> bytes:
        """The prompts one after another as a WAV file that is kept nowhere. Raises AudioError."""
        return wav.encoded(self._samples(self._keys, prompts))

    def sequences(self, flow: Flow) -> tuple[Said, ...]:
        """All that the flow can say in one go; once found out it is kept beside the prompts."""
        return kept_sequences(self._folder / SEQUENCES, flow)

    def file_of(self, prompt: Prompt) -> Path:
        """Where the prompt's sound is kept, be it there yet or not; what is there is not made again."""
        return self._file(self._keys, (prompt,))

    def build(self, flow: Flow, progress: Progress = lambda done, total: None) -> BuildReport:
        """Make all that the flow can say and that is not there yet; notice new recordings. Raises AudioError."""
        keys = Keys(self._speech, self._recordings)
        self._refuse_recorded_addresses(flow, keys)
        sequences = self.sequences(flow)
        prompts = prompts_of(flow, sequences)
        total = len(prompts) + len(sequences)
        parts = self._make(keys, [(prompt,) for prompt in prompts], lambda done: progress(done, total))
        whole = self._make(keys, sequences, lambda done: progress(len(prompts) + done, total))
        self._keys = keys
        self._known = {said: sound for said, (sound, _) in whole.items()}
        return BuildReport(
            prompts=len(prompts),
            recorded=sum(map(keys.is_recorded, prompts)),
            sequences=len(sequences),
            rendered=sum(made for _, made in parts.values()),
            joined=sum(made for _, made in whole.values()),
            seconds=round(sum(sound.seconds for sound, _ in parts.values()), 1),
        )

    def _refuse_recorded_addresses(self, flow: Flow, keys: Keys) -> None:
        for prompt in addresses(flow):
            if keys.is_recorded(prompt):
                path = self._recordings.path(prompt)
                raise AudioError(f"{path}: addresses are read from the table of offices; delete this recording")

    def _make(
        self, keys: Keys, wanted: Iterable[Said], progress: Callable[[int], None]
    ) -> dict[Said, tuple[Sound, bool]]:
        """Find or make them all, several at once."""
        made = {}
        with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="prompts") as pool:
            tasks = {pool.submit(self._find_or_make, keys, said): said for said in wanted}
            try:
                for done, task in enumerate(as_completed(tasks), start=1):
                    made[tasks[task]] = task.result()
                    progress(done)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return made

    def _look_up(self, prompts: Said) -> Sound:
        """The sound of prompts that the index does not know: on disk, or made while the caller waits."""
        keys = self._keys
        found = wav.find(self._file(keys, prompts))
        if found is None:
            missing = [prompt.name for prompt in prompts if wav.find(self._file(keys, (prompt,))) is None]
            if missing:
                log.warning("prompts are rendered while a caller waits", prompts=missing)
            found, _ = self._find_or_make(keys, prompts)
        self._known[prompts] = found
        return found

    def _find_or_make(self, keys: Keys, said: Said) -> tuple[Sound, bool]:
        """The sound, and whether it had to be made."""
        path = self._file(keys, said)
        found = wav.find(path)
        return (found, False) if found is not None else (wav.write(path, self._samples(keys, said)), True)

    def _samples(self, keys: Keys, said: Said) -> bytes:
        match said:
            case ():
                return wav.silence(NOTHING_SECONDS)
            case (prompt,):
                return (self._recordings.take if keys.is_recorded(prompt) else self._speech.say)(prompt)
            case _:
                for prompt in said:
                    self._find_or_make(keys, (prompt,))
                return wav.silence(PAUSE_SECONDS).join(wav.read(self._file(keys, (prompt,))) for prompt in said)

    def _file(self, keys: Keys, said: Said) -> Path:
        return self._folder / f"{sequence_key([keys.of(prompt) for prompt in said])}.wav"
