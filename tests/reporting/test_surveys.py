"""What callers said of their conversations: shares by group of callers and topic."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.reporting.surveys import Answered, Asked, SurveyFigures, survey_figures

ASKED = (
    Asked("beneficiaries", "pensions", 40, 20),
    Asked("beneficiaries", "benefits", 10, 8),
    Asked("doctors", "doctors", 5, 0),
)
ANSWERED = (
    Answered("beneficiaries", "pensions", "satisfaction", 20, 15),
    Answered("beneficiaries", "pensions", "politeness", 16, 12),
    Answered("beneficiaries", "benefits", "satisfaction", 8, 6),
)


def by_name(asked: tuple[Asked, ...], answered: tuple[Answered, ...]) -> dict[tuple[str | None, ...], SurveyFigures]:
    """The figures by group of callers and topic, in their order."""
    return {(one.callers, one.topic): one for one in survey_figures(asked, answered)}


def test_each_topic_then_its_group_and_the_service_last() -> None:
    """Groups in order, each after the topics that it is made of."""
    expected = [
        *(("beneficiaries", "benefits"), ("beneficiaries", "pensions"), ("beneficiaries", None)),
        *(("doctors", "doctors"), ("doctors", None), (None, None)),
    ]
    assert expected == list(by_name(ASKED, ANSWERED))


def test_a_share_is_of_those_who_answered() -> None:
    """Of each question its own; who took part is a share of those who were asked."""
    whole = by_name(ASKED, ANSWERED)["beneficiaries", None]
    assert (50, 28, 0.56) == (whole.offered, whole.took_part, whole.taking_part)
    assert [("politeness", 16, 0.75), ("satisfaction", 28, 0.75)] == [
        (one.question, one.answers, one.satisfied_share) for one in whole.questions
    ]


def test_where_nobody_answered_there_is_no_share() -> None:
    """Nor where nobody was asked at all."""
    doctors = by_name(ASKED, ANSWERED)["doctors", "doctors"]
    assert (5, 0, 0.0, ()) == (doctors.offered, doctors.took_part, doctors.taking_part, doctors.questions)
    (nothing,) = survey_figures((), ())
    assert SurveyFigures(None, None, 0, 0, None, ()) == nothing


words = st.sampled_from("abc")
counts = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted)
asked = st.builds(lambda one, other, n: Asked(one, other, n[1], n[0]), words, words, counts)
answered = st.builds(lambda one, other, q, n: Answered(one, other, q, n[1], n[0]), words, words, words, counts)


@given(st.lists(asked, unique_by=lambda one: (one.callers, one.topic)), st.data())
def test_groups_add_up_to_the_service(offers: list[Asked], data: st.DataObject) -> None:
    """Nobody is counted twice or lost between topics, groups and the whole."""
    places = [(one.callers, one.topic) for one in offers]
    given_ = [one for one in data.draw(st.lists(answered)) if (one.callers, one.topic) in places]
    found = by_name(tuple(offers), tuple(given_))
    groups = [one for (callers, topic), one in found.items() if callers is not None and topic is None]
    topics = [one for (_, topic), one in found.items() if topic is not None]
    for parts in (groups, topics):
        assert found[None, None].offered == sum(one.offered for one in parts)
        assert sum(one.answers for one in given_) == sum(q.answers for one in parts for q in one.questions)
