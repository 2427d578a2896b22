"""Who is to look whether it is their turn, told as Asterisk tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.lines import LOOKED_AFTER, Lines
from routing.members import Device

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def joins(caller: str, place: int, queue: str = "pensions") -> dict[str, str]:
    """A caller takes a place in a queue."""
    return {"Event": "QueueCallerJoin", "Queue": queue, "Channel": caller, "Position": str(place)}


def leaves(caller: str, queue: str = "pensions") -> dict[str, str]:
    """A caller is answered, or has gone."""
    return {"Event": "QueueCallerLeave", "Queue": queue, "Channel": caller}


def rings(caller: str, queue: str = "pensions") -> dict[str, str]:
    """A telephone rings for a caller."""
    return {"Event": "AgentCalled", "Queue": queue, "Channel": caller, "MemberName": "1201"}


def rang_out(caller: str, queue: str = "pensions") -> dict[str, str]:
    """Nobody has answered it."""
    return {**rings(caller, queue), "Event": "AgentRingNoAnswer"}


def status(
    device: Device, agent: str = "1201", queue: str = "pensions", event: str = "QueueMemberStatus", **headers: object
) -> dict[str, str]:
    """What a consultant's telephone does."""
    usual = {"Event": event, "Queue": queue, "MemberName": agent, "Status": str(int(device)), "Paused": "0"}
    return usual | {name: str(value) for name, value in headers.items()}


def waiting(*callers: str) -> Lines:
    """A line of callers in the queue for pensions."""
    lines = Lines()
    for place, caller in enumerate(callers, start=1):
        assert lines.take(joins(caller, place), NOW) is None
    return lines


def test_the_first_looks_when_a_consultant_is_free() -> None:
    """Nobody else does."""
    assert "anna" == waiting("anna", "bob").take(status(Device.NOT_INUSE), NOW)


def test_two_who_are_free_at_once_are_two_callers_turns() -> None:
    """The first may not be known to be served yet."""
    lines = waiting("anna", "bob", "cyd")
    assert "anna" == lines.take(status(Device.NOT_INUSE, "1201"), NOW)
    assert "bob" == lines.take(status(Device.NOT_INUSE, "1202"), NOW + LOOKED_AFTER / 2)


def test_who_looked_in_vain_looks_again() -> None:
    """Their turn comes first the next time, too."""
    lines = waiting("anna", "bob")
    lines.take(status(Device.NOT_INUSE, "1201"), NOW)
    assert "anna" == lines.take(status(Device.NOT_INUSE, "1202"), NOW + LOOKED_AFTER)


def test_for_whom_a_telephone_rings_need_not_look() -> None:
    """Until it has rung out."""
    lines = waiting("anna", "bob")
    lines.take(rings("anna"), NOW)
    assert "bob" == lines.take(status(Device.NOT_INUSE), NOW)
    lines.take(rang_out("anna"), NOW)
    assert "anna" == lines.take(status(Device.NOT_INUSE), NOW + LOOKED_AFTER)


def test_who_has_left_does_not_look() -> None:
    """The next one is the first."""
    lines = waiting("anna", "bob")
    lines.take(leaves("anna"), NOW)
    assert "bob" == lines.take(status(Device.NOT_INUSE), NOW)


def test_who_gets_an_old_place_back_stands_there() -> None:
    """Before those who came meanwhile."""
    lines = waiting("anna", "bob")
    lines.take(joins("zoe", 1), NOW)
    assert "zoe" == lines.take(status(Device.NOT_INUSE), NOW)


@pytest.mark.parametrize(
    "told",
    [
        status(Device.INUSE),
        status(Device.RINGING),
        status(Device.UNAVAILABLE),
        status(Device.NOT_INUSE, Paused=1),
        status(Device.NOT_INUSE, InCall=1),
        status(Device.NOT_INUSE, queue="benefits"),
        status(Device.NOT_INUSE, event="QueueMemberRemoved"),
    ],
)
def test_nobody_looks_for_a_consultant_who_is_not_free(told: dict[str, str]) -> None:
    """Nor for one of another queue."""
    assert waiting("anna").take(told, NOW) is None


@pytest.mark.parametrize("event", ["QueueMemberPause", "QueueMemberAdded"])
def test_who_comes_back_or_logs_in_is_free(event: str) -> None:
    """As one whose call is over."""
    assert "anna" == waiting("anna").take(status(Device.NOT_INUSE, event=event), NOW)


def test_the_list_of_queues_is_where_it_begins() -> None:
    """Callers by their places; who is busy now is known when they are free."""
    listed = [
        {"Event": "QueueParams", "Queue": "pensions"},
        {"Event": "QueueEntry", "Queue": "pensions", "Channel": "anna", "Position": "1"},
        {"Event": "QueueEntry", "Queue": "pensions", "Channel": "bob", "Position": "2"},
    ]
    assert "anna" == Lines.of(listed).take(status(Device.NOT_INUSE), NOW)


CALLERS, AGENTS, QUEUES = ("anna", "bob", "cyd"), ("1201", "1202"), ("pensions", "benefits")
happenings = st.one_of(
    st.builds(joins, st.sampled_from(CALLERS), st.integers(0, 4), st.sampled_from(QUEUES)),
    st.builds(leaves, st.sampled_from(CALLERS), st.sampled_from(QUEUES)),
    st.builds(rings, st.sampled_from(CALLERS), st.sampled_from(QUEUES)),
    st.builds(rang_out, st.sampled_from(CALLERS), st.sampled_from(QUEUES)),
    st.builds(status, st.sampled_from(Device), st.sampled_from(AGENTS), st.sampled_from(QUEUES)),
    st.dictionaries(st.sampled_from(["Event", "Queue", "Channel", "Position", "Status"]), st.text(max_size=5)),
)


@given(st.lists(happenings, max_size=40))
def test_only_who_waits_is_told_to_look(told: list[dict[str, str]]) -> None:
    """Whatever Asterisk tells, in whatever order: one caller of that queue at most, who has joined and not left."""
    lines = Lines()
    standing: list[tuple[str, str]] = []
    for seconds, headers in enumerate(told):
        place = headers.get("Queue", ""), headers.get("Channel", "")
        looking = lines.take(headers, NOW + timedelta(seconds=seconds))
        match headers.get("Event"):
            case "QueueCallerJoin":
                standing.append(place)
            case "QueueCallerLeave" if place in standing:
                standing.remove(place)
        assert looking is None or (place[0], looking) in standing
