"""The benchmark counts processor time, and takes disturbed measurements again whatever came out of them."""

from __future__ import annotations

import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from bench.processor import DISTURBING, MOST_TRIES, Meter, Repeats, Usage, tree_seconds

WORK = "import time\nwhile time.process_time() < 0.3: pass\n"


def test_children_count_as_their_process() -> None:
    """A process that has waited for its child has used what the child used."""
    before = tree_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", WORK], check=True)
    assert tree_seconds(os.getpid()) - before >= 0.25


def test_nothing_is_used_elsewhere_in_no_time() -> None:
    """Two readings of one moment differ by nothing."""
    reading = Meter.read({"self": os.getpid()})
    usage = reading.since(reading)
    assert Usage(0.0, {"self": 0.0}, 0.0) == usage
    assert 0.0 == usage.disturbance


@given(st.lists(st.floats(0, 2), min_size=1, max_size=9), st.integers(0, 5))
def test_the_least_disturbed_measurement_counts(disturbances: list[float], left: int) -> None:
    """Of what was measured the quietest is kept; nothing is measured again once it was quiet or patience is out."""
    taken: list[Usage] = []

    def measure() -> Usage:
        taken.append(Usage(1.0, {}, disturbances[len(taken) % len(disturbances)]))
        return taken[-1]

    repeats = Repeats(left)
    kept = repeats.measure(measure, lambda usage: usage)
    assert kept.disturbance == min(usage.disturbance for usage in taken)
    assert len(taken) <= min(MOST_TRIES, left + 1)
    assert all(usage.disturbance > DISTURBING for usage in taken[:-1])
    assert repeats.left == left - len(taken) + 1
