"""Distribution: consultants and their callers on a real Asterisk: who gets whom, in which order, and how soon.

Conversations take seconds, so that ten minutes of a helpline's calls fit into one. Consultants' telephones are one SIPp
that notes when each rings and when it is free again; what callers chose and when they began to wait is in the database.
"""

from __future__ import annotations

import math
import random
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from sqlalchemy import select

from bench.centre import (
    BARE,
    BARE_NUMBER,
    BUSY,
    BUSY_AGENTS,
    BUSY_KEY,
    CONSULTANTS,
    NUMBER,
    TOPICS,
    centre,
    group_of,
    phones_port,
)
from bench.ground import HERE
from bench.load import SILENCE, SILENCE_FRAMES, STATISTICS, Load, LoadError, Outcome, read_statistics, sipp
from bench.processor import Meter, Usage
from demo.asterisk_process import free_port, free_udp_range
from demo.phone import Codec
from demo.station import Station
from ivr.calls import calls
from routing.visits import queue_visits
from routing.waiting import priority
from storage.database import Database
from storage.home import Home

FLOODED = ((NUMBER, BUSY), (BARE_NUMBER, BARE))

# Two thousand calls an hour for ten minutes, ten times as fast.
CROWD = Load(rate=6, seconds=56.0)
FLOOD = Load(rate=4, seconds=30.0)
# Milliseconds of a conversation, as SIPp is told.
BRIEF_TALKS = 'distribution="uniform" min="3000" max="5000"'
SETTLED_SECONDS = 8.0
# What telephones note closer together than this happened at once: so long may a message take on a busy machine.
TOGETHER = 0.1
LAST_CALLS_SECONDS = 90.0
LONG_WAIT_SECONDS = 1800.0
MEDIA_PORTS = 2000


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
    enqueued_at: datetime


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A caller for whom a telephone first rang `late` seconds after one had rung for somebody who came later.

    `unjustly`: there was no free consultant left for this caller. Otherwise each who had come before had one of their
    own, and app_queue, whose callers look once a second each, had not come to it yet.
    """

    late: float
    unjustly: bool


@dataclass(frozen=True, slots=True)
class Flood:
    """More callers than consultants: seconds from free to ringing again, and callers overtaken by later ones."""

    callers: int
    gaps: tuple[float, ...]
    overtaken: tuple[Overtaken, ...]

    @classmethod
    def all_of(cls, floods: Iterable[Flood]) -> Flood:
        """Several as one."""
        several = tuple(floods)
        return cls(
            sum(flood.callers for flood in several),
            tuple(gap for flood in several for gap in flood.gaps),
            tuple(one for flood in several for one in flood.overtaken),
        )

    @property
    def violations(self) -> int:
        """Callers overtaken although the consultant who rang was the only one left for them."""
        return sum(one.unjustly for one in self.overtaken)

    @property
    def same_second(self) -> int:
        """Callers overtaken while another consultant was free for them."""
        return len(self.overtaken) - self.violations


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
        station = stack.enter_context(centre(folder))
        log = stack.enter_context(consultants(station, folder / "agents", BRIEF_TALKS))
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


def overtaken(offers: Sequence[Offer], order: Mapping[str, int], consultants: int) -> tuple[Overtaken, ...]:
    """Whom a telephone first rang for after it had rung for one who came later, by the places in `order`.

    `consultants` are all who answer these callers. When a telephone rings for somebody, those who came before and for
    whom none has rung yet need as many other free consultants; where there are fewer, the order was violated.
    """
    first: dict[str, Offer] = {}
    for offer in offers:
        first.setdefault(offer.ani, offer)
    found = []
    for ani, own in first.items():
        ahead = [offer for other, offer in first.items() if order[other] > order[ani] and offer.rings < own.rings]
        if ahead:
            deprived = (_left_nobody(offer, own, first, offers, order, consultants) for offer in ahead)
            found.append(Overtaken(own.rings - min(offer.rings for offer in ahead), any(deprived)))
    return tuple(found)


def _left_nobody(
    rung: Offer,
    own: Offer,
    first: Mapping[str, Offer],
    offers: Sequence[Offer],
    order: Mapping[str, int],
    consultants: int,
) -> bool:
    """Whether those who had come before had, beside this one, fewer free consultants than they were."""
    if own.rings - rung.rings < TOGETHER:
        return False
    before = sum(order[ani] < order[rung.ani] and offer.rings > rung.rings for ani, offer in first.items())
    still = rung.rings + TOGETHER
    busy = {offer.agent for offer in offers if offer.rings <= rung.rings and (offer.free or math.inf) > still}
    return consultants - len(busy) < before


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
    # Numbers count up; where callers come through the IVR they stand as it has made Asterisk's priorities.
    order = {offer.ani: int(offer.ani) for offer in own}
    order |= {wait.ani: -priority(wait.enqueued_at) for wait in _waits(station) if wait.ani in order}
    return Flood(len(order), gaps(own), overtaken(own, order, BUSY_AGENTS))


def _crowd(station: Station, folder: Path) -> tuple[Outcome, Usage]:
    chance = random.Random(CONSULTANTS)
    assert station.asterisk is not None
    carries, follows = station.nodes
    assert carries is not None
    assert follows is not None
    processes = {"asterisk": station.asterisk.pid, "ivr": carries.process.pid, "reader": follows.process.pid}
    before = Meter.read(processes)
    keys = [chance.choice(list(TOPICS)) for _ in range(CROWD.calls)]
    outcome = _place(CROWD, station, NUMBER, keys, folder / "crowd")
    return outcome, Meter.read(processes).since(before)


def _place(load: Load, station: Station, number: str, keys: Sequence[str], folder: Path) -> Outcome:
    """Place one call for each key, callers numbered apart, and wait until all have ended. Raises LoadError."""
    with placing(station, number, keys, folder, f"-r {load.rate}") as run:
        try:
            run.wait(load.seconds + 2 * LAST_CALLS_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise LoadError("callers did not come to an end") from error
    return read_statistics((folder / STATISTICS).read_text("utf-8"), load)


@contextmanager
def placing(
    station: Station, number: str, keys: Sequence[str], folder: Path, pace: str, *, sound: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """SIPp, which places a call for each key at a pace in its own words, with sound or without."""
    folder.mkdir()
    start = random.Random(folder.name).randrange(1000, 9000) * 10_000
    lines = "".join(f"6{start + place:08};{key};\n" for place, key in enumerate(keys))
    (folder / "callers.csv").write_text(f"SEQUENTIAL\n{lines}", "ascii")
    patience = 1000 * (LONG_WAIT_SECONDS if sound else LAST_CALLS_SECONDS + CROWD.seconds)
    _write_scenario(folder, "topic_caller.xml", sound=sound, patience=round(patience))
    own, media = free_port(), free_udp_range(MEDIA_PORTS).start
    callers = f"-s {number} -m {len(keys)} -l {len(keys)} -d {round(1000 * CROWD.listens)} -inf callers.csv {pace}"
    places = f"-i 127.0.0.1 -p {own} -mp {media} 127.0.0.1:{station.addresses.sip}"
    words = f"{callers} -nostdin -trace_stat -stf {STATISTICS} {places}".split()
    with sipp(folder, ["-sf", "topic_caller.xml", *words]) as run:
        yield run


@contextmanager
def consultants(station: Station, folder: Path, talks: str, *, sound: bool = False) -> Iterator[Path]:
    """All telephones, answering for conversations as long as SIPp's words for a pause say: the file they note in."""
    folder.mkdir()
    _write_scenario(folder, "agents.xml", sound=sound, talks=talks)
    media = free_udp_range(MEDIA_PORTS).start
    words = f"-sf agents.xml -i 127.0.0.1 -p {phones_port(station)} -mp {media} -nostdin -trace_logs -log_file notes"
    with sipp(folder, [*words.split(), "127.0.0.1"]):
        yield folder / "notes"


def _write_scenario(folder: Path, name: str, **values: object) -> None:
    environment = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True)
    template = environment.from_string((HERE / f"{name}.j2").read_text("utf-8"))
    (folder / name).write_text(template.render(**values), "utf-8")
    (folder / SILENCE).write_bytes(Codec.PCMU.silence * SILENCE_FRAMES)


def _waits(station: Station) -> tuple[Wait, ...]:
    database = Database(Home.from_environment(station.environment).database_url)
    query = select(calls.c.ani, queue_visits.c.queue, queue_visits.c.enqueued_at).join_from(
        calls, queue_visits, calls.c.id == queue_visits.c.call_id
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return tuple(Wait(row.ani, row.queue, row.enqueued_at) for row in rows)
