"""Webhooks that come twice, late, in another order, or to another process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn
from urllib.parse import parse_qsl

import pytest
from sqlalchemy.exc import OperationalError

from centrala.carrier import make_take_leg
from demo.carrier.twiml import Dial, Gather, Hangup, Pause, Redirect
from ivr.events import HungUp, NewPinDiffers, NewPinKeyed, NoInput, QueueLeft, Reentered, SecretKeyed
from ivr.gateways.twilio.memory import LIFETIME
from ivr.gateways.twilio.webhooks import MOST_RETRIES
from ivr.legs import HEADERS, open_legs
from ivr.scripts import profiles
from ivr.state import AtNewPin, AtPinAgain, Ended
from storage.database import Database
from tests.twilio.conftest import Desk, Standing


def events(desk: Desk, standing: Standing) -> list[object]:
    """Every event of the call."""
    return [event for turn in desk.told(standing.call) for event in turn.events]


def test_a_call_that_comes_in_twice_is_one(desk: Desk) -> None:
    """The carrier asks again where an answer was lost, and gets the same document."""
    standing, before = desk.come_to(), desk.how_many()
    again = standing.ask(f"{desk.carried.base}/twilio/voice")
    assert standing.document == again
    assert before == desk.how_many()
    assert 1 == len(desk.told(standing.call))


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same process", "another process"])
def test_a_repeated_webhook_has_no_second_effect(desk: Desk, elsewhere: bool) -> None:
    """It gets the document that it has got before."""
    standing = desk.come_to()
    action = standing.action
    standing.key("0")
    told = desk.told(standing.call)
    if elsewhere:
        desk.another_process()
    assert standing.document == standing.ask(action, Digits="0")
    assert standing.document == standing.ask(action, Digits="7")
    assert told == desk.told(standing.call)


def test_a_webhook_of_a_turn_to_come_has_no_effect(desk: Desk) -> None:
    """Nobody was asked yet what it answers."""
    standing = desk.come_to("0")
    told = desk.told(standing.call)
    root, _, turn = standing.action.rpartition("/")
    assert standing.document == standing.ask(f"{root}/{int(turn) + 5}", Digits="1")
    assert standing.document == standing.ask(f"{root}/1", Digits="1")
    assert told == desk.told(standing.call)


def test_a_hang_up_is_an_event_and_happens_once(desk: Desk) -> None:
    """Whether or not the carrier tells it twice; nothing happens afterwards."""
    standing = desk.come_to("0")
    action = standing.action
    standing.call.over()
    standing.call.over()
    assert [HungUp("caller")] == [event for event in events(desk, standing) if isinstance(event, HungUp)]
    assert isinstance(standing.ask(action, Digits="1")[-1], Hangup)
    assert isinstance(desk.told(standing.call)[-1].state.position, Ended)


def test_a_status_of_a_call_that_never_came_has_no_effect(desk: Desk) -> None:
    """As where the first webhook failed."""
    before = desk.how_many()
    desk.call().over()
    assert before == desk.how_many()


def test_a_database_that_is_away_costs_a_moment_and_no_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The carrier is sent round; what was keyed is asked for again, and after some tries there is a stated ending."""
    standing = desk.come_to()
    before, action = standing.document, standing.action
    desk.another_process()
    with monkeypatch.context() as broken:
        broken.setattr(Database, "reading", lambda _self: _away())
        standing.document = standing.ask(action, Digits="0")
        assert [Pause, Redirect] == [type(verb) for verb in standing.document]
        tries = 1
        while isinstance(standing.document[-1], Redirect):
            standing.document = standing.ask(standing.action)
            tries += 1
        assert isinstance(standing.document[-1], Hangup)
    assert MOST_RETRIES + 1 == tries
    assert before == standing.ask(f"{action}?again=1")
    assert 1 == len(desk.told(standing.call))


def _away() -> NoReturn:
    raise OperationalError("SELECT 1", {}, Exception("the disk is full"))


def test_a_call_in_progress_is_not_over(desk: Desk) -> None:
    """Only its end ends it."""
    standing = desk.come_to()
    standing.call.line.post(f"{desk.carried.base}/twilio/status", standing.call.told({}, "in-progress"))
    assert 1 == len(desk.told(standing.call))


def test_silence_and_a_lone_terminator_are_told_apart(desk: Desk) -> None:
    """Both come without digits."""
    standing = desk.come_to("2")
    for word in ("", "#"):
        standing.key(word)
    assert [NoInput(), SecretKeyed(0)] == events(desk, standing)[-2:]


def new_pin(desk: Desk) -> tuple[Standing, str]:
    """A caller who has keyed a new PIN once."""
    profile = next(one for one in profiles(desk.carried.library.current) if not one.payers)
    standing = desk.come_to("2", f"{profile.identifier}#", profile.pin, "1", profile.pin, profile.pin)
    standing.hear_out()
    assert isinstance(desk.told(standing.call)[-1].state.position, AtPinAgain)
    return standing, profile.pin


def test_a_new_pin_is_kept_in_memory_until_it_is_keyed_again(desk: Desk) -> None:
    """By the process that has heard it; whether it is the same one is known, and no row has it."""
    standing, pin = new_pin(desk)
    standing.key(pin)
    assert NewPinKeyed() in events(desk, standing)[-3:]
    standing, pin = new_pin(desk)
    standing.key("580266")
    assert NewPinDiffers() in events(desk, standing)[-2:]


def test_another_process_asks_for_a_new_pin_anew(desk: Desk) -> None:
    """It has not heard the first one."""
    standing, pin = new_pin(desk)
    desk.another_process()
    standing.key(pin)
    assert Reentered() == events(desk, standing)[-1]
    assert isinstance(desk.told(standing.call)[-1].state.position, AtNewPin)


def test_a_new_pin_is_forgotten_after_a_while(desk: Desk) -> None:
    """A caller of whom the carrier tells nothing more leaves none in memory."""
    standing, pin = new_pin(desk)
    desk.clock.wait(LIFETIME + timedelta(seconds=1))
    standing.key(pin)
    assert Reentered() == events(desk, standing)[-1]


def test_a_leg_that_reaches_nobody_has_failed(desk: Desk) -> None:
    """The call goes on with the way that the menus have for it; told twice, it is once."""
    standing = desk.come_to("0", "2")
    standing.hear_out()
    action = standing.action
    assert isinstance(standing.document[-1], Dial)
    first = standing.ask(action, DialCallStatus="failed")
    assert first == standing.ask(action, DialCallStatus="failed")
    assert [QueueLeft("failed")] == [event for event in events(desk, standing) if isinstance(event, QueueLeft)]


def test_a_notice_that_cannot_have_been_heard_is_said_by_the_carrier(desk: Desk) -> None:
    """A sound that fails is passed over; then nobody has agreed to anything yet."""
    standing = desk.come_to("0", "2")
    before = desk.told(standing.call)
    desk.clock.wait(timedelta(seconds=0.2))
    said = standing.ask(standing.action)
    assert before == desk.told(standing.call)
    assert {"Say"} == {type(verb).__name__ for verb in said[:-1]}
    standing.document = said
    assert isinstance(standing.ask(standing.action)[-1], Dial)


def test_documents_hold_nothing_of_the_caller(desk: Desk) -> None:
    """Neither the number that calls nor one that is keyed: digits are a sound of the call."""
    standing = desk.come_to("0", "2")
    standing.hear_out()
    shown = [repr(standing.document)]
    standing.document = standing.ask(standing.action, DialCallStatus="failed")
    for word in ("-", "-", "-"):
        if any(isinstance(verb, Gather) for verb in standing.document):
            standing.key("" if word == "-" else word)
            shown.append(repr(standing.document))
    assert all("600100200" not in text for text in shown)


@dataclass(frozen=True, slots=True)
class Offered:
    """A leg that the carrier is to send to Asterisk, and the URL that is asked when it has ended."""

    desk: Desk
    dial: Dial

    def is_taken(self, channel: str = "1.1") -> bool:
        """Whether an IVR process beside Asterisk takes it on that channel."""
        told = dict(parse_qsl(self.dial.sip.partition("?")[2]))
        header = ":".join(told[f"X-Centrala-{name}"] for name in HEADERS)
        take = make_take_leg(self.desk.carried.installation, self.desk.runner(), self.desk.clock)
        return take(told["X-Centrala-Call"], header, channel) is not None


def offered(desk: Desk) -> tuple[Standing, Offered]:
    """A caller who is to be queued."""
    standing = desk.come_to("0", "2")
    standing.hear_out()
    (dial,) = [verb for verb in standing.document if isinstance(verb, Dial)]
    return standing, Offered(desk, dial)


def taken(desk: Desk) -> tuple[Standing, str]:
    """A caller whose leg Asterisk has taken, and the URL that is asked when it has ended."""
    standing, leg = offered(desk)
    assert leg.is_taken()
    return standing, leg.dial.action


def test_a_leg_is_taken_by_one_channel_and_by_that_as_often_as_it_asks(desk: Desk) -> None:
    """A process that dies with it costs the caller nothing; who has seen the leg has another channel."""
    _, leg = offered(desk)
    assert leg.is_taken("1.1")
    assert leg.is_taken("1.1")
    assert not leg.is_taken("1.2")
    assert leg.is_taken("1.1")


def test_asterisk_has_a_call_from_when_it_takes_the_leg_until_the_stay_is_over(desk: Desk) -> None:
    """An Asterisk that dies meanwhile has lost it; before and afterwards the carrier alone has it."""
    standing = desk.come_to("0", "2")
    standing.hear_out()
    assert desk.call_id(standing.call) not in open_legs_of(desk)
    standing, action = taken(desk)
    assert desk.call_id(standing.call) in open_legs_of(desk)
    standing.document = standing.ask(action, DialCallStatus="completed")
    standing.ask(standing.action)
    assert desk.call_id(standing.call) not in open_legs_of(desk)


def open_legs_of(desk: Desk) -> frozenset[str]:
    """The calls that Asterisk has."""
    with desk.carried.installation.database.reading() as connection:
        return open_legs(connection)


def test_of_a_caller_in_a_queue_asterisk_tells_the_end(desk: Desk) -> None:
    """It knows more than the carrier: nothing is concluded while its note is on the way."""
    standing, action = taken(desk)
    told = desk.told(standing.call)
    assert [Pause, Redirect] == [type(verb) for verb in standing.ask(action, DialCallStatus="completed")]
    standing.call.over()
    assert told == desk.told(standing.call)


def test_a_caller_who_is_still_there_when_asterisk_has_gone_goes_on(desk: Desk) -> None:
    """Who asks for the next document has not hung up."""
    standing, action = taken(desk)
    standing.document = standing.ask(action, DialCallStatus="completed")
    standing.document = standing.ask(standing.action)
    assert QueueLeft("failed") == events(desk, standing)[-1]


def test_a_leg_for_a_turn_that_is_over_is_refused(desk: Desk) -> None:
    """A caller who has gone on is queued by another leg, or not at all."""
    standing, leg = offered(desk)
    standing.ask(leg.dial.action, DialCallStatus="failed")
    assert not leg.is_taken()
