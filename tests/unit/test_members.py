"""What Asterisk says of queues' members, told as it says it, and the states that agents are in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import members
from routing.members import Agent, AgentState, Device, agent_of, found, state_of, take

AVAILABLE, RINGING, ON_CALL = (AgentState(name) for name in (members.AVAILABLE, members.RINGING, members.ON_CALL))
AWAITING = AgentState(members.AWAITING_RETURN)
WRAPPING_UP, GONE = AgentState(members.WRAP_UP), AgentState(members.LOGGED_OUT, members.UNREACHABLE)


def member(event: str, device: Device, queue: str = "pensions", **headers: object) -> dict[str, str]:
    """What Asterisk says of a membership."""
    usual = {
        "Event": event,
        "Queue": queue,
        "MemberName": "1201",
        "Interface": "PJSIP/2001",
        "Status": str(int(device)),
        "InCall": "0",
        "Paused": "0",
        "PausedReason": "",
    }
    return usual | {name: str(value) for name, value in headers.items()}


def in_list(name: str, device: Device, queue: str = "pensions", **headers: object) -> dict[str, str]:
    """What the list of all members says, in words of its own."""
    own = member("QueueMember", device, queue, Name=name, Location="PJSIP/2001") | {
        header: str(value) for header, value in headers.items()
    }
    return {header: value for header, value in own.items() if header not in ("MemberName", "Interface")}


def status(device: Device, queue: str = "pensions", **headers: object) -> dict[str, str]:
    """A telephone's state has changed."""
    return member("QueueMemberStatus", device, queue, **headers)


def queue_event(event: str, queue: str = "pensions") -> dict[str, str]:
    """A call of a queue, and an agent."""
    return {"Event": event, "Queue": queue, "MemberName": "1201", "Interface": "PJSIP/2001"}


def after(*events: Mapping[str, str], agent: Agent = Agent()) -> Agent:  # noqa: B008
    """What is known after these events."""
    for headers in events:
        agent = take(agent, headers)
    return agent


def states(*events: Mapping[str, str], agent: Agent = Agent()) -> list[AgentState]:  # noqa: B008
    """The states that follow one another, without repetitions."""
    told: list[AgentState] = []
    for headers in events:
        agent = take(agent, headers)
        if told[-1:] != [now := state_of(agent)]:
            told.append(now)
    return told


LOGS_IN = member("QueueMemberAdded", Device.NOT_INUSE)
WRAPS_UP = member("QueueMemberPause", Device.BUSY, Paused=1, PausedReason=members.WRAP_UP)
IDLE = {"Status": str(int(Device.NOT_INUSE))}


def test_a_call_from_a_queue() -> None:
    """Available, ringing, talking, and wrap-up once the telephone is idle, though that begins before."""
    assert [AVAILABLE, RINGING, ON_CALL, WRAPPING_UP] == states(
        LOGS_IN,
        queue_event("AgentCalled"),
        status(Device.BUSY),
        status(Device.RINGING),
        status(Device.BUSY),
        queue_event("AgentConnect"),
        queue_event("AgentComplete"),
        WRAPS_UP,
        WRAPS_UP | IDLE,
    )


def test_a_telephone_that_tells_of_no_ringing() -> None:
    """It is in use from the first moment: the queue tells when the caller is there."""
    assert [AVAILABLE, RINGING, ON_CALL] == states(
        LOGS_IN, queue_event("AgentCalled"), status(Device.BUSY), queue_event("AgentConnect")
    )


def test_who_hears_the_whisper_is_on_the_call() -> None:
    """The telephone was picked up; the caller is not joined yet."""
    agent = after(LOGS_IN, queue_event("AgentCalled"), status(Device.RINGING), status(Device.INUSE))
    assert state_of(agent) == ON_CALL


def test_an_agent_of_several_queues_changes_once() -> None:
    """Each queue tells of the telephone in turn, the one whose call it was not necessarily first."""
    both = after(member("QueueMemberAdded", Device.NOT_INUSE, "benefits"), LOGS_IN)
    assert [AVAILABLE, RINGING, ON_CALL, WRAPPING_UP] == states(
        status(Device.NOT_INUSE, "benefits"),
        queue_event("AgentCalled"),
        status(Device.RINGING, "benefits"),
        status(Device.RINGING),
        queue_event("AgentConnect"),
        status(Device.INUSE, "benefits"),
        status(Device.INUSE, InCall=1),
        WRAPS_UP | {"Queue": "benefits"},
        WRAPS_UP,
        *(WRAPS_UP | IDLE | {"Queue": queue} for queue in ("benefits", "pensions")),
        agent=both,
    )


def test_who_waits_for_a_caller_who_logs_in() -> None:
    """Awaits their return from the first queue that tells of it until the last that told of it does not any more."""
    both = after(member("QueueMemberAdded", Device.NOT_INUSE, "benefits"), LOGS_IN, queue_event("AgentConnect"))
    waits, back = ({"Paused": "1", "PausedReason": members.AWAITING_RETURN}, {"Paused": "0", "PausedReason": ""})
    talks = member("QueueMemberPause", Device.INUSE, InCall=1)
    elsewhere = member("QueueMemberPause", Device.INUSE, "benefits")
    assert [ON_CALL, AWAITING, ON_CALL] == states(
        status(Device.INUSE, InCall=1),
        *(elsewhere | waits, talks | waits, talks | back, elsewhere | back),
        agent=both,
    )


def test_an_unanswered_call() -> None:
    """Ringing is over without wrap-up; the pause that follows has Asterisk's reason."""
    assert [AVAILABLE, RINGING, AVAILABLE, AgentState(members.ON_BREAK, "Auto-Pause")] == states(
        LOGS_IN,
        queue_event("AgentCalled"),
        status(Device.RINGING),
        queue_event("AgentRingNoAnswer"),
        status(Device.NOT_INUSE),
        member("QueueMemberPause", Device.NOT_INUSE, Paused=1, PausedReason="Auto-Pause"),
    )


def test_a_wrap_up_lasts_as_long_as_the_queue_says() -> None:
    """None follows a conversation where the queue tells of none, whenever that was."""
    agent = after(LOGS_IN, queue_event("AgentConnect"), status(Device.NOT_INUSE))
    wraps_up = after(WRAPS_UP | IDLE, agent=agent)
    assert [AVAILABLE, WRAPPING_UP, AVAILABLE] == [
        state_of(one) for one in (agent, wraps_up, after(member("QueueMemberPause", Device.NOT_INUSE), agent=wraps_up))
    ]


def test_breaks_have_reasons() -> None:
    """A pause in one queue alone leaves the agent available to the others."""
    pause = member("QueueMemberPause", Device.NOT_INUSE, Paused=1, PausedReason="lunch")
    both = after(member("QueueMemberAdded", Device.NOT_INUSE, "benefits"), LOGS_IN, pause)
    assert state_of(both) == AVAILABLE
    assert state_of(after(LOGS_IN, pause)) == AgentState(members.ON_BREAK, "lunch")
    assert state_of(after(LOGS_IN, pause | {"PausedReason": members.WRAP_UP})) == WRAPPING_UP
    assert state_of(after(LOGS_IN, pause | {"PausedReason": members.LOGGED_OUT_PAUSE})) == members.NOBODY
    assert state_of(after(LOGS_IN, pause, member("QueueMemberPause", Device.NOT_INUSE))) == AVAILABLE


def test_a_call_that_no_queue_brought_is_told_apart() -> None:
    """Dialling a feature code is no conversation with a caller."""
    assert state_of(after(LOGS_IN, status(Device.INUSE))) == AgentState(members.ON_CALL, members.DIRECT)


def test_who_is_in_no_queue_is_logged_out() -> None:
    """From the last queue on."""
    both = after(member("QueueMemberAdded", Device.NOT_INUSE, "benefits"), LOGS_IN)
    left = after(member("QueueMemberRemoved", Device.NOT_INUSE, "benefits"), agent=both)
    assert [AVAILABLE, members.NOBODY] == [
        state_of(left),
        state_of(after(member("QueueMemberRemoved", Device.NOT_INUSE), agent=left)),
    ]


@pytest.mark.parametrize("device", [Device.UNAVAILABLE, Device.INVALID, Device.UNKNOWN])
def test_a_telephone_that_is_gone_takes_no_calls(device: Device) -> None:
    """Whoever has logged in and pulled the plug."""
    assert state_of(after(LOGS_IN, status(device))) == GONE


def test_everything_is_read_again_from_the_list() -> None:
    """In a call, in wrap-up, on a break, with memberships of one agent in several queues."""
    listed = [
        member("QueueParams", Device.UNKNOWN),
        in_list("1201", Device.NOT_INUSE),
        in_list("1202", Device.BUSY, "benefits", InCall=1),
        in_list("1202", Device.BUSY),
        in_list("1203", Device.NOT_INUSE, Paused=1, PausedReason=members.WRAP_UP),
        in_list("1204", Device.NOT_INUSE, Location="Local/1204@phones/n", Paused=1),
        in_list("1205", Device.INUSE, InCall=1, Paused=1, PausedReason=members.AWAITING_RETURN),
    ]
    agents = found(listed)
    assert {
        "1201": AVAILABLE,
        "1202": ON_CALL,
        "1203": WRAPPING_UP,
        "1204": AgentState(members.ON_BREAK),
        "1205": AWAITING,
    } == {number: state_of(agent) for number, agent in agents.items()}
    assert "2001" == agents["1203"].telephone


@pytest.mark.parametrize("name", ["", "PJSIP/1201", "1201\n", "1" * 21])
def test_what_is_no_number_is_nobody(name: str) -> None:
    """A member without a name of its own has that of its interface."""
    assert agent_of({"MemberName": name, "Interface": "PJSIP/1201"}) is None


@pytest.mark.parametrize("interface", ["", "PJSIP", "PJSIP/", "PJSIP/ ", "/1201"])
def test_what_is_no_telephone_is_none(interface: str) -> None:
    """The agent is known all the same."""
    assert "" == after(LOGS_IN | {"Interface": interface}).telephone


def test_who_moves_is_the_same_agent_at_another_telephone() -> None:
    """Taken from their queues there, and added to them here."""
    moved = after(LOGS_IN, member("QueueMemberRemoved", Device.NOT_INUSE), LOGS_IN | {"Interface": "PJSIP/2002"})
    assert ("2002", AVAILABLE) == (moved.telephone, state_of(moved))


LATER = (members.AWAITING_RETURN, members.WRAP_UP, members.ON_BREAK)
EVENT_NAMES = st.sampled_from([*members.EVENTS, "AgentComplete", "Other"])
NUMBERS = st.one_of(st.integers(-3, 12).map(str), st.text(max_size=12))
EVENTS = st.fixed_dictionaries(
    {"Event": EVENT_NAMES, "Queue": st.sampled_from(["a", "b"])},
    optional=dict.fromkeys(("Status", "InCall", "Paused", "PausedReason"), NUMBERS),
)


@given(st.lists(EVENTS, max_size=20))
def test_no_event_is_unexpected(events: list[dict[str, str]]) -> None:
    """Whatever comes from the network, in any order, leads to a state."""
    known = (members.LOGGED_OUT, members.AVAILABLE, members.RINGING, members.ON_CALL, *LATER)
    reached = state_of(after(*events))
    assert reached.state in known
    assert len(reached.reason) <= 40


@given(st.lists(EVENTS, max_size=20), st.sampled_from(list(Device)))
def test_the_newest_words_about_every_queue_settle_the_state(events: list[dict[str, str]], device: Device) -> None:
    """Whatever was missed or told twice before, nothing of it stays."""
    last = [status(device, "a"), status(device, "b")]
    if device in (Device.NOT_INUSE, Device.UNAVAILABLE):
        assert state_of(after(*last)) == state_of(after(*events, *last))
