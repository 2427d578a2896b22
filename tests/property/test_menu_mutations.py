"""Damaged copies of the shipped menus.yaml and of a small file: each is refused clearly, or is a service that works."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from random import Random

import pytest

from ivr.menus.faults import MenuError
from ivr.menus.loading import Loaded, load
from tests.menu_files import OFFICES, SHIPPED, SMALL
from tests.property.mutations import mutated
from tests.property.walks import assert_told_in_place, random_walk

TEXT = SHIPPED.read_text("utf-8")
TABLES = {"offices.csv": (SHIPPED.parent / "offices.csv").read_bytes()}
PORTION = 50
SMALL_TABLES = {"offices.csv": OFFICES}


def load_copy(raw: bytes, tables: Mapping[str, bytes]) -> Loaded:
    """Load a damaged copy as if it lay beside these tables."""

    def read_table(name: str) -> bytes:
        if name not in tables:
            raise FileNotFoundError(2, "No such file or directory")
        return tables[name]

    return load("menus.yaml", raw, read_table)


def outcome(text: str, tables: Mapping[str, bytes], seed: int) -> str:
    """How a damaged copy fared: "refused" or "works", or else what went wrong with it."""
    raw = mutated(seed, text)
    try:
        flow = load_copy(raw, tables).flow
    except MenuError as error:
        assert_told_in_place(error, raw)
        return "refused"
    random_walk(flow, Random(seed), steps=100)
    return "works"


def outcome_or_traceback(text: str, tables: Mapping[str, bytes], seed: int) -> str:
    """The outcome of a seed; an exception that is not a MenuError is one, too."""
    try:
        return outcome(text, tables, seed)
    except Exception:
        return traceback.format_exc()


# In portions, so that several processes can share the work.
@pytest.mark.parametrize("first", range(0, 500, PORTION))
def test_a_damaged_copy_of_the_shipped_file_is_refused_or_works(first: int) -> None:
    """Five hundred copies of the file that is in use, whose hours, offices and languages no small file has."""
    assert fates(TEXT, TABLES, range(first, first + PORTION)) <= {"refused", "works"}


def test_a_damaged_small_file_is_refused_or_works() -> None:
    """Where the file is short, damage more often meets what holds it together."""
    assert {"refused", "works"} == fates(SMALL, SMALL_TABLES, range(100))


def fates(text: str, tables: Mapping[str, bytes], seeds: range) -> set[str]:
    """How copies fared: "refused", "works" (what loads survives a random walk through its menus), or a traceback."""
    return {outcome_or_traceback(text, tables, seed) for seed in seeds}


def test_a_mutation_is_the_same_whenever_it_is_made() -> None:
    """So that what failed once can be looked at."""
    copies = [mutated(seed, TEXT) for seed in range(50)]
    assert copies == [mutated(seed, TEXT) for seed in range(50)]
    assert TEXT.encode() not in copies
