"""A fair share of everybody's conversations: each as likely as any other, topics and hours as they occur."""

from __future__ import annotations

from collections import Counter
from math import ceil, floor, sqrt

from hypothesis import given
from hypothesis import strategies as st

from recordings.sampling import Candidate, share

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        id=st.uuids().map(str),
        topic=st.sampled_from([None, "pensions", "benefits", "doctors"]),
        hour=st.integers(0, 23),
    ),
    unique_by=lambda one: one.id,
    max_size=60,
)
EACH = st.integers(1, 8)
SEEDS = st.text(max_size=12)


@given(CANDIDATES, EACH, SEEDS)
def test_every_consultant_gives_the_same_number_or_all_there_are(
    candidates: list[Candidate], each: int, seed: str
) -> None:
    """Nobody's conversation is drawn twice, and none that is not theirs."""
    found = share("1701", candidates, each, seed)
    assert (len(candidates), min(each, len(candidates))) == (found.conversations, len(found.drawn))
    assert len(found.drawn) == len(set(found.drawn))
    assert set(found.drawn) <= set(candidates)


@given(CANDIDATES, EACH, SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_rows_plays_no_part(candidates: list[Candidate], each: int, seed: str, random: object) -> None:
    """The same rows and seed give the same sample however the database gives them."""
    shuffled = list(candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert share("1701", candidates, each, seed) == share("1701", shuffled, each, seed)


@given(CANDIDATES.filter(bool), EACH, SEEDS)
def test_topics_come_as_often_as_they_occur(candidates: list[Candidate], each: int, seed: str) -> None:
    """To the nearest whole conversation."""
    drawn = Counter(one.topic for one in share("1701", candidates, each, seed).drawn)
    for topic, number in Counter(one.topic for one in candidates).items():
        exactly = min(each, len(candidates)) * number / len(candidates)
        assert floor(exactly) <= drawn[topic] <= ceil(exactly)


@given(st.lists(st.integers(8, 17), min_size=4, max_size=60), SEEDS)
def test_hours_of_one_topic_come_as_often_as_they_occur(hours: list[int], seed: str) -> None:
    """The morning's share of four conversations is its share of all."""
    candidates = [Candidate(str(number), "pensions", hour) for number, hour in enumerate(hours)]
    drawn = share("1701", candidates, 4, seed).drawn
    exactly = 4 * sum(hour < 12 for hour in hours) / len(hours)
    assert floor(exactly) <= sum(one.hour < 12 for one in drawn) <= ceil(exactly)


@given(SEEDS)
def test_of_three_topics_three_times_of_day_are_heard(seed: str) -> None:
    """Not the morning of each, though the same number of each topic is drawn."""
    candidates = [
        Candidate(f"{topic} {number}", topic, 8 + number)
        for topic in ("benefits", "doctors", "pensions")
        for number in range(9)
    ]
    hours = sorted(one.hour for one in share("1701", candidates, 3, seed).drawn)
    assert hours[-1] - hours[0] >= 3


def test_each_conversation_is_drawn_about_equally_often() -> None:
    """Rare topics and hours are as likely as frequent ones; within four standard deviations, over fixed seeds."""
    hours = (8, 8, 8, 8, 9, 9, 14, 15, 15, 15, 16)
    topics = ("pensions",) * 7 + ("benefits",) * 3 + ("doctors",)
    candidates = [Candidate(f"{number}", *about) for number, about in enumerate(zip(topics, hours, strict=True))]
    seeds, each = 4000, 3
    counts = Counter(one.id for seed in range(seeds) for one in share("1701", candidates, each, str(seed)).drawn)
    likely = each / len(candidates)
    tolerance = 4 * sqrt(seeds * likely * (1 - likely))
    assert {one.id for one in candidates} == set(counts)
    assert [] == [(id, count) for id, count in counts.items() if abs(count - seeds * likely) > tolerance]


def test_seed_and_consultant_draw_anew() -> None:
    """Another seed, and another consultant with the same seed, give other samples."""
    candidates = [Candidate(str(number), "pensions", 8) for number in range(100)]
    drawn = {share(consultant, candidates, 3, seed).drawn for consultant in ("1701", "1702") for seed in ("1", "2")}
    assert 4 == len(drawn)
