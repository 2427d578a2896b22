"""Who hears whom: whose recording has to begin anew, as bridges come and go."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from routing.company import Company

CALLER, FIRST, COLLEAGUE = "PJSIP/trunk-1", "PJSIP/1201-2", "PJSIP/1301-3"
NEAR, FAR = "Local/6@transfer-1;1", "Local/6@transfer-1;2"
TALK, CONSULT, QUEUE = "talk", "consult", "queue"
NOBODY: frozenset[str] = frozenset()


def enters(channel: str, bridge: str) -> Mapping[str, str]:
    """As Asterisk tells it; consultants' channels are recorded."""
    part = f"PART={channel}" if channel in (FIRST, COLLEAGUE) else "PART="
    return {"Event": "BridgeEnter", "Channel": channel, "BridgeUniqueid": bridge, "ChanVariable": part}


def leaves(channel: str, bridge: str) -> Mapping[str, str]:
    """As Asterisk tells it."""
    return {"Event": "BridgeLeave", "Channel": channel, "BridgeUniqueid": bridge}


def hangs_up(channel: str) -> Mapping[str, str]:
    """As Asterisk tells it."""
    return {"Event": "Hangup", "Channel": channel}


def renewed(company: Company, *told: Mapping[str, str]) -> list[frozenset[str]]:
    """What comes of each event."""
    return [company.take(headers) for headers in told]


def asked() -> Company:
    """A consultant talks with a colleague behind a Local channel; the caller waits."""
    company = Company()
    first = renewed(company, enters(FIRST, TALK), enters(CALLER, TALK), enters(NEAR, CONSULT))
    left = renewed(company, leaves(FIRST, TALK), enters(FIRST, CONSULT))
    assert [NOBODY] * 5 == first + left
    assert [NOBODY, {FIRST}] == renewed(company, enters(COLLEAGUE, QUEUE), enters(FAR, QUEUE))
    return company


def test_a_conversation_of_two_is_recorded_as_it_began() -> None:
    """Nothing begins anew, whoever is there first and whoever leaves first."""
    for one, other in ((FIRST, CALLER), (CALLER, FIRST)):
        company = Company()
        told = (enters(one, TALK), enters(other, TALK), leaves(one, TALK), leaves(other, TALK), hangs_up(FIRST))
        assert [NOBODY] * 5 == renewed(company, *told)
        assert frozenset() == company.recorded


def test_a_colleague_who_is_asked_hears_the_first_consultant_at_once() -> None:
    """And the first one somebody else than the caller, through both halves of the Local channel."""
    asked()


def test_whoever_goes_back_hears_the_caller_again() -> None:
    """The caller, and nobody of the other bridge."""
    company = asked()
    told = (leaves(FIRST, CONSULT), leaves(NEAR, CONSULT), enters(FIRST, TALK))
    assert [NOBODY, NOBODY, {FIRST}] == renewed(company, *told)


def test_whoever_is_left_with_the_caller_hears_them() -> None:
    """The colleague, once the caller is where the first consultant was; who has hung up is forgotten."""
    company = asked()
    told = (leaves(FIRST, CONSULT), leaves(CALLER, TALK), enters(CALLER, CONSULT), hangs_up(FIRST))
    assert [NOBODY, NOBODY, {COLLEAGUE}, NOBODY] == renewed(company, *told)
    assert {COLLEAGUE} == company.recorded


def test_when_three_talk_both_consultants_hear_others_than_before() -> None:
    """And whoever stays, again, when one leaves."""
    company = asked()
    joined = renewed(company, leaves(NEAR, CONSULT), enters(NEAR, TALK), leaves(FIRST, CONSULT), enters(FIRST, TALK))
    assert [NOBODY, {COLLEAGUE}, NOBODY, {FIRST, COLLEAGUE}] == joined
    assert [{COLLEAGUE}] == renewed(company, leaves(FIRST, TALK))


def test_what_is_listed_is_as_if_it_had_been_told() -> None:
    """Who is in no bridge is not in the company; who hears nobody has not heard anybody yet."""
    listed = [
        {"Event": "Status", "Channel": FIRST, "BridgeID": TALK, "Variable": "PART=x"},
        {"Event": "Status", "Channel": CALLER, "BridgeID": TALK, "Variable": "PART=(null)"},
        {"Event": "Status", "Channel": COLLEAGUE, "BridgeID": "", "Variable": "PART=y"},
        {"Event": "StatusComplete"},
    ]
    company = Company.of(listed)
    assert {FIRST} == company.recorded
    assert [NOBODY, {FIRST}] == renewed(company, leaves(CALLER, TALK), enters(COLLEAGUE, TALK))


CHANNELS, BRIDGES = (CALLER, FIRST, COLLEAGUE, NEAR, FAR), (TALK, CONSULT, QUEUE)
MOVES = st.lists(st.tuples(st.sampled_from(CHANNELS), st.sampled_from((*BRIDGES, "leave", "hangup"))), max_size=30)


@given(MOVES)
def test_only_recorded_channels_that_hear_somebody_begin_anew(moves: list[tuple[str, str]]) -> None:
    """Whatever comes in whatever order; and once all have hung up nothing is left."""
    company, where = Company(), dict[str, str]()
    for channel, move in moves:
        match move:
            case "hangup":
                changed = company.take(hangs_up(channel))
                where.pop(channel, None)
            case "leave":
                changed = company.take(leaves(channel, where.pop(channel, "nowhere")))
            case bridge:
                changed = company.take(enters(channel, bridge))
                where[channel] = bridge
        assert changed <= {FIRST, COLLEAGUE} & where.keys()
        assert changed <= company.recorded
        assert not changed or len(where) > 1
    for channel in CHANNELS:
        company.take(hangs_up(channel))
    assert (NOBODY, {}) == (company.recorded, vars(company)["_heard"] | vars(company)["_members"])
