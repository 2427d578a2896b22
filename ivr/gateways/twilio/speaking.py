"""What the carrier lets a caller hear of a turn: our own sounds by their URLs, or words for its own voice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path

import structlog

from ivr.audio import AudioError, PromptStore
from ivr.gateways.twilio.links import Links
from ivr.gateways.twilio.verbs import Heard, Play, Say
from ivr.lookups import Said
from ivr.prompts import Prompt, is_of_a_number
from ivr.runner import Live

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of the carrier's: a BCP 47 tag, and the name that it has there."""

    language: str
    name: str


VOICES: Mapping[str, Voice] = {
    "pl": Voice("pl-PL", "Google.pl-PL-Standard-E"),
    "uk": Voice("uk-UA", "Google.uk-UA-Standard-A"),
    "en": Voice("en-GB", "Google.en-GB-Standard-A"),
}


def runs(prompts: Said) -> Iterator[tuple[int, bool, Said]]:
    """What is said in one go: the place where it begins, whether it is digits of a number, and the prompts."""
    place = 0
    for is_number, run in groupby(prompts, is_of_a_number):
        said = tuple(run)
        yield place, is_number, said
        place += len(said)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Gives prompts as the carrier can let them be heard.

    `says`: in its own voices; digits of numbers, which are people's, are our sound all the same.
    """

    store: PromptStore
    links: Links
    now: Callable[[], datetime]
    says: bool = False
    voices: Mapping[str, Voice] = field(default_factory=lambda: VOICES)

    def heard(self, live: Live, *, says: bool = False) -> tuple[Heard, ...]:
        """The prompts of a call's newest turn."""
        return tuple(
            one
            for place, is_number, said in runs(live.turn.prompts)
            for one in (self._number(live, place) if is_number else self._words(said, says or self.says))
        )

    def fixed(self, prompts: Said) -> tuple[Heard, ...]:
        """Prompts without a call."""
        return tuple(self._words(prompts, self.says)) if prompts else ()

    def seconds(self, prompts: Said) -> float:
        """How long these last as our sound, digits of numbers aside; 0 where they cannot be made."""
        try:
            return sum(self.store.sound(said).seconds for _, is_number, said in runs(prompts) if not is_number)
        except AudioError:
            return 0.0

    def digits(self, live: Live, place: int) -> bytes | None:
        """The sound of the digits that begin at a place among the turn's prompts. Raises AudioError."""
        found = (said for begin, is_number, said in runs(live.turn.prompts) if is_number and begin == place)
        said = next(found, None)
        return None if said is None else self.store.joined(said)

    def _number(self, live: Live, place: int) -> Iterator[Heard]:
        yield Play(self.links.number(live.call_id, live.seq, place, self.now().timestamp()))

    def _words(self, said: Said, says: bool) -> Iterator[Heard]:
        if says:
            yield from map(self._said, said)
            return
        try:
            name = Path(self.store.sound(said).path).name
        except AudioError as error:
            # The carrier's voice is better than silence, and prompts that are no numbers hold nothing personal.
            log.error("a prompt cannot be made", reason=str(error))
            yield from map(self._said, said)
            return
        yield Play(self.links.sound(name, self.now().timestamp()))

    def _said(self, prompt: Prompt) -> Say:
        voice = self.voices.get(prompt.lang, next(iter(self.voices.values())))
        return Say(prompt.text, voice.language, voice.name)
