"""What scores say together, by consultant, by topic and of all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recordings.score_figures import MARKS, Recorded, Scored, score_figures

NAMES = st.sampled_from([None, "1701", "1702", "1703"])
RECORDED = st.lists(
    st.builds(
        Recorded,
        consultant=NAMES,
        topic=NAMES,
        conversations=st.integers(0, 50),
        scored=st.integers(0, 9),
        drawn=st.integers(0, 9),
    ),
    max_size=8,
)
MARK = st.sampled_from(MARKS)
SCORED = st.lists(
    st.builds(Scored, consultant=NAMES, topic=NAMES, correctness=MARK, service=MARK, scores=st.integers(1, 9)),
    max_size=8,
)


@given(RECORDED, SCORED)
def test_the_whole_service_is_the_sum(recorded: list[Recorded], scored: list[Scored]) -> None:
    """Of everything, with and without a consultant; it comes last, and there is one."""
    *groups, whole = score_figures(recorded, scored)
    assert ("all", None) == (whole.kind, whole.name)
    assert [] == [one for one in groups if one.kind == "all"]
    expected = [sum(getattr(one, name) for one in recorded) for name in ("conversations", "scored", "drawn")]
    assert expected == [whole.conversations, whole.scored, whole.drawn]
    assert {sum(one.scores for one in scored)} == {criterion.scores for criterion in whole.criteria}


@given(RECORDED, SCORED)
def test_means_and_shares_agree(recorded: list[Recorded], scored: list[Scored]) -> None:
    """The mean is that of the marks by their shares, which make a whole; of no scores there is neither."""
    for group in score_figures(recorded, scored):
        for one in group.criteria:
            if not one.scores:
                assert (None, (None,) * 5) == (one.mean, one.shares)
                continue
            shares = [share or 0.0 for share in one.shares]
            assert abs(sum(shares) - 1) < 1e-9
            assert one.mean is not None
            assert abs(sum(mark * share for mark, share in zip(MARKS, shares, strict=True)) - one.mean) < 1e-9


def test_every_name_has_a_group_in_its_order() -> None:
    """Consultants, topics, and what has neither in the whole alone."""
    recorded = [Recorded("1702", "b", 1), Recorded("1701", None, 2, 1), Recorded(None, "a", 4)]
    found = score_figures(recorded, [Scored("1701", None, 2, 4, 1), Scored(None, "a", 4, 4, 1)])
    told = [(one.kind, one.name, one.conversations, one.criteria[0].mean) for one in found]
    assert [
        ("consultant", "1701", 2, 2.0),
        ("consultant", "1702", 1, None),
        ("topic", "a", 4, 4.0),
        ("topic", "b", 1, None),
        ("all", None, 7, 3.0),
    ] == told
