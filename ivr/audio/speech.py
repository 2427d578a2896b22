"""Speech by espeak-ng, a process per prompt. https://github.com/espeak-ng/espeak-ng/blob/master/src/espeak-ng.1.ronn"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import provision
from ivr.audio.faults import AudioError
from ivr.audio.shaping import ShapeError, shaped
from ivr.prompts import Prompt

PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Speech:
    """How prompts are spoken: espeak-ng voices by language (a language without one is its own voice's name).

    `program` finds espeak-ng; it is asked only when something is spoken.
    """

    voices: Mapping[str, str]
    words_per_minute: int
    program: Callable[[], provision.Program] = provision.espeak_ng

    def voice(self, lang: str) -> str:
        """The voice that speaks a language."""
        return self.voices.get(lang, lang)

    def setting(self, lang: str) -> str:
        """All that decides how a text of that language sounds."""
        return f"espeak-ng {self.voice(lang)} {self.words_per_minute}"

    def say(self, prompt: Prompt) -> bytes:
        """The prompt's samples. Raises AudioError."""
        try:
            return shaped(self._spoken(prompt))
        except ShapeError as error:
            raise AudioError(f'prompt "{prompt.name}" ({prompt.lang}): espeak-ng says nothing: {error}') from error

    def _spoken(self, prompt: Prompt) -> bytes:
        voice = self.voice(prompt.lang)
        options = ("-v", voice, "-s", str(self.words_per_minute), "-b", "1", "--stdin", "--stdout")
        try:
            program = self.program()
            result = subprocess.run(
                [*program.command, *options],
                input=prompt.text.encode(),
                env=program.full_environment(),
                capture_output=True,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        except provision.ProvisionError as error:
            raise AudioError(str(error)) from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AudioError(f"espeak-ng does not run ({error}); install the package espeak-ng") from error
        if result.returncode != 0:
            said = result.stderr.decode(errors="replace").strip()
            raise AudioError(
                f'espeak-ng cannot speak "{prompt.lang}" with the voice "{voice}": {said or result.returncode}; '
                f"choose another under prompts: voices: in the settings (espeak-ng --voices lists them)"
            )
        return result.stdout
