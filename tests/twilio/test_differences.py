"""What the carrier makes different from a telephone at Asterisk: the list in `ivr.gateways.twilio`, point by point."""

from __future__ import annotations

from collections.abc import Callable

from demo.carrier.twiml import Gather, Say, Verb
from ivr.events import Keyed, SecretKeyed
from ivr.state import AtIdentifier, AtMenu, AtPin
from tests.twilio.conftest import Desk, Standing
from tests.twilio.test_turns import events


def position(desk: Desk, standing: Standing) -> object:
    """Where the call stands."""
    return desk.told(standing.call)[-1].state.position


def the_gather(document: tuple[Verb, ...]) -> Gather:
    """The document's gather."""
    (gather,) = [verb for verb in document if isinstance(verb, Gather)]
    return gather


def test_keys_for_two_menus_are_keys_for_the_first(desk: Desk) -> None:
    """A telephone at Asterisk may key ahead; the carrier takes as many keys as it was asked for."""
    call = desk.call("02", "-")
    call.run()
    assert [Keyed("0")] == [event for turn in desk.told(call) for event in turn.events if isinstance(event, Keyed)]


def test_a_terminator_after_a_full_number_ends_that_number(desk: Desk) -> None:
    """It may come when the next question is asked already, and is no answer to it."""
    standing = desk.come_to("2")
    length = the_gather(standing.document).num_digits
    standing.key("1" * length)
    assert isinstance(position(desk, standing), AtPin)
    told = desk.told(standing.call)
    standing.key("#")
    assert told == desk.told(standing.call)
    standing.key("#")
    assert SecretKeyed(0) == events(desk, standing)[-1]


def test_a_star_in_a_number_counts_once_the_number_ends(desk: Desk) -> None:
    """At Asterisk it leads back at once; here with the last digit, the terminator or the timeout."""
    standing = desk.come_to("2")
    assert isinstance(position(desk, standing), AtIdentifier)
    standing.key("12*")
    assert not isinstance(position(desk, standing), AtIdentifier)
    assert Keyed("*") in events(desk, standing)


def test_nobody_is_offered_to_log_in_where_what_is_keyed_would_be_kept(without_pci: Desk, desk: Desk) -> None:
    """The key does nothing, the menu does not speak of it, and no secret of a login is ever asked for."""
    assert isinstance(position(desk, desk.come_to("2")), AtIdentifier)
    standing = without_pci.come_to("2")
    at = position(without_pci, standing)
    assert isinstance(at, AtMenu)
    flow = without_pci.carried.library.current
    assert flow.without_login is not None
    full, less = (one.prompts["main", "pl"].text for one in (flow, flow.without_login))
    assert len(less) < len(full)


def test_words_are_said_by_the_carrier_only_where_the_settings_say_so(desk: Desk) -> None:
    """Our own sounds else: no text leaves."""
    assert "Say" not in repr(desk.come_to().document)


def test_a_service_may_be_said(make_desk: Callable[..., Desk]) -> None:
    """By setting: then each language has a voice of its own."""
    spoken = make_desk(prompts="say").come_to()
    said = [one for one in the_gather(spoken.document).heard if isinstance(one, Say)]
    assert ["pl-PL", "uk-UA", "en-GB", "pl-PL"] == [one.language for one in said]
