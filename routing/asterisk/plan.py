"""What the Asterisk configuration is made from."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from routing.agents import Agent
from routing.hours import Hours
from routing.queues import Queue

PASSWORD_BYTES = 15
# How long a caller waits for an IVR process: for one that does not answer a new connection; for any, where none runs;
# for one to be started again, where it died with the call.
ENTRY_SECONDS = 5
NOBODY_SECONDS = 1
RESTART_SECONDS = 6
MOST_ENTRIES = 50
# How often, each twentieth of a second, a caller's channel looks how the consultant's has ended.
END_LOOKS = 20
# How often, each tenth of a second, it looks whether the consultant has heard the level of a caller who has logged in.
WHISPER_LOOKS = 150
# How long a consultant may think before each digit that is asked for.
KEY_SECONDS = 5
# The sound, in `Folders.news`, that is played to a caller who waits.
NEWS = "news"


@dataclass(frozen=True, slots=True)
class Folders:
    """Where Asterisk finds its parts and keeps its state; all absolute."""

    configuration: Path
    modules: Path
    data: Path
    state: Path
    music: Path
    recordings: Path
    notes: Path
    news: Path


@dataclass(frozen=True, slots=True)
class Sip:
    """Addresses of the telephone side. Anybody may log in at `extensions`; `phones` are fixed contacts by extension.

    A telephone that sends no sound for `phone_silence` seconds in a conversation has gone.
    """

    listen: str
    rtp_from: int
    rtp_to: int
    trunk_hosts: tuple[str, ...]
    numbers: tuple[str, ...]
    codecs: tuple[str, ...]
    phones: tuple[tuple[str, str], ...]
    extensions: tuple[str, ...] = ()
    phone_silence: int = 10


@dataclass(frozen=True, slots=True)
class Distribution:
    """Seconds: a phone rings, wrap-up, the longest wait in a queue, between two news for a caller who waits.

    `most_waiting` may wait in a queue (0: any number).
    """

    ring: int
    wrap_up: int
    longest_wait: int
    news_interval: int
    most_waiting: int


@dataclass(frozen=True, slots=True)
class Fallback:
    """What a caller gets while no IVR process answers: a queue in its hours, a stated ending outside them.

    The sounds are paths without extension. `hours_at` stands in for the clock (demonstrations).
    """

    queue: str
    hours: Hours
    connecting: str
    closed: str
    unanswered: str
    goodbye: str
    hours_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Manager:
    """Where Asterisk's manager interface (AMI) listens, and whom it lets in."""

    host: str
    port: int
    user: str


@dataclass(frozen=True, slots=True)
class Outbound:
    """How callers are called back: by whom (host and port), and for how many seconds it rings.

    Two sounds, paths without extension, are for the consultant: `unreached` tells that nobody has answered, `closed`
    that nobody is called any more today.
    """

    trunk: str
    ring: int
    unreached: str
    closed: str


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who sends legs of calls that our webhooks have carried so far, to which extension, and what is told in `headers`.

    Headers are named without the `X-Centrala-` before them.
    """

    extension: str
    hosts: tuple[str, ...]
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Codes:
    """What a consultant hears who has keyed a code on their telephone: paths of sounds, without extension."""

    logged_in: str
    logged_out: str
    on_break: str
    back: str
    ready: str
    not_logged_in: str
    no_agent: str
    not_here: str
    unknown: str
    unrecorded: str | None = None
    logging_in: str | None = None
    questions: str | None = None
    authorised: str | None = None
    unauthorised: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is rendered. `key` is the secret that phones' and managers' passwords are derived from.

    `leaving_keys` lead out of a queue, each with its QUEUESTATUS; without `outbound` nobody is called back.
    `transfers` are the keys by which consultants send callers on, each with its topic and queue.
    `agents` log in to their queues, at any telephone; `breaks` are the reasons of breaks by the digit that is keyed for
    them; without `codes` consultants hear no confirmation. `login`: there is a code by which a caller logs in.
    `questions` are kinds of control questions by their digits. `recogniser` is where one listens for what callers say.
    """

    folders: Folders
    sip: Sip
    nodes: tuple[str, ...]
    queues: tuple[Queue, ...]
    distribution: Distribution
    fallback: Fallback
    language: str
    key: bytes
    manager: Manager | None = None
    transfers: tuple[tuple[str, str, str], ...] = ()
    leaving_keys: tuple[tuple[str, str], ...] = ()
    outbound: Outbound | None = None
    agents: tuple[Agent, ...] = ()
    breaks: tuple[tuple[str, str], ...] = ()
    codes: Codes | None = None
    login: bool = False
    questions: tuple[tuple[str, str], ...] = ()
    carrier: Carrier | None = None
    recogniser: str | None = None

    @property
    def always(self) -> tuple[str, ...]:
        """The consultants who are always members of their queues, in order: their numbers are those of their desks."""
        return tuple(sorted({agent for queue in self.queues for agent in queue.agents}))

    @property
    def extensions(self) -> tuple[str, ...]:
        """The extensions of all telephones, in order."""
        return tuple(sorted({*self.always, *self.sip.extensions}))


def phone_password(key: bytes, extension: str) -> str:
    """The SIP password of a consultant's phone: derived, so that it is stored nowhere but in the rendered file."""
    return _password(key, b"sip phone", extension)


def manager_password(key: bytes, user: str) -> str:
    """The password of a user of Asterisk's manager interface, derived like those of the telephones."""
    return _password(key, b"asterisk manager", user)


def _password(key: bytes, kind: bytes, name: str) -> str:
    digest = hmac.new(key, kind + b"\x00" + name.encode("ascii"), hashlib.sha256).digest()
    return base64.b32encode(digest[:PASSWORD_BYTES]).decode("ascii").lower()
