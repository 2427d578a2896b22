"""The busiest hour: callers who log in beside callers who do not, on a real Asterisk, timed at their telephones.

A login is from the end of the last digit of the PIN to the first packet of the next prompt; the others' are the
measured call's keys. Rounds without logins and with them take turns, so that noise hits both.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

from bench import ground, keypress, people, tones
from bench.importing import import_people
from bench.keypress import Listener, Sample, Script
from bench.people import Person
from bench.processor import Meter, Repeats, Usage
from demo.phone import Exchange, Phone
from demo.station import Station

CALLS_AN_HOUR = 2000
LOGINS_A_SECOND = CALLS_AN_HOUR / 2 / 3600
PEOPLE = 128
NOTHING = Sample((), 0, 0)


@dataclass(frozen=True, slots=True)
class Shares:
    """How many `times` as many logins as in the busy hour, and for how many seconds of each round."""

    times: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Beside:
    """What callers noticed beside so many `times` as many logins as in the busy hour: the others, and who logged in."""

    times: int
    others: Sample
    logins: Sample
    usages: tuple[Usage, ...]

    def __add__(self, other: Beside) -> Beside:
        """Both together."""
        return Beside(self.times, self.others + other.others, self.logins + other.logins, self.usages + other.usages)

    @property
    def usage(self) -> Usage:
        """Of a single round."""
        (one,) = self.usages
        return one


@dataclass(frozen=True, slots=True)
class Hour:
    """How it is measured: so many rounds, callers on so many `lines`, and disturbed rounds that are repeated."""

    rounds: int
    lines: int
    shares: tuple[Shares, ...]
    repeats: int


def measure(folder: Path, hour: Hour, say: Callable[[str], None]) -> tuple[Beside, ...]:
    """Place the calls. Raises StationError, AsteriskError, ProvisionError, ProgramError, PhoneTimeoutError."""
    with ground.made_station(folder) as station:
        known = people.made_up(PEOPLE)
        table = folder / "profiles.csv"
        people.write_pins(table, known)
        import_people(station.environment, table)
        station.render()
        station.start_asterisk()
        station.start_node()
        callers, repeats = Callers(station, known), Repeats(hour.repeats)
        found: dict[int, Beside] = {}
        for number in range(hour.rounds):
            for share in hour.shares if number % 2 == 0 else hour.shares[::-1]:
                made = repeats.measure(partial(callers.beside, share, hour.lines), lambda made: made.usage)
                found[share.times] = found[share.times] + made if share.times in found else made
            say(f"  round {number + 1} of {hour.rounds}")
    return tuple(found[share.times] for share in hour.shares)


class Callers:
    """Those who call one service: people of its profiles by turns, each time from another number, and others."""

    def __init__(self, station: Station, known: tuple[Person, ...]) -> None:
        assert station.asterisk is not None
        (node,) = station.nodes
        assert node is not None
        self._server = "127.0.0.1", station.addresses.sip
        self._processes = {"asterisk": station.asterisk.pid, "ivr": node.process.pid}
        self._people = cycle(known)
        self._numbers = iter(range(600_200_000, 600_300_000))
        self._chance = random.Random(PEOPLE)

    def beside(self, share: Shares, lines: int) -> Beside:
        """One round."""
        before = Meter.read(self._processes)
        with ThreadPoolExecutor(1) as another:
            logging_in = another.submit(self._log_in, share.times * LOGINS_A_SECOND, share.seconds)
            others = keypress.sample(self._server, ground.NUMBERS[ground.SQLITE], lines, share.seconds)
            logins = logging_in.result()
        return Beside(share.times, others, logins, (Meter.read(self._processes).since(before),))

    def _log_in(self, rate: float, seconds: float) -> Sample:
        """Callers who come by chance, so many a second (none: 0), and what they waited for once their PIN was keyed."""
        if not rate:
            return NOTHING
        with Exchange() as exchange, Phone(exchange, keypress.ANI, self._server) as phone:
            listeners: list[Listener] = []
            until = time.monotonic() + seconds
            while (pause := self._chance.expovariate(rate)) < until - time.monotonic():
                time.sleep(pause)
                script, ani = login(next(self._people)), f"{next(self._numbers)}"
                listeners.append(keypress.dial(phone, ground.NUMBERS[ground.SQLITE], self._chance, script, ani))
            keypress.wait_until_over(listeners)
        completed = [listener for listener in listeners if listener.completed]
        return Sample(tuple(one.waits[-1] for one in completed), len(listeners), len(listeners) - len(completed))


def login(person: Person) -> Script:
    """The menu, the identifier, the PIN, and whatever comes then if it was right."""
    return (
        (tones.FIRST, "2"),
        (tones.SECOND, f"{person.identifier}#"),
        (tones.FIRST, person.pin),
        (tones.GOODBYE, ""),
    )
