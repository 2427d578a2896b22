"""Damaged copies of the shipped menus.yaml: each is refused in clear words, or is a service that works."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from concurrent.futures import ProcessPoolExecutor
from random import Random

from ivr.menus.faults import MenuError
from ivr.menus.loading import Loaded, load
from tests.menu_files import SHIPPED
from tests.property.mutations import mutated
from tests.property.walks import assert_told_in_place, random_walk

COPIES = 500
PROCESSES = min(4, os.cpu_count() or 1)
TEXT = SHIPPED.read_text("utf-8")


def load_copy(raw: bytes) -> Loaded:
    """Load a damaged copy as if it lay beside the shipped table of offices."""
    return load("menus.yaml", raw, lambda name: (SHIPPED.parent / name).read_bytes())


def outcome(seed: int) -> str:
    """How a damaged copy fared: "refused" or "works", or else what went wrong with it."""
    raw = mutated(seed, TEXT)
    try:
        flow = load_copy(raw).flow
    except MenuError as error:
        assert_told_in_place(error, raw)
        return "refused"
    random_walk(flow, Random(seed), steps=100)
    return "works"


def outcomes(seeds: range) -> list[tuple[int, str]]:
    """The outcome of each seed; an exception that is not a MenuError is one, too."""
    found = []
    for seed in seeds:
        try:
            found.append((seed, outcome(seed)))
        except Exception:
            found.append((seed, traceback.format_exc()))
    return found


def test_a_damaged_file_is_refused_or_works() -> None:
    """No exception but MenuError ever leaves the loader, and what loads survives a random walk through its menus."""
    batches = [range(first, COPIES, PROCESSES) for first in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        found = [each for batch in pool.map(outcomes, batches) for each in batch]
    assert COPIES == len(found)
    assert [] == [(seed, said) for seed, said in found if said not in ("refused", "works")]
    assert {"refused", "works"} == {said for _, said in found}


def test_a_mutation_is_the_same_whenever_it_is_made() -> None:
    """So that what failed once can be looked at."""
    copies = [mutated(seed, TEXT) for seed in range(50)]
    assert copies == [mutated(seed, TEXT) for seed in range(50)]
    assert TEXT.encode() not in copies
