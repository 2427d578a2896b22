"""A centre for measurements: five groups of consultants and their topics, and queues that always have callers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from bench import tones
from bench.ground import HERE
from centrala.following import LEASE
from demo.asterisk_process import free_port, free_udp_range
from demo.station import Addresses, Station, StationError
from ivr.menus.loading import load_menus
from storage import leases
from storage.database import Database
from storage.home import Home

GROUPS = ("technical", "pensions", "benefits", "insured", "payers")
TOPICS = {"1": "technical", "2": "pensions", "3": "benefits", "4": "insured", "5": "payers", "6": "benefits"}
CONSULTANTS = 365
# Two groups of the same size, always with callers waiting: one as Centrala renders it, the other entered directly. And
# one whose conversations are long enough for what callers are told about their wait (bench.promises).
BUSY, BARE, PROMISED = "busy", "bare", "promised"
BARE_QUEUE = "nobodys"
BUSY_KEY, PROMISED_KEY, BARE_NUMBER, NUMBER = "7", "8", "9001", "225601600"
BUSY_AGENTS, PROMISED_AGENTS = 10, 30
RTP_PORTS = 3000
LEADING_SECONDS = 20.0


def agents() -> Mapping[str, tuple[str, ...]]:
    """Extensions by group; the first two digits name the group."""
    sizes = dict.fromkeys(GROUPS, CONSULTANTS // len(GROUPS))
    sizes |= {BUSY: BUSY_AGENTS, BARE: BUSY_AGENTS, PROMISED: PROMISED_AGENTS}
    return {
        name: tuple(f"{number}{agent:03}" for agent in range(1, size + 1))
        for number, (name, size) in enumerate(sizes.items(), start=11)
    }


def group_of(extension: str) -> str:
    """The group that an extension belongs to."""
    return (*GROUPS, BUSY, BARE, PROMISED)[int(extension[:2]) - 11]


@contextmanager
def centre(folder: Path) -> Iterator[Station]:
    """An installation with all consultants, started. Raises StationError, AsteriskError."""
    menus, home, phones = folder / "menus.yaml", folder / "home", free_port()
    menus.write_text(_menus(), "utf-8")
    flow = load_menus(menus).flow
    tones.record(home / "recorded" / flow.languages[0], (name for name, _ in flow.prompts))
    rtp = free_udp_range(RTP_PORTS)
    addresses = Addresses(free_port(), (free_port(), free_port()), (rtp.start, rtp.stop - 1), free_port())
    contacts = {agent: f"sip:{agent}@127.0.0.1:{phones}" for group in agents().values() for agent in group}
    settings = {
        "prompts": {"recorded": str(home / "recorded")},
        "sip": {"phones": contacts, "numbers": [NUMBER]},
        "queues": {"wrap_up_seconds": 0},
    }
    station = Station(home, menus, addresses, settings=settings)
    try:
        station.write_settings()
        station.render()
        _add_bare_queue(home / "asterisk" / "etc")
        station.start_asterisk()
        # The first to run reads the manager interface; Asterisk's first address is the one that carries the calls.
        station.start_node(1)
        _until_it_leads(station)
        station.start_node(0)
        yield station
    finally:
        station.stop()


def _add_bare_queue(folder: Path) -> None:
    """A number that leads to a queue like Centrala's and none of Centrala's, with consultants of its own."""
    members = "".join(f"member => PJSIP/{agent},0,{agent},PJSIP/{agent}\n" for agent in agents()[BARE])
    with (folder / "queues.conf").open("a", encoding="utf-8") as file:
        file.write(f"\n[{BARE_QUEUE}](group)\n{members}")
    with (folder / "extensions.conf").open("a", encoding="utf-8") as file:
        file.write(f"\n[from-trunk](+)\nexten => {BARE_NUMBER},1,Answer()\n same => n,Queue({BARE_QUEUE},c,,,300)\n")


def _until_it_leads(station: Station) -> None:
    """Raises StationError where no process comes to read the manager interface."""
    database = Database(Home.from_environment(station.environment).database_url)
    deadline = time.monotonic() + LEADING_SECONDS
    while time.monotonic() < deadline:
        with database.reading() as connection:
            if not leases.is_free(connection, LEASE, datetime.now(UTC)):
                return
        time.sleep(0.1)
    raise StationError("no IVR process reads the manager interface")


def phones_port(station: Station) -> int:
    """The port at which all telephones of the centre are. Raises StationError."""
    sip = station.settings["sip"]
    if not isinstance(sip, dict):
        raise StationError("the telephones have no address")
    return int(str(next(iter(sip["phones"].values()))).rpartition(":")[2])


def _menus() -> str:
    """A menu of topics, each a group: the measured call's file with other queues, topics and steps."""
    template = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    made = template.from_string((HERE / "topics.yaml.j2").read_text("utf-8"))
    return made.render(groups=agents(), topics={**TOPICS, BUSY_KEY: BUSY, PROMISED_KEY: PROMISED})
