"""Which conversations of each consultant are listened to: a fair share of everybody's, drawn by lot.

Every consultant gives the same number, and within a consultant's conversations each is as likely as any other. They
are lined up by topic and by the hour of the day, and taken at equal distances from a random beginning (systematic
sampling; Cochran, Sampling Techniques, chapter 8): so topics and times of day come as often as they occur. Chance comes
from the seed, the consultant and the conversations' ids: no order and nobody else's conversations play a part.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_WHOLE = 2**64
# Topics begin at hours that differ by the golden ratio of their conversations: where several are drawn from at the same
# distance, it is not from the same hour of each.
_TURN_NUMERATOR, _TURN_DENOMINATOR = 618_034, 1_000_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conversation that may be drawn; `hour` is that of the service's day in which it ended, 0 to 23."""

    id: str
    topic: str | None
    hour: int


@dataclass(frozen=True, slots=True)
class Share:
    """What is drawn of one consultant's conversations, which were so many."""

    consultant: str
    conversations: int
    drawn: tuple[Candidate, ...]


def share(consultant: str, conversations: Iterable[Candidate], each: int, seed: str) -> Share:
    """A consultant's share: `each` of the conversations, or all where there are no more."""
    lined_up = list(_lined_up(conversations, seed))
    whole, wanted = len(lined_up), min(each, len(lined_up))
    beginning = _chance(seed, consultant)
    places = ((beginning + lot * _WHOLE) * whole // (wanted * _WHOLE) for lot in range(wanted))
    return Share(consultant, whole, tuple(lined_up[place] for place in places))


def _lined_up(conversations: Iterable[Candidate], seed: str) -> Iterator[Candidate]:
    by_topic: dict[str, list[Candidate]] = defaultdict(list)
    for one in conversations:
        by_topic[one.topic or ""].append(one)
    for number, topic in enumerate(sorted(by_topic)):
        own = sorted(by_topic[topic], key=lambda one: (one.hour, _chance(seed, one.id), one.id))
        turn = number * _TURN_NUMERATOR * len(own) // _TURN_DENOMINATOR % len(own)
        yield from own[turn:]
        yield from own[:turn]


def _chance(seed: str, name: str) -> int:
    """A number from 0 to 2^64 - 1 that is the same for the same seed and name, and like chance for others."""
    return int.from_bytes(hashlib.sha256(f"{len(seed)} {seed} {name}".encode()).digest()[:8])
