"""settings.yaml: every setting that is not a secret, and the only place that reads them.

Defaults run everything on loopback. Secrets are files in CENTRALA_HOME, addresses of the installation are in the
environment (CENTRALA_HOME, CENTRALA_DATABASE_URL, CENTRALA_KEYS_URL, CENTRALA_SETTINGS).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationError, model_validator

from auth_pin.pin_policy import FEWEST_DIGITS, MOST_DIGITS, PIN_DIGITS
from auth_pin.pins import PARALLEL
from ivr.authorisations import KIND
from ivr.menus.document import Document, read_bytes, read_document
from recordings.retention import LONGEST_YEARS, YEARS, Term, Unit, parse_term
from routing.telephones import extensions

DEFAULT_FILE = "settings.yaml"


# Where pydantic's words are about Python.
PLAINLY = {
    "extra_forbidden": "there is no such setting",
    "model_type": "settings expected, indented below it",
    "path_type": "the name of a file or folder expected",
}


class SettingsError(Exception):
    """settings.yaml cannot be used; one line per fault, `path:line:column: message`."""


def _address(value: str) -> str:
    host, _, port = value.rpartition(":")
    try:
        IPv4Address(host)
        usable = port.isdecimal() and 0 < int(port) <= 65535
    except ValueError:
        usable = False
    if not usable:
        raise ValueError('an address looks like "127.0.0.1:4573"')
    return value


def _ip_address(value: str) -> str:
    try:
        return str(IPv4Address(value))
    except ValueError:
        raise ValueError('an address looks like "127.0.0.1"') from None


def parts(address: str) -> tuple[str, int]:
    """Host and port of an Address."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def _sip_uri(value: str) -> str:
    if not re.fullmatch(r"sips?:[A-Za-z0-9_.+-]+@[A-Za-z0-9.-]+(:\d{1,5})?(;[a-z]+=[a-z0-9]+)*", value):
        raise ValueError('a contact looks like "sip:1101@192.0.2.7:5060"')
    return value


def _host(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:-]+(/\d{1,3})?", value):
        raise ValueError("a host is a name, an address or a network like 192.0.2.0/24")
    return value


def _telephones(value: str) -> str:
    extensions([value])
    return value


def _nightly(value: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError('a time of day looks like "03:30"')
    if value < "03:00":
        # 02:30 itself does so; of midnight APScheduler 3.11 leaves out the day after the clocks went forward.
        raise ValueError("before 03:00 a night comes twice or not at all when the clocks change")
    return value


def _term(value: object) -> Term:
    return value if isinstance(value, Term) else parse_term(str(value))


Address = Annotated[str, AfterValidator(_address)]
IpAddress = Annotated[str, AfterValidator(_ip_address)]
SipUri = Annotated[str, AfterValidator(_sip_uri)]
Host = Annotated[str, AfterValidator(_host)]
Nightly = Annotated[str, AfterValidator(_nightly)]
KeptFor = Annotated[Term, PlainValidator(_term)]
Number = Annotated[str, Field(pattern=r"^\+?[0-9]{3,15}$")]
Extension = Annotated[str, Field(pattern=r"^[0-9]{2,10}$")]
Telephones = Annotated[str, AfterValidator(_telephones)]
Digit = Annotated[str, Field(pattern=r"^[0-9]$")]
Question = Annotated[str, Field(pattern=rf"^{KIND.pattern}$")]
Reason = Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,19}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Ivr(_Model):
    """The IVR processes: where this one listens, and where Asterisk finds all of them."""

    listen: Address = "127.0.0.1:4573"
    nodes: Annotated[list[Address], Field(min_length=1, max_length=8)] = ["127.0.0.1:4573"]
    most_calls: Annotated[int, Field(ge=1, le=20000)] = 2000
    drain_seconds: Annotated[int, Field(ge=1, le=3600)] = 300


class Prompts(_Model):
    """How prompts are spoken: espeak-ng voices by language, and a folder of the operator's own recordings."""

    voices: dict[str, str] = {"pl": "pl", "uk": "uk", "en": "en-gb"}
    words_per_minute: Annotated[int, Field(ge=80, le=300)] = 150
    recorded: Path | None = Field(default=None, strict=False)


class Sip(_Model):
    """The telephone side: where Asterisk listens, who may send calls to which numbers, consultants' telephones.

    `extensions` are those at which anybody may log in, `phones` the contacts of those that do not register. One that
    sends no sound for `phone_silence_seconds` of a conversation has gone.
    """

    listen: Address = "127.0.0.1:5060"
    rtp_from: Annotated[int, Field(ge=1024, le=65000)] = 20000
    rtp_to: Annotated[int, Field(ge=1025, le=65535)] = 20999
    trunk_hosts: Annotated[list[Host], Field(min_length=1)] = ["127.0.0.1"]
    numbers: Annotated[list[Number], Field(min_length=1)] = ["225601600"]
    codecs: Annotated[list[Literal["alaw", "ulaw", "g722"]], Field(min_length=1)] = ["alaw", "ulaw"]
    extensions: list[Telephones] = []
    phones: dict[Extension, SipUri] = {}
    phone_silence_seconds: Annotated[int, Field(ge=2, le=60)] = 10

    @model_validator(mode="after")
    def _ports_in_order(self) -> Self:
        if self.rtp_from >= self.rtp_to:
            raise ValueError("rtp_from must be smaller than rtp_to")
        return self


class Bucket(_Model):
    """So many attempts at once, and so many more in an hour."""

    capacity: Annotated[int, Field(ge=1, le=100_000)]
    per_hour: Annotated[int, Field(ge=1, le=1_000_000)]


class GuessingLimits(_Model):
    """How many PINs may be tried: by each number that calls, and by all callers together."""

    caller: Bucket = Bucket(capacity=20, per_hour=60)
    service: Bucket = Bucket(capacity=300, per_hour=3600)


class Authentication(_Model):
    """How many digits PINs have (menus.yaml says the same), how many are verified at a time in a process, and limits.

    `control_questions` are the kinds that consultants ask for a substitute authorisation, by the digits keyed for them.
    Waits after failures at an identifier are no settings (`auth_pin.limits`).
    """

    pin_digits: Annotated[int, Field(ge=FEWEST_DIGITS, le=MOST_DIGITS)] = PIN_DIGITS
    hashes_at_once: Annotated[int, Field(ge=1, le=64)] = PARALLEL
    limits: GuessingLimits = GuessingLimits()
    control_questions: Annotated[dict[Digit, Question], Field(min_length=1)] = {
        "1": "surname",
        "2": "address",
        "3": "date_of_birth",
        "4": "last_contribution",
    }


class Queues(_Model):
    """Seconds: a phone rings, wrap-up, the longest wait, between two news for a caller who waits.

    `most_waiting` may wait in a queue (0: any number).
    """

    ring_seconds: Annotated[int, Field(ge=3, le=120)] = 20
    wrap_up_seconds: Annotated[int, Field(ge=0, le=600)] = 10
    longest_wait_seconds: Annotated[int, Field(ge=5, le=14400)] = 1800
    news_seconds: Annotated[int, Field(ge=5, le=600)] = 45
    most_waiting: Annotated[int, Field(ge=0, le=10000)] = 0


class Callbacks(_Model):
    """Which numbers are called back (countries, the service's own first; kinds), by whom, and for how long it rings.

    `trunk` is who calls out (the first of `trunk_hosts`). `pauses_seconds` lie between tries: one try more than pauses.
    """

    trunk: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+(:[0-9]{1,5})?$")] | None = None
    countries: Annotated[list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]], Field(min_length=1)] = ["PL"]
    kinds: Annotated[list[Literal["mobile", "fixed", "internet"]], Field(min_length=1)] = ["mobile", "fixed"]
    ring_seconds: Annotated[int, Field(ge=5, le=120)] = 30
    pauses_seconds: Annotated[list[Annotated[int, Field(ge=1, le=86400)]], Field(max_length=9)] = [900, 3600]


class Years(_Model):
    """For how many years recordings are kept, by what was recorded: through the same date so many years later.

    As with `Keep`, it is the term on record that is in force.
    """

    consultant_call: Annotated[int, Field(ge=1, le=LONGEST_YEARS)] = YEARS
    virtual_assistant: Annotated[int, Field(ge=1, le=LONGEST_YEARS)] = YEARS
    video_visit: Annotated[int, Field(ge=1, le=LONGEST_YEARS)] = YEARS


class KeyBackups(_Model):
    """Where the job copies recordings' keys each night, and for how many days a copy is kept; nowhere by default."""

    folder: Path | None = Field(default=None, strict=False)
    days: Annotated[int, Field(ge=1, le=30)] = 7


class Recordings(_Model):
    """How recordings are kept: in which format (flac and opus need ffmpeg), and for how long.

    With `transcripts` `centrala recordings transcribe` writes down what is said in them.
    """

    format: Literal["wav", "flac", "opus"] = "wav"
    years: Years = Years()
    key_backups: KeyBackups = KeyBackups()
    transcripts: bool = False


class Reporting(_Model):
    """Seconds: an answer within the first is in time; who hangs up within the second has hardly waited."""

    service_level_seconds: Annotated[int, Field(ge=1, le=3600)] = 20
    short_abandon_seconds: Annotated[int, Field(ge=0, le=600)] = 5


class Metrics(_Model):
    """Where `centrala serve` tells Prometheus how it goes; nowhere while there is no port."""

    host: IpAddress = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None


class Manager(_Model):
    """Asterisk's manager interface: where it listens, and its user. One of the IVR processes that reach it reads it."""

    listen: Address = "127.0.0.1:5038"
    user: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")] = "centrala"


class Speech(_Model):
    """Spoken choices: where the recogniser listens (nowhere by default: keys alone count), and its models by language.

    Without `models` those that come with Centrala are used, which are for trials. `workers` are its processes.
    """

    listen: Address | None = None
    models: dict[Annotated[str, Field(pattern=r"^[a-z]{2}$")], Annotated[Path, Field(strict=False)]] = {}
    workers: Annotated[int, Field(ge=1, le=64)] = 1


class Asterisk(_Model):
    """What is between the IVR and Asterisk besides calls. Without `ami` nobody knows what agents do."""

    ami: Manager | None = Manager()


class Keep(_Model):
    """For how long personal data is kept, class by class (`personal_data.kinds`); recordings: see `Years`.

    Terms in force are those on record: what is changed here is told, and waits for `centrala retention decide`.
    """

    calls: KeptFor = Term(3, Unit.YEARS)
    turns: KeptFor = Term(1, Unit.YEARS)
    consents: KeptFor = Term(3, Unit.YEARS)
    auth_attempts: KeptFor = Term(1, Unit.YEARS)
    auth_limits: KeptFor = Term(1, Unit.DAYS)
    callbacks: KeptFor = Term(90, Unit.DAYS)
    surveys: KeptFor = Term(3, Unit.YEARS)
    agent_changes: KeptFor = Term(3, Unit.YEARS)
    scores: KeptFor = Term(3, Unit.YEARS)
    holds: KeptFor = Term(6, Unit.YEARS)
    mandates: KeptFor = Term(30, Unit.DAYS)
    unconfirmed_profiles: KeptFor = Term(7, Unit.DAYS)
    audit: KeptFor = Term(6, Unit.YEARS)
    quarantine: KeptFor = Term(30, Unit.DAYS)
    orphans: KeptFor = Term(30, Unit.DAYS)


class Retention(_Model):
    """When `retention_job.py` runs each night (Polish time), how much it may destroy, and for how long all is kept.

    A run that would take more than `allow_share` of all recordings, or of another class, stops; `batch` is how many go
    in one transaction.
    """

    at: Nightly = "03:30"
    allow_share: Annotated[float, Field(gt=0, le=1)] = 0.05
    batch: Annotated[int, Field(ge=1, le=10000)] = 1000
    keep: Keep = Keep()


class Settings(_Model):
    """Everything in settings.yaml. Relative paths are relative to the working folder.

    `agents` is the table of consultants who log in; `breaks` names the reasons of breaks by the key for each.
    """

    menus: Path = Field(default=Path("menus.yaml"), strict=False)
    agents: Path | None = Field(default=None, strict=False)
    breaks: dict[Digit, Reason] = {"1": "break", "2": "meal", "3": "training", "4": "paperwork"}
    ivr: Ivr = Ivr()
    prompts: Prompts = Prompts()
    sip: Sip = Sip()
    authentication: Authentication = Authentication()
    queues: Queues = Queues()
    callbacks: Callbacks = Callbacks()
    recordings: Recordings = Recordings()
    reporting: Reporting = Reporting()
    metrics: Metrics = Metrics()
    asterisk: Asterisk = Asterisk()
    speech: Speech = Speech()
    retention: Retention = Retention()


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings file that CENTRALA_SETTINGS names (default `settings.yaml`), or the defaults if there is none.

    Raises SettingsError.
    """
    named = environ.get("CENTRALA_SETTINGS")
    path = Path(named or DEFAULT_FILE)
    if named is None and not path.exists():
        return Settings()
    try:
        document = read_document(read_bytes(path))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    if document.empty:
        return Settings()
    if document.faults:
        raise SettingsError("\n".join(fault.show(str(path)) for fault in document.faults))
    return _validated(path, document)


def _validated(path: Path, document: Document) -> Settings:
    try:
        return Settings.model_validate(document.data)
    except ValidationError as error:
        faults = []
        for details in error.errors(include_url=False):
            location = tuple(part for part in details["loc"] if part != "[key]")
            unknown = details["type"] == "extra_forbidden"
            line, column = document.mark(location) if unknown else document.value_mark(location)
            name = ".".join(map(str, location))
            message = PLAINLY.get(details["type"]) or details["msg"].removeprefix("Value error, ")
            faults.append(f"{path}:{line}:{column}: {name or 'the file'}: {message}")
        raise SettingsError("\n".join(faults)) from error
