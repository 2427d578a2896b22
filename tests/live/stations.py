"""Whole installations whose every prompt is a pair of tones: what was heard is read from the caller's RTP."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

import provision
from centrala.service import make_prompt_store
from centrala.settings import read_settings
from demo.phone import Answer, Call, Exchange, IncomingCall, Phone, Reaction, sounds
from demo.phone.outgoing import OutgoingCall
from demo.phone.phone import OnCall
from demo.station import Station, free_addresses, running
from ivr.audio.saying import prompts_of
from ivr.audio.store import SEQUENCES
from ivr.definition import Flow
from ivr.menus.loading import load_menus
from ivr.prompts import Prompt
from provision import cache
from routing.asterisk.plan import phone_password
from storage.database import Database
from storage.installation import Installation, open_installation
from tests.live import tones

ROOT = Path(__file__).parents[2]
OPEN = "2026-11-23T10:00"
CLOSED = "2026-11-22T10:00"
NUMBER = "225601600"
NOT_ANSWERED = re.compile(r"^ *(\d+) \(.*\(paused:Auto-Pause", re.MULTILINE)
MUSIC_SECONDS = 30
LAST_LINES = 15
# The amplitude from which on something is heard.
HEARD = 1000

# Alembic migrates one database of a process at a time.
_OPENING = threading.Lock()


def require_asterisk() -> provision.Asterisk:
    """An Asterisk to be had, or the reason why the test is skipped."""
    try:
        return provision.asterisk()
    except provision.ProvisionError as error:
        pytest.skip(f"no Asterisk on this machine: {error}")


def tone_key(prompt: Prompt) -> str:
    """The name of a prompt's tones: addresses are one prompt with many texts."""
    return f"{prompt.lang}:{prompt.name}:{prompt.text}" if prompt.name == "office-address" else plain_key(prompt)


def plain_key(prompt: Prompt) -> str:
    """Language and name."""
    return f"{prompt.lang}:{prompt.name}"


@dataclass(slots=True)
class Live:
    """A running installation, an exchange of telephones, and the table of tones."""

    station: Station
    exchange: Exchange
    flow: Flow
    table: Mapping[str, tones.Pair]
    installation: Installation
    desks: dict[str, Phone] = field(default_factory=dict)
    calls: list[OutgoingCall] = field(default_factory=list)

    @property
    def sip(self) -> tuple[str, int]:
        """Asterisk's address."""
        return ("127.0.0.1", self.station.addresses.sip)

    @property
    def database(self) -> Database:
        """The installation's database."""
        return self.installation.database

    def dial(self, ani: str = "600100200", **options: object) -> tuple[OutgoingCall, tones.Ear]:
        """Call the service: the call, answered, and an ear on it."""
        phone = Phone(self.exchange, ani, self.sip)
        call = phone.dial(NUMBER, ani=ani, **options)  # type: ignore[arg-type]
        call.play(sounds.tone(tones.CALLER_VOICE))
        self.calls.append(call)
        ear = tones.Ear(call, self.table)
        call.wait_up()
        return call, ear

    def hang_up(self) -> None:
        """Every caller hangs up."""
        while self.calls:
            self.calls.pop().hang_up()

    def back_to_work(self) -> None:
        """Whoever did not answer, and is on a break since then, takes calls again."""
        asterisk = self.station.asterisk
        if asterisk is not None and asterisk.running:
            for extension in dict.fromkeys(NOT_ANSWERED.findall(asterisk.rx("queue show"))):
                asterisk.rx(f"queue unpause member PJSIP/{extension}")
                asterisk.rx(f"database del break {extension}")

    def as_it_stands(self) -> str:
        """Queues with callers, telephones in use, the last lines of the logs: for whoever reads of a failure."""
        asterisk = self.station.asterisk
        up = asterisk is not None and asterisk.running
        queues = asterisk.rx("queue show").split("\n\n") if asterisk and up else ["Asterisk is not running"]
        calls = [(name, desk.incoming[-1]) for name, desk in self.desks.items() if desk.incoming]
        logs = [path.read_text("utf-8", "replace").splitlines()[-LAST_LINES:] for path in self._logs()]
        return "\n".join(
            (
                *(queue for queue in queues if "No Callers" not in queue),
                *(f"{name}: {call.describe()}" for name, call in calls if not call.ended),
                *(line for lines in logs for line in lines),
            )
        )

    def _logs(self) -> list[Path]:
        return sorted(self.station.home.glob("ivr-*.log"))

    def staff(self, *extensions: str, when_called: Reaction | OnCall | None = None) -> None:
        """Register consultants' phones (all of them by default); they answer at once and speak with a tone."""
        agents = sorted({agent for queue in self.flow.queues.values() for agent in queue.agents})
        for extension in extensions or agents:
            password = phone_password(self.installation.key("sip"), extension)
            react = _speak if when_called is None else when_called
            desk = Phone(self.exchange, extension, self.sip, password=password, when_called=react)
            assert desk.register() == 200, f"the phone {extension} was refused"
            self.desks[extension] = desk

    def answered(self) -> dict[str, IncomingCall]:
        """The calls that consultants are in, by extension."""
        return {name: call for name, desk in self.desks.items() for call in desk.incoming if call.up}

    def learn(self, flow: Flow, mark: str) -> None:
        """Give tones to what another version of the menus says and this one does not; `mark` ends their names."""
        store = make_prompt_store(self.installation, read_settings(self.station.environment))
        known = frozenset(prompts_of(self.flow, store.sequences(self.flow)))
        fresh = {tone_key(one) + mark: one for one in prompts_of(flow, store.sequences(flow)) if one not in known}
        free = [pair for pair in tones.PAIRS if pair not in self.table.values()]
        pairs = dict(zip(fresh, free, strict=False))
        for key, prompt in fresh.items():
            tones.write_wav(store.file_of(prompt), tones.render(pairs[key]))
        self.table = {**self.table, **pairs}

    def consultant_of(self, ani: str) -> IncomingCall | None:
        """The call that a consultant is in with the caller of that number."""
        offered = (call for desk in self.desks.values() for call in desk.incoming)
        return next((call for call in offered if call.caller == ani and call.up), None)


def hears_music(call: Call) -> bool:
    """Whether the last fifth of a second that was heard is music on hold."""
    return hears(call, tones.MUSIC)


def hears_caller(call: Call) -> bool:
    """Whether the last fifth of a second that was heard is a caller's voice: what is whispered before is over."""
    return hears(call, tones.CALLER_VOICE)


def hears(call: Call, hertz: int) -> bool:
    """Whether a steady tone is among the last fifth of a second that was heard."""
    last = call.recording.pcm(max(len(call.recording.sound) - 1600, 0))
    return tones.loudness(last, hertz) > HEARD


def _speak(call: IncomingCall) -> Answer:
    call.play(sounds.tone(tones.CONSULTANT_VOICES[0]))
    return Answer(after=0.1)


# Who is drawn is chance: where callers are to be asked after a conversation, all of them are.
NOBODY_ASKED = ("    share: 20\n", "    share: 0\n")
EVERYBODY_ASKED = ("    share: 0\n", "    share: 100\n")


def menus_with(folder: Path, *edits: tuple[str, str]) -> Path:
    """A copy of the shipped menus with text edits, each of which must apply; the tables come along.

    Nobody is asked by a survey unless an edit says so.
    """
    text = (ROOT / "menus.yaml").read_text("utf-8")
    for old, new in (NOBODY_ASKED, *edits):
        assert old in text, f"the shipped menus hold {old!r}"
        text = text.replace(old, new, 1)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "menus.yaml").write_text(text, "utf-8")
    (folder / "offices.csv").write_bytes((ROOT / "offices.csv").read_bytes())
    return folder / "menus.yaml"


# Every installation that runs now.
RUNNING: list[Live] = []


@contextmanager
def live(
    home: Path,
    menus: Path,
    *,
    nodes: int = 1,
    hours_at: str | None = OPEN,
    database_url: str | None = None,
    settings: Mapping[str, object] | None = None,
    lasting: Mapping[str, float] | None = None,
) -> Iterator[Live]:
    """Run an installation at `home` whose prompts are tones, with Asterisk, IVR processes and telephones.

    `lasting` gives prompts, by name, other lengths than usual, in seconds.
    """
    station = Station(home, menus, free_addresses(max(nodes, 1)), hours_at, database_url, settings or {})
    station.write_settings()
    with _OPENING:
        installation = open_installation(station.environment)
    flow = load_menus(menus).flow
    table = write_tones(station, installation, flow, lasting or {})
    # Telephones last: they take their leave from an Asterisk that still runs.
    with running(station, nodes), Exchange() as exchange:
        made = Live(station, exchange, flow, table, installation)
        RUNNING.append(made)
        try:
            yield made
        finally:
            RUNNING.remove(made)
    installation.database.close()


def _share_sequences(own: Path) -> None:
    """What the same menus say is the same in every installation."""
    shared = cache.folder() / SEQUENCES
    shared.mkdir(exist_ok=True)
    if not own.is_symlink():
        own.symlink_to(shared)


def write_tones(
    station: Station, installation: Installation, flow: Flow, lasting: Mapping[str, float]
) -> dict[str, tones.Pair]:
    """Put a pair of tones where the prompt store looks for each prompt of the flow."""
    store = make_prompt_store(installation, read_settings(station.environment))
    _share_sequences(installation.home.prompts / SEQUENCES)
    prompts = prompts_of(flow, store.sequences(flow))
    table = tones.assign(tone_key(prompt) for prompt in prompts)
    for prompt in prompts:
        seconds = lasting.get(prompt.name, tones.TONE_SECONDS)
        tones.write_wav(store.file_of(prompt), tones.render(table[tone_key(prompt)], seconds))
    music = station.home / "asterisk" / "music"
    music.mkdir(parents=True, exist_ok=True)
    tone = b"".join(sounds.tone(tones.MUSIC, seconds=MUSIC_SECONDS, amplitude=3000))
    tones.write_wav(music / "waiting.wav", np.frombuffer(tone, np.int16))
    return table
