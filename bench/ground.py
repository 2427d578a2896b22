"""Everything that is measured, started on loopback: one Asterisk, and every way that the same call can take in it."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, StrictUndefined
from sqlalchemy import func, select

import provision
from bench import tones
from centrala.service import make_prompt_store
from centrala.settings import read_settings
from demo.asterisk_process import free_port, free_udp_range
from demo.station import DIES_WITH_US, Addresses, Station
from ivr.calls import calls
from ivr.menus.loading import load_menus
from storage.database import Database
from storage.home import Home
from storage.installation import open_installation

HERE = Path(__file__).parent
MENUS = HERE / "service.yaml"

# Each call with sound needs two ports.
RTP_PORTS = 4000
FILES_PER_PROCESS = 16384

DIALPLAN, PEER, SQLITE, POSTGRESQL = "dialplan", "pyst2", "sqlite", "postgresql"
NUMBERS = {DIALPLAN: "9001", PEER: "9002", SQLITE: "225601600", POSTGRESQL: "9004"}
TITLES = {
    DIALPLAN: "Asterisk's own dialplan",
    PEER: "bare pyst2 thread",
    SQLITE: "Centrala, SQLite",
    POSTGRESQL: "Centrala, PostgreSQL",
}


@dataclass(frozen=True, slots=True)
class Way:
    """A way that the measured call can take, and the processes that carry it: `asterisk`, and `ivr`, `database`.

    `calls` is the database that Centrala keeps the calls in.
    """

    name: str
    processes: Mapping[str, int]
    calls: Database | None = None

    @property
    def number(self) -> str:
        """The number to dial."""
        return NUMBERS[self.name]

    def recorded(self) -> int | None:
        """How many calls went all the way, as the database says; None where there is none."""
        if self.calls is None:
            return None
        with self.calls.reading() as connection:
            found = connection.execute(select(func.count()).where(calls.c.cause == "completed")).scalar_one()
        return int(found)


@dataclass(frozen=True, slots=True)
class Ground:
    """What runs: Asterisk's SIP address and the ways. `scratch` is a folder for whoever needs one."""

    sip: tuple[str, int]
    ways: tuple[Way, ...]
    scratch: Path


@contextmanager
def prepared(folder: Path) -> Iterator[Ground]:
    """Start everything, and stop it at the end. Raises StationError, AsteriskError, ProvisionError."""
    with ExitStack() as stack:
        postgresql = stack.enter_context(provision.postgresql().server(folder / "server"))
        own = stack.enter_context(made_station(folder / "sqlite"))
        other = stack.enter_context(made_station(folder / "postgresql", postgresql.url))
        peer = free_port()
        sounds = _sounds(own)
        own.render()
        _add_ways(own, {NUMBERS[POSTGRESQL]: other}, peer, sounds)
        own.start_asterisk()
        assert own.asterisk is not None
        asterisk = {"asterisk": own.asterisk.pid}
        pyst2 = stack.enter_context(_peer(peer, sounds, folder / "peer.log"))
        database = int((postgresql.sockets / ".s.PGSQL.5432.lock").read_text().split()[0])
        ways = (
            Way(DIALPLAN, asterisk),
            Way(PEER, {**asterisk, "ivr": pyst2}),
            Way(SQLITE, {**asterisk, "ivr": own.start_node().process.pid}, _database(own)),
            Way(
                POSTGRESQL,
                {**asterisk, "ivr": other.start_node().process.pid, "database": database},
                _database(other),
            ),
        )
        yield Ground(("127.0.0.1", own.addresses.sip), ways, folder)


@contextmanager
def lone_node(folder: Path) -> Iterator[tuple[int, int]]:
    """An IVR process without an Asterisk: its port and its process id."""
    with made_station(folder, media_ports=2) as station:
        yield station.addresses.nodes[0], station.start_node().process.pid


@contextmanager
def made_station(
    home: Path,
    database_url: str | None = None,
    media_ports: int = RTP_PORTS,
    more: Mapping[str, object] = MappingProxyType({}),
    menus: Path = MENUS,
) -> Iterator[Station]:
    """An installation with the measured call's menus and sounds; whatever of it was started is stopped at the end."""
    flow = load_menus(menus).flow
    recordings = home / "recorded"
    tones.record(recordings / flow.languages[0], (name for name, _ in flow.prompts))
    rtp = free_udp_range(media_ports)
    addresses = Addresses(free_port(), (free_port(),), (rtp.start, rtp.stop - 1))
    settings = {"prompts": {"recorded": str(recordings)}, **more}
    made = Station(home, menus, addresses, database_url=database_url, settings=settings)
    made.write_settings()
    try:
        yield made
    finally:
        made.stop()


def _sounds(own: Station) -> tuple[str, str, str]:
    """The files of the two menus and the goodbye, as Centrala plays them: all ways play the same ones."""
    flow = load_menus(MENUS).flow
    store = make_prompt_store(open_installation(own.environment), read_settings(own.environment))

    store.build(flow)

    def path(*names: str) -> str:
        return store.sound(tuple(flow.prompts[name, "en"] for name in names)).path

    return path("welcome", "first"), path("second"), path("goodbye")


def _add_ways(own: Station, nodes: Mapping[str, Station], peer: int, sounds: tuple[str, str, str]) -> None:
    """Add to the rendered dialplan what leads to the other ways."""
    first, second, goodbye = sounds
    template = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    text = template.from_string((HERE / "extensions.conf.j2").read_text("utf-8")).render(
        dialplan=NUMBERS[DIALPLAN],
        peer=NUMBERS[PEER],
        port=peer,
        nodes={number: f"127.0.0.1:{node.addresses.nodes[0]}" for number, node in nodes.items()},
        first=first,
        second=second,
        goodbye=goodbye,
    )
    with (own.home / "asterisk" / "etc" / "extensions.conf").open("a", encoding="utf-8") as file:
        file.write(text)


@contextmanager
def _peer(port: int, sounds: tuple[str, str, str], log: Path) -> Iterator[int]:
    """The bare pyst2 server: its process id."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*DIES_WITH_US, sys.executable, "-m", "bench.peer", str(port), *sounds],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
        )
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _database(station: Station) -> Database:
    return Database(Home.from_environment(station.environment).database_url)


def raise_file_limit() -> None:
    """Let this process and its children have as many files open as a busy server needs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_PER_PROCESS if hard == resource.RLIM_INFINITY else min(FILES_PER_PROCESS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
