"""Stays, changes and contacts that tests make up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from routing.reporting.records import Change, Contact, Stay

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OUTCOMES = ("answered", "abandoned", "timeout", "full", "join_empty", "leave_empty", "failed", None)


def later(seconds: float, after: datetime = NOON) -> datetime:
    """So many seconds after noon."""
    return after + timedelta(seconds=seconds)


def answered(wait: float, talk: float = 60, *, agent: str = "1201", at: datetime = NOON, **more: object) -> Stay:
    """A conversation after so many seconds."""
    return _stay(
        at, answered_at=later(wait, at), left_at=later(wait + talk, at), agent=agent, outcome="answered", **more
    )


def left(outcome: str | None, wait: float, *, at: datetime = NOON, **more: object) -> Stay:
    """A stay that ended without an answer."""
    return _stay(at, left_at=later(wait, at), outcome=outcome, **more)


def lasting(*, at: datetime = NOON, **more: object) -> Stay:
    """A stay that is not over."""
    return _stay(at, **more)


def _stay(at: datetime, **more: object) -> Stay:
    fields = {"call_id": "call", "seq": 5, "queue": "pensions", "topic": "pensions", "joined_at": at, **more}
    return Stay(**fields)  # type: ignore[arg-type]


def changes(agent: str, *states: tuple[float, str]) -> list[Change]:
    """A consultant's states, each from so many seconds after noon on."""
    return [Change(agent, state, "", later(seconds)) for seconds, state in states]


def contact(*, informed: bool = False, asked: bool = False, broken: bool = False) -> Contact:
    """A call that is over."""
    return Contact("call", NOON, informed, asked, broken)


_seconds = st.floats(0, 4 * 3600, allow_nan=False)
_moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
_foretold = st.sampled_from([True, False, None])
_agents = st.sampled_from(["1201", "1202"])

stays = st.one_of(
    st.builds(answered, _seconds, _seconds, agent=_agents, at=_moments, foretold=_foretold, transferred=st.booleans()),
    st.builds(left, st.sampled_from(OUTCOMES), _seconds, at=_moments, foretold=_foretold),
    st.builds(lasting, at=_moments),
)
