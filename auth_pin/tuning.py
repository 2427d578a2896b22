"""How long hashing takes on this machine, and how many hashes at once are worth it.

The cost itself is fixed (`auth_pin.pins`): all hashes must cost the same, since one that is cheaper or dearer than the
decoy's would tell by its time that its profile exists, and a new cost takes effect only when a PIN is set anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median

from argon2 import PasswordHasher

from auth_pin import pins

ENOUGH = 0.9
_RUNS = 5
_PIN = b"a PIN nobody can key"


@dataclass(frozen=True, slots=True)
class Load:
    """So many hashes at once, and how many are done in a second then."""

    at_once: int
    a_second: float


def seconds_of(time_cost: int, clock: Callable[[], float]) -> float:
    """How long a hash of that time cost takes by itself, in seconds: the median of some. `clock` tells seconds."""
    hasher = _hasher(time_cost)
    taken = []
    for _ in range(_RUNS):
        begun = clock()
        hasher.hash(_PIN)
        taken.append(clock() - begun)
    return median(taken)


def load_of(at_once: int, clock: Callable[[], float]) -> Load:
    """What comes of so many hashes at once, of the cost that is used."""
    hasher, number = _hasher(pins.ARGON2ID.time_cost), at_once * _RUNS
    with ThreadPoolExecutor(at_once) as callers:
        begun = clock()
        for hashing in [callers.submit(hasher.hash, _PIN) for _ in range(number)]:
            hashing.result()
        return Load(at_once, number / (clock() - begun))


def recommended(loads: Sequence[Load]) -> int:
    """The fewest at once that do nine tenths of the most: more would only take memory, and processors from calls."""
    most = max(load.a_second for load in loads)
    return min(load.at_once for load in loads if load.a_second >= ENOUGH * most)


def _hasher(time_cost: int) -> PasswordHasher:
    used = pins.ARGON2ID
    return PasswordHasher(time_cost, used.memory_cost, used.parallelism, used.hash_len, used.salt_len)
