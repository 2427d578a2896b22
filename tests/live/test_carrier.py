"""Calls that a carrier brings: menus by webhooks, the queue by a SIP leg into Asterisk, and back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack

import pytest

import provision
from demo.carrier.twiml import Hangup
from ivr.events import HungUp, QueueLeft
from ivr.legs import EXTENSION
from ivr.live import Live as Call
from ivr.state import Ended
from tests.live import tones
from tests.live.callers import PATIENCE, account, is_heard, recorded, recorded_files
from tests.live.carriage import Somebody, calling, carried_service
from tests.live.dying import dying
from tests.live.stations import Live, hears_caller
from tests.live.stories import IDENTIFIER, PIN

TO_PENSIONS = ("0", "2")
BY_KEY = ("\n  consent: notice", "\n  consent: ask")


@pytest.fixture(scope="module")
def service(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The shipped service over the carrier."""
    with carried_service(tmp_path_factory.mktemp("carried")) as running:
        yield running


@pytest.fixture(scope="module")
def asking(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The same where consent is asked for by a key."""
    with carried_service(tmp_path_factory.mktemp("asking"), BY_KEY) as running:
        yield running


@pytest.fixture
def ani(numbers: Callable[[], str]) -> str:
    """A caller's number as the carrier sends it."""
    return f"+48{numbers()}"


def test_a_caller_reaches_the_consultants_of_the_topic_and_is_recorded(service: Live, ani: str) -> None:
    """Menus and notice by webhooks, queue and conversation over the leg, the rest by webhooks again."""
    somebody = Somebody(service, ani, deque(TO_PENSIONS))
    with calling(somebody) as call:
        consultant = somebody.talks()
        consultant.wait_until(lambda: consultant.recording.seconds > 2, PATIENCE, "two seconds of conversation")
        consultant.hang_up()
        call.result(PATIENCE)

    kept = account(service, ani)
    assert ("twilio", "pensions") == (kept.row.gateway, kept.row.topic)
    assert {visit.agent for visit in kept.visits} <= {"1201", "1202"}
    assert [True] == [consent.given for consent in kept.consents]
    assert QueueLeft("answered") in kept.events
    assert 2 == len(recorded_files(service, kept.row.id))
    (part,) = kept.parts
    assert is_heard(recorded(service, part.caller_file), tones.CALLER_VOICE)
    assert isinstance(somebody.hears[-1][-1], Hangup)


def test_a_caller_who_hangs_up_while_talking_has_ended_the_call(service: Live, ani: str) -> None:
    """Asterisk tells of it, with all that it knows; what the carrier tells as well changes nothing."""
    somebody = Somebody(service, ani, deque(TO_PENSIONS))
    with calling(somebody) as call:
        somebody.talks()
        somebody.leaves()
        call.result(PATIENCE)

    kept = account(service, ani)
    assert [HungUp("caller")] == [event for event in kept.events if isinstance(event, HungUp)]
    assert ["answered"] == [visit.outcome for visit in kept.visits]
    assert 1 == len(kept.parts)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told | {"X-Centrala-Consent": "0"},
        lambda told: told | {"X-Centrala-Topic": "payers"},
        lambda told: told | {"X-Centrala-Level": "full"},
        lambda told: told | {"X-Centrala-Until": "99999999999"},
        lambda told: told | {"X-Centrala-Signature": "a" * 48},
        lambda _told: {},
    ],
    ids=["consent", "topic", "level", "until", "signature", "none"],
)
def test_a_leg_that_is_not_as_we_have_signed_it_is_refused(
    service: Live, ani: str, change: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    """It reaches nobody, and the caller is told that nobody could be reached."""
    offered = sum(desk.offered for desk in service.desks.values())
    somebody = Somebody(service, ani, deque(TO_PENSIONS), change)
    with calling(somebody) as call:
        call.result(4 * PATIENCE)

    assert 200 not in [leg.status for leg in somebody.legs]
    assert offered == sum(desk.offered for desk in service.desks.values())
    kept = account(service, ani)
    assert QueueLeft("failed") in kept.events
    assert isinstance(kept.turns[-1].state.position, Ended)
    assert () == kept.parts


def test_a_leg_is_taken_once(service: Live, ani: str) -> None:
    """Whoever has seen the address cannot send the call again."""
    somebody = Somebody(service, ani, deque(TO_PENSIONS))
    with calling(somebody) as call:
        consultant = somebody.talks()
        again = somebody.places(EXTENSION, somebody.told[0])
        again.wait_until(lambda: again.ended, PATIENCE, "the end of the second leg")
        assert again.status not in (None, 200)
        assert consultant.up
        consultant.hang_up()
        call.result(PATIENCE)
    assert QueueLeft("answered") in account(service, ani).events


def test_a_caller_who_hangs_up_while_the_leg_is_taken_has_ended_the_call(service: Live, ani: str) -> None:
    """Asterisk tells of it, though the process that took the leg never will."""
    node = service.station.nodes[0]
    assert node is not None
    with ExitStack() as stack:
        taking: list[Future[Call | None]] = []

        def dies(told: dict[str, str]) -> dict[str, str]:
            node.kill()
            taking.append(stack.enter_context(dying(service)))
            return told

        somebody = Somebody(service, ani, deque(TO_PENSIONS), dies)
        with calling(somebody):
            assert somebody.has_dialled.wait(PATIENCE)
            assert taking[0].result(PATIENCE) is not None
            somebody.leaves()
            somebody.legs[0].wait_until(lambda: somebody.legs[0].ended, PATIENCE, "the end of the leg")
    service.station.start_node(0)

    kept = account(service, ani)
    assert [HungUp("caller")] == [event for event in kept.events if isinstance(event, HungUp)]
    assert [None] == [visit.agent for visit in kept.visits]


@pytest.mark.parametrize(("key", "is_given"), [("1", True), ("2", False)], ids=["consent", "refusal"])
def test_only_with_consent_a_recording_is_made(asking: Live, ani: str, key: str, is_given: bool) -> None:
    """It was asked for by a webhook, and Asterisk does not ask again."""
    somebody = Somebody(asking, ani, deque((*TO_PENSIONS, key)))
    with calling(somebody) as call:
        consultant = somebody.talks()
        consultant.wait_until(lambda: consultant.recording.seconds > 1, PATIENCE, "a second of conversation")
        consultant.hang_up()
        call.result(PATIENCE)

    kept = account(asking, ani)
    assert [is_given] == [consent.given for consent in kept.consents]
    assert 2 * is_given == len(recorded_files(asking, kept.row.id))
    assert is_given == bool(kept.parts)


def test_who_may_not_log_in_by_the_carrier_logs_in_in_the_conversation(service: Live, ani: str) -> None:
    """What is keyed there goes to Asterisk alone; the carrier has asked for none of it."""
    service.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
    somebody = Somebody(service, ani, deque(TO_PENSIONS))
    with calling(somebody) as call:
        consultant = somebody.talks()
        leg = somebody.legs[0]
        ear = tones.Ear(leg, service.table)
        consultant.press("*4")
        for prompt, keys in (("pl:identifier", f"{IDENTIFIER}#"), ("pl:pin", f"{PIN}#")):
            ear.wait_for(prompt, timeout=PATIENCE)
            leg.press(keys)
        ear.wait_for("pl:authenticated", timeout=PATIENCE)
        consultant.wait_until(lambda: hears_caller(consultant), PATIENCE, "the caller's voice again")
        consultant.hang_up()
        call.result(PATIENCE)

    kept = account(service, ani)
    assert ("full", "answered") == (kept.row.auth_level, kept.visits[-1].outcome)
    assert not any(secret in repr(somebody.hears) for secret in (IDENTIFIER, PIN))
