"""Damaged copies of the shipped menus.yaml: each is refused in clear words, or is a service that works."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import pytest

from ivr.menus.faults import MenuError
from ivr.menus.loading import Loaded, load
from tests.menu_files import SHIPPED
from tests.property.mutations import mutated
from tests.property.walks import random_walk

COPIES = 500
BATCH = 50
TEXT = SHIPPED.read_text("utf-8")


def load_copy(raw: bytes) -> Loaded:
    """Load a damaged copy as if it lay beside the shipped table of offices."""
    return load("menus.yaml", raw, lambda name: (SHIPPED.parent / name).read_bytes())


def assert_faults_stand_in_the_file(error: MenuError, raw: bytes) -> None:
    """At least one fault; each on a line of its own, and at a place that an editor can go to."""
    errors = [fault for fault in error.faults if fault.severity == "error"]
    assert errors
    lines = re.split(r"\r\n?|\n", raw.decode("utf-8-sig", "replace"))
    for fault in error.faults:
        assert 1 <= fault.line <= len(lines)
        assert 1 <= fault.column <= len(lines[fault.line - 1]) + 1
        assert [fault.show("menus.yaml")] == fault.show("menus.yaml").splitlines()


@pytest.mark.parametrize("batch", range(0, COPIES, BATCH))
def test_a_damaged_file_is_refused_or_works(batch: int) -> None:
    """No exception but MenuError ever leaves the loader, and what loads survives a random walk through its menus."""
    for seed in range(batch, batch + BATCH):
        raw = mutated(seed, TEXT)
        try:
            flow = load_copy(raw).flow
        except MenuError as error:
            assert_faults_stand_in_the_file(error, raw)
        else:
            random_walk(flow, Random(seed), steps=100)


def test_mutations_are_of_both_kinds() -> None:
    """Some copies are refused and some work: the test above tests both."""
    outcomes: Counter[bool] = Counter()
    for seed in range(40):
        try:
            load_copy(mutated(seed, TEXT))
            outcomes[True] += 1
        except MenuError:
            outcomes[False] += 1
    assert outcomes.keys() == {True, False}
    assert mutated(7, TEXT) == mutated(7, TEXT)
