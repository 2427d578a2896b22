"""Distribution: consultants and their callers on a real Asterisk: who gets whom, in which order, and how soon.

Conversations take seconds, so that ten minutes of a helpline's calls fit into one. Consultants' telephones are one SIPp
that notes when each rings and when it is free again; what callers chose and when they began to wait is in the database.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from sqlalchemy import select

from bench import tones
from bench.ground import HERE
from bench.load import STATISTICS, Load, LoadError, Outcome, read_statistics, sipp
from bench.processor import Meter, Usage
from demo.asterisk_process import free_port, free_udp_range
from demo.station import Addresses, Station, StationError
from ivr.calls import calls
from ivr.menus.loading import load_menus
from routing.visits import queue_visits
from storage.database import Database
from storage.home import Home

GROUPS = ("technical", "pensions", "benefits", "insured", "payers")
TOPICS = {"1": "technical", "2": "pensions", "3": "benefits", "4": "insured", "5": "payers", "6": "benefits"}
CONSULTANTS = 365
# Two groups of the same size, always with callers waiting: one as Centrala renders it, the other entered directly.
BUSY, BARE = "busy", "bare"
BUSY_KEY, BARE_NUMBER, NUMBER = "7", "9001", "225601600"
FLOODED = ((NUMBER, BUSY), (BARE_NUMBER, BARE))
BUSY_AGENTS = 10

# Two thousand calls an hour for ten minutes, ten times as fast.
CROWD = Load(rate=6, seconds=56.0)
FLOOD = Load(rate=4, seconds=30.0)
SHORTEST, LONGEST = 3_000, 5_000
SETTLED_SECONDS = 8.0
LAST_CALLS_SECONDS = 90.0
MEDIA_PORTS = 2000
RTP_PORTS = 3000


@dataclass(frozen=True, slots=True)
class Offer:
    """A telephone rings: when, whose, for whom; and when it was free again (None: never). Unix times."""

    agent: str
    ani: str
    rings: float
    free: float | None


@dataclass(frozen=True, slots=True)
class Wait:
    """A caller who waited, and for which group, as the database tells."""

    ani: str
    queue: str


@dataclass(frozen=True, slots=True)
class Flood:
    """More callers than consultants: seconds from free to ringing again, and callers overtaken by later ones."""

    gaps: tuple[float, ...]
    overtaken: int

    @classmethod
    def all_of(cls, floods: Iterable[Flood]) -> Flood:
        """Several as one."""
        several = tuple(floods)
        return cls(tuple(gap for flood in several for gap in flood.gaps), sum(flood.overtaken for flood in several))


@dataclass(frozen=True, slots=True)
class Distribution:
    """What came out: of a crowd of calls for all groups, and of floods for Centrala's queue and a bare one."""

    consultants: int
    calls: int
    in_right_group: int
    offered_two: int
    ours: Flood
    bare: Flood
    usage: Usage

    @property
    def right_share(self) -> float:
        """Percent of the calls that rang first in the group of their topic."""
        return 100 * self.in_right_group / self.calls


def measure(folder: Path, rounds: int) -> Distribution:
    """Place the calls and see who got them; so many rounds of floods.

    Raises StationError, AsteriskError, LoadError, ProvisionError.
    """
    with ExitStack() as stack:
        station = stack.enter_context(_station(folder))
        log = stack.enter_context(_consultants(station, folder))
        crowd, usage = _crowd(station, folder)
        floods = [
            tuple(_flood(station, folder / f"{group}-{place}", log, number, group) for number, group in FLOODED)
            for place in range(rounds)
        ]
        offers, waits = read_offers(log.read_text("utf-8")), _waits(station)
    in_crowd = [wait for wait in waits if wait.queue != BUSY]
    return Distribution(
        consultants=CONSULTANTS,
        calls=crowd.load.calls,
        in_right_group=sum(wait.queue == group_of(offer.agent) for wait, offer in first_offers(in_crowd, offers)),
        offered_two=offered_two(offers),
        ours=Flood.all_of(ours for ours, _ in floods),
        bare=Flood.all_of(bare for _, bare in floods),
        usage=usage,
    )


def agents() -> Mapping[str, tuple[str, ...]]:
    """Extensions by group; the first two digits name the group."""
    sizes = dict.fromkeys(GROUPS, CONSULTANTS // len(GROUPS)) | {BUSY: BUSY_AGENTS, BARE: BUSY_AGENTS}
    return {
        name: tuple(f"{number}{agent:03}" for agent in range(1, size + 1))
        for number, (name, size) in enumerate(sizes.items(), start=11)
    }


def group_of(extension: str) -> str:
    """The group that an extension belongs to."""
    return (*GROUPS, BUSY, BARE)[int(extension[:2]) - 11]


def read_offers(log: str) -> tuple[Offer, ...]:
    """What the telephones noted, in order of ringing: lines `TIME ringing|free AGENT ANI`."""
    ringing: dict[tuple[str, str], float] = {}
    offers = []
    for line in log.splitlines():
        stamp, what, agent, ani = line.rsplit(maxsplit=3)
        at, key = float(stamp.split()[-1]), (agent, ani)
        if what == "ringing":
            ringing[key] = at
        elif key in ringing:
            offers.append(Offer(agent, ani, ringing.pop(key), at))
    offers += [Offer(agent, ani, at, None) for (agent, ani), at in ringing.items()]
    return tuple(sorted(offers, key=lambda offer: offer.rings))


def first_offers(waits: Sequence[Wait], offers: Sequence[Offer]) -> list[tuple[Wait, Offer]]:
    """Each caller with the first telephone that rang for them; who was offered to nobody is left out."""
    first: dict[str, Offer] = {}
    for offer in offers:
        first.setdefault(offer.ani, offer)
    return [(wait, first[wait.ani]) for wait in waits if wait.ani in first]


def offered_two(offers: Sequence[Offer]) -> int:
    """How often a telephone rang although its last call was not over."""
    by_agent: dict[str, list[Offer]] = defaultdict(list)
    for offer in offers:
        by_agent[offer.agent].append(offer)
    pairs = (pair for own in by_agent.values() for pair in pairwise(own))
    return sum(before.free is not None and after.rings < before.free for before, after in pairs)


def overtaken(offers: Sequence[Offer]) -> int:
    """How many callers a telephone first rang for after it had rung for one who dialled later: numbers count up."""
    first: dict[str, Offer] = {}
    for offer in offers:
        first.setdefault(offer.ani, offer)
    rung = [first[ani].rings for ani in sorted(first)]
    return sum(any(later < own for later in rung[place:]) for place, own in enumerate(rung, start=1))


def gaps(offers: Sequence[Offer]) -> tuple[float, ...]:
    """Seconds from free to ringing, from when callers wait to when the last ones came."""
    if not offers:
        return ()
    first, last = offers[0].rings + SETTLED_SECONDS, offers[0].rings + FLOOD.seconds
    by_agent: dict[str, list[Offer]] = defaultdict(list)
    for offer in offers:
        by_agent[offer.agent].append(offer)
    pairs = (pair for each in by_agent.values() for pair in pairwise(each))
    return tuple(after.rings - before.free for before, after in pairs if before.free and first <= before.free <= last)


def _flood(station: Station, folder: Path, log: Path, number: str, group: str) -> Flood:
    """More callers than consultants."""
    began = time.time()
    _place(FLOOD, station, number, [BUSY_KEY] * FLOOD.calls, folder)
    offers = read_offers(log.read_text("utf-8"))
    own = [offer for offer in offers if offer.rings >= began and group_of(offer.agent) == group]
    return Flood(gaps(own), overtaken(own))


def _crowd(station: Station, folder: Path) -> tuple[Outcome, Usage]:
    chance = random.Random(CONSULTANTS)
    assert station.asterisk is not None
    node = station.nodes[0]
    assert node is not None
    processes = {"asterisk": station.asterisk.pid, "ivr": node.process.pid}
    before = Meter.read(processes)
    keys = [chance.choice(list(TOPICS)) for _ in range(CROWD.calls)]
    outcome = _place(CROWD, station, NUMBER, keys, folder / "crowd")
    return outcome, Meter.read(processes).since(before)


def _place(load: Load, station: Station, number: str, keys: Sequence[str], folder: Path) -> Outcome:
    """Place one call for each key, callers numbered apart, and wait until all have ended. Raises LoadError."""
    folder.mkdir()
    start = random.Random(folder.name).randrange(1000, 9000) * 10_000
    lines = "".join(f"6{start + place:08};{key};\n" for place, key in enumerate(keys))
    (folder / "callers.csv").write_text(f"SEQUENTIAL\n{lines}", "ascii")
    own, media = free_port(), free_udp_range(MEDIA_PORTS).start
    called = f"-s {number} -r {load.rate} -m {load.calls} -l {load.calls}"
    callers = f"-d {round(1000 * load.listens)} -inf callers.csv"
    places = f"-i 127.0.0.1 -p {own} -mp {media} 127.0.0.1:{station.addresses.sip}"
    ending = f"-timeout {load.seconds + LAST_CALLS_SECONDS:.0f}s -nostdin -trace_stat -stf {STATISTICS}"
    words = f"{called} {callers} {ending} {places}".split()
    with sipp(folder, ["-sf", str(HERE / "topic_caller.xml"), *words]) as run:
        try:
            run.wait(load.seconds + 2 * LAST_CALLS_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise LoadError("callers did not come to an end") from error
    return read_statistics((folder / STATISTICS).read_text("utf-8"), load)


@contextmanager
def _consultants(station: Station, folder: Path) -> Iterator[Path]:
    """All telephones, answering: the file that they note in."""
    template = Environment(undefined=StrictUndefined, autoescape=False).from_string(
        (HERE / "agents.xml.j2").read_text("utf-8")
    )
    own = folder / "agents"
    own.mkdir()
    (own / "agents.xml").write_text(template.render(shortest=SHORTEST, longest=LONGEST), "utf-8")
    media = free_udp_range(MEDIA_PORTS).start
    words = f"-sf agents.xml -i 127.0.0.1 -p {_phones_port(station)} -mp {media} -nostdin -trace_logs -log_file notes"
    with sipp(own, [*words.split(), "127.0.0.1"]):
        yield own / "notes"


def _waits(station: Station) -> tuple[Wait, ...]:
    database = Database(Home.from_environment(station.environment).database_url)
    query = select(calls.c.ani, queue_visits.c.queue).join_from(
        calls, queue_visits, calls.c.id == queue_visits.c.call_id
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return tuple(Wait(row.ani, row.queue) for row in rows)


@contextmanager
def _station(folder: Path) -> Iterator[Station]:
    """An installation with all consultants, started. Raises StationError, AsteriskError."""
    menus, home, phones = folder / "menus.yaml", folder / "home", free_port()
    menus.write_text(_menus(), "utf-8")
    flow = load_menus(menus).flow
    tones.record(home / "recorded" / flow.languages[0], (name for name, _ in flow.prompts))
    rtp = free_udp_range(RTP_PORTS)
    addresses = Addresses(free_port(), (free_port(),), (rtp.start, rtp.stop - 1))
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
        with (home / "asterisk" / "etc" / "extensions.conf").open("a", encoding="utf-8") as file:
            file.write(f"\n[from-trunk](+)\nexten => {BARE_NUMBER},1,Answer()\n same => n,Queue({BARE},c,,,300)\n")
        station.start_asterisk()
        station.start_node()
        yield station
    finally:
        station.stop()


def _phones_port(station: Station) -> int:
    sip = station.settings["sip"]
    if not isinstance(sip, dict):
        raise StationError("the telephones have no address")
    return int(str(next(iter(sip["phones"].values()))).rpartition(":")[2])


def _menus() -> str:
    """A menu of topics, each a group: the measured call's file with other queues, topics and steps."""
    template = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    made = template.from_string((HERE / "topics.yaml.j2").read_text("utf-8"))
    return made.render(groups=agents(), topics={**TOPICS, BUSY_KEY: BUSY})
