"""Who hears whom, and who hears others than before, as bridges come and go."""

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
    """As Asterisk tells it."""
    return {"Event": "BridgeEnter", "Channel": channel, "BridgeUniqueid": bridge}


def leaves(channel: str, bridge: str) -> Mapping[str, str]:
    """As Asterisk tells it."""
    return {"Event": "BridgeLeave", "Channel": channel, "BridgeUniqueid": bridge}


def hangs_up(channel: str) -> Mapping[str, str]:
    """As Asterisk tells it."""
    return {"Event": "Hangup", "Channel": channel}


def renewed(company: Company, *told: Mapping[str, str]) -> list[frozenset[str]]:
    """Which consultants hear others than before, event by event."""
    return [company.take(headers) & {FIRST, COLLEAGUE} for headers in told]


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


def test_when_three_talk_both_consultants_hear_others_than_before() -> None:
    """And whoever stays, again, when one leaves."""
    company = asked()
    joined = renewed(company, leaves(NEAR, CONSULT), enters(NEAR, TALK), leaves(FIRST, CONSULT), enters(FIRST, TALK))
    assert [NOBODY, {COLLEAGUE}, NOBODY, {FIRST, COLLEAGUE}] == joined
    assert [{COLLEAGUE}] == renewed(company, leaves(FIRST, TALK))


def listed(*there: tuple[str, str]) -> list[Mapping[str, str]]:
    """As Asterisk lists channels and their bridges."""
    return [{"Event": "Status", "Channel": channel, "BridgeID": bridge} for channel, bridge in there]


def test_who_is_found_in_conversations_goes_on_as_they_are() -> None:
    """Nobody has heard others before; who is in no bridge hears nobody."""
    company = Company()
    found = listed((FIRST, TALK), (CALLER, TALK), (COLLEAGUE, ""))
    assert NOBODY == company.read([*found, {"Event": "StatusComplete"}])
    assert [NOBODY, {FIRST}] == renewed(company, leaves(CALLER, TALK), enters(COLLEAGUE, TALK))


def test_what_changed_while_nobody_followed_is_seen_in_the_next_list() -> None:
    """And only that; whoever has hung up meanwhile is forgotten."""
    company = asked()
    assert NOBODY == company.read(listed((FIRST, CONSULT), (NEAR, CONSULT), (FAR, QUEUE), (COLLEAGUE, QUEUE)))
    assert {COLLEAGUE} == company.read(listed((NEAR, CONSULT), (CALLER, CONSULT), (FAR, QUEUE), (COLLEAGUE, QUEUE))) & {
        FIRST,
        COLLEAGUE,
    }


CHANNELS, BRIDGES = (CALLER, FIRST, COLLEAGUE, NEAR, FAR), (TALK, CONSULT, QUEUE)
MOVES = st.lists(st.tuples(st.sampled_from(CHANNELS), st.sampled_from((*BRIDGES, "leave", "hangup"))), max_size=30)


@given(MOVES)
def test_only_who_hears_somebody_hears_others(moves: list[tuple[str, str]]) -> None:
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
                company.take(leaves(channel, where.pop(channel, "nowhere")))
                changed = company.take(enters(channel, bridge))
                where[channel] = bridge
        assert changed <= where.keys()
        assert not changed or len(where) > 1
        assert NOBODY == company.read(listed(*where.items()))
    for channel in CHANNELS:
        company.take(hangs_up(channel))
    assert Company().__dict__ == company.__dict__
