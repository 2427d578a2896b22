"""Callers who speak beside callers who key, on a real Asterisk and a real recogniser, timed at their telephones.

Rounds in which nobody speaks, everybody does something and some are alone take turns, so that noise hits all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from bench import asked, ground, keypress, leavers, talkers, tones, wire
from bench.keypress import Sample, Script
from bench.leavers import Left
from bench.overheard import Overheard
from bench.processor import Meter, Repeats, Usage
from bench.talkers import Choices
from bench.words import Ear, Word, sounds
from demo.asterisk_process import free_ports
from demo.station import Station
from ivr.menus.loading import load_menus
from speech.voices import HELD_OUT

LABELS = ("emerytury", "zasiłki", "ubezpieczeni", "lekarze", "konsultant", "pomoc techniczna")
MENU = "spoken-one"
THE_END = "9"
# Through the menus in which words count, without any.
LISTENED: Script = (
    (tones.FIRST, talkers.TO_WORDS),
    (tones.SECOND, talkers.OPTION),
    (tones.FIRST, THE_END),
    (tones.GOODBYE, ""),
)
WARM_SECONDS = 6.0
NOBODY = Sample((), 0, 0)
# The process between Asterisk and the recogniser.
WIRE = "wire"


class Scene(Enum):
    """Who is there: others who key, callers who speak, both; the same callers saying it to nobody, and keying.

    And others who key where words would count.
    """

    OTHERS = "others"
    LISTENED = "listened"
    BOTH = "both"
    SPEAKING = "speaking"
    KEYING = "keying"


@dataclass(frozen=True, slots=True)
class Talk:
    """How it is measured: rounds of so many `seconds` a scene, callers who speak, `lines` of others, and voices.

    So many disturbed rounds are repeated. At the end callers hang up on as many lines for `leaving` seconds.
    """

    rounds: int
    seconds: float
    callers: int
    lines: int
    voices: int
    repeats: int
    leaving: float


@dataclass(frozen=True, slots=True)
class Round:
    """What callers noticed in a scene, and what it cost; `telephones` are seconds of the processor of their own end."""

    scene: Scene
    others: Sample
    choices: Choices
    usages: tuple[Usage, ...]
    telephones: float

    def __add__(self, other: Round) -> Round:
        """Both together."""
        return Round(
            self.scene,
            self.others + other.others,
            self.choices + other.choices,
            self.usages + other.usages,
            self.telephones + other.telephones,
        )

    @property
    def usage(self) -> Usage:
        """Of a single round."""
        (one,) = self.usages
        return one

    @property
    def seconds(self) -> float:
        """How long it lasted in all."""
        return sum(usage.seconds for usage in self.usages)

    def cores(self, part: str) -> float:
        """What a part has used of the processor, in cores."""
        return sum(usage.parts.get(part, 0.0) for usage in self.usages) / self.seconds

    def per_choice(self, part: str) -> float | None:
        """Processor seconds of a part for each choice; None where there was none."""
        made = len(self.choices.made) + self.choices.missed
        return sum(usage.parts[part] for usage in self.usages) / made if made else None


@dataclass(frozen=True, slots=True)
class Spoken:
    """All of it: how, with how many sounds, each scene, and those who hung up."""

    talk: Talk
    sounds: int
    rounds: tuple[Round, ...]
    left: Left

    def of(self, scene: Scene) -> Round:
        """A scene."""
        return next(one for one in self.rounds if one.scene is scene)


def measure(folder: Path, talk: Talk, say: Callable[[str], None]) -> Spoken:
    """Place the calls. Raises StationError, AsteriskError, ProvisionError, PhoneTimeoutError, AudioError."""
    menus = folder / "spoken.yaml"
    menus.write_text(service(), "utf-8")
    ear, kept = Ear(), folder / "overheard"
    words = sounds(ear, load_menus(menus).flow, MENU, HELD_OUT[: talk.voices], keypress.HEARS_FRAMES)
    say(f"  {len(words)} sounds")
    found: dict[Scene, Round] = {}
    with _running(folder / "spoken", menus, kept) as (station, between):
        callers, repeats = _Callers(station, between, words, talk), Repeats(talk.repeats)
        callers.warm_up()
        for number in range(talk.rounds):
            for scene in tuple(Scene)[:: 1 if number % 2 == 0 else -1]:
                made = repeats.measure(partial(callers.round, scene), lambda made: made.usage)
                found[scene] = found[scene] + made if scene in found else made
            say(f"  round {number + 1} of {talk.rounds}")
        leaving_since, staying = time.monotonic(), callers.leaving()
        in_real_time = callers.in_real_time
    with kept.open("rb") as file:
        everything = asked.everything(wire.read(file))
    overheard = Overheard(everything, {word.last for word in words}, ear.endpoint)
    listened_to = sum(one.at is not None and one.at >= leaving_since for one in everything)
    left = Left(listened_to, talk.leaving, staying, in_real_time)
    told = (replace(found[scene], choices=overheard.told(found[scene].choices)) for scene in Scene)
    return Spoken(talk, len(words), tuple(told), left)


def service() -> str:
    """The menus that callers speak to, as YAML."""
    template = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    made = template.from_string((ground.HERE / "spoken.yaml.j2").read_text("utf-8"))
    return made.render(words=LABELS, spoken=talkers.TO_WORDS, keyed=talkers.TO_KEYS, end=THE_END)


@contextmanager
def _running(home: Path, menus: Path, kept: Path) -> Iterator[tuple[Station, int]]:
    """An installation with a recogniser at the other end of a wire, and the wire's process id.

    What Asterisk says over the wire is in the file `kept`. Raises StationError, AsteriskError, ProvisionError.
    """
    near, far = free_ports(2)
    with ground.made_station(home, more=_listens(near), menus=menus) as station:
        station.render()
        station.start_asterisk()
        station.settings = {**station.settings, **_listens(far)}
        station.write_settings()
        station.start_speech()
        with wire.laid(near, far, kept) as between:
            station.start_node()
            yield station, between


def _listens(port: int) -> dict[str, object]:
    return {"speech": {"listen": f"127.0.0.1:{port}"}}


class _Callers:
    """Those who call one service: some speak, the others key."""

    def __init__(self, station: Station, between: int, words: tuple[Word, ...], talk: Talk) -> None:
        assert station.asterisk is not None
        assert station.speech is not None
        (node,) = station.nodes
        assert node is not None
        self._server = "127.0.0.1", station.addresses.sip
        self._number = ground.NUMBERS[ground.SQLITE]
        self._asterisk = station.asterisk
        self._processes = {
            "asterisk": station.asterisk.pid,
            "ivr": node.process.pid,
            "recogniser": station.speech.process.pid,
            WIRE: between,
        }
        self._words = words
        self._talk = talk

    def warm_up(self) -> None:
        """Have everything in memory, and the recogniser known."""
        self._speaking(WARM_SECONDS, heard=True)

    def round(self, scene: Scene) -> Round:
        """One round."""
        before, own = Meter.read(self._processes), time.process_time()
        others, choices = self._met(scene)
        usage = Meter.read(self._processes).since(before)
        return Round(scene, others, choices, (usage,), time.process_time() - own)

    @property
    def in_real_time(self) -> bool:
        """Whether Asterisk goes before all ordinary processes."""
        return self._asterisk.in_real_time

    def leaving(self) -> int:
        """Have callers hang up while they are listened to; how many channels stay."""
        return leavers.stay(self._server, self._number, self._talk.lines, self._talk.leaving, self._asterisk)

    def _met(self, scene: Scene) -> tuple[Sample, Choices]:
        seconds = self._talk.seconds
        match scene:
            case Scene.OTHERS:
                return self._keying(seconds), talkers.NOTHING
            case Scene.LISTENED:
                return self._keying(seconds, LISTENED), talkers.NOTHING
            case Scene.BOTH:
                with ThreadPoolExecutor(1) as another:
                    speaking = another.submit(partial(self._speaking, seconds, heard=True))
                    return self._keying(seconds), speaking.result()
            case Scene.SPEAKING | Scene.KEYING:
                return NOBODY, self._speaking(seconds, heard=scene is Scene.SPEAKING)

    def _keying(self, seconds: float, script: Script = keypress.TWO_MENUS) -> Sample:
        return keypress.sample(self._server, self._number, self._talk.lines, seconds, script)

    def _speaking(self, seconds: float, *, heard: bool) -> Choices:
        return talkers.sample(self._server, self._number, self._words, self._talk.callers, seconds, heard=heard)
