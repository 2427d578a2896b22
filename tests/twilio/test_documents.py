"""Turns as documents, what webhooks tell, and what is signed: without any server."""

from __future__ import annotations

import string
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.carrier import twiml
from ivr.events import Keyed, NoInput
from ivr.gateways.twilio.forms import BadForm, Told, form_of, keyed, told_by
from ivr.gateways.twilio.links import Links
from ivr.gateways.twilio.rendering import Ways, later, render
from ivr.gateways.twilio.verbs import Play, Say
from ivr.legs import Leg, headers, read
from ivr.state import State
from ivr.turns import Turn
from ivr.waits import Gather, Hangup, PlayOut, Transfer, Wait

HEARD = (Play("https://ivr.example/a.wav"), Say("Dzień dobry & <witamy>", "pl-PL", "Google.pl-PL-Standard-E"))
WAYS = Ways(
    "https://ivr.example/on?full=1&said=1", "https://ivr.example/dialled", "sip:carried@pbx.example?X-A=1&X-B=2"
)
SID = "CA" + "0" * 32
KEY = b"k" * 32
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
KEYS = st.text("0123456789*#", max_size=20)


def document(wait: Wait) -> tuple[twiml.Verb, ...]:
    """What the carrier reads of a turn with that wait."""
    return twiml.read(render(Turn(State("pl"), (), wait), HEARD, WAYS).encode())


def test_a_menu_takes_any_key() -> None:
    """One key, # among them; without one the same is asked for, so that silence is told as well."""
    gather, redirect = document(Gather("main", 1, 6))
    heard = (twiml.Play(HEARD[0].url), twiml.Say(HEARD[1].text, "pl-PL"))
    assert twiml.Gather(heard, WAYS.on, 1, 6, "", True) == gather
    assert twiml.Redirect(WAYS.on) == redirect


def test_a_number_ends_by_its_terminator() -> None:
    """As on any telephone."""
    gather, _ = document(Gather("identifier", 11, 6, secret=True))
    assert isinstance(gather, twiml.Gather)
    assert (11, "#") == (gather.num_digits, gather.finish_on_key)


def test_what_cannot_be_cut_short_is_in_no_gather() -> None:
    """Keys meanwhile are lost."""
    assert ["Play", "Say", "Redirect"] == [type(verb).__name__ for verb in document(PlayOut())]


def test_a_transfer_is_a_leg_into_asterisk() -> None:
    """After what is said on the way."""
    *_, dial = document(Transfer("pensions", "pensions", "none", True, "pl"))
    assert twiml.Dial(WAYS.leg, WAYS.dialled, 20) == dial


def test_an_ending_is_said_and_hung_up() -> None:
    """Nothing more is asked for."""
    assert twiml.Hangup() == document(Hangup("completed"))[-1]


def test_what_cannot_be_answered_now_is_asked_for_again() -> None:
    """In a moment."""
    assert (twiml.Pause(2), twiml.Redirect(WAYS.on)) == twiml.read(later(WAYS.on).encode())


@given(keys=KEYS, most=st.integers(1, 17), finished=st.sampled_from(["", "#"]))
def test_what_was_keyed_is_silence_or_fits_the_gather(keys: str, most: int, finished: str) -> None:
    """No more than was asked for, and of a number never its terminator, unless that is all."""
    match keyed(Told(SID, keys=keys, finished=finished), Gather("any", most, 6)):
        case NoInput():
            assert ("", "") == (keys, finished)
        case Keyed(digits):
            assert 1 <= len(digits) <= most
            assert digits == "#" or most == 1 or "#" not in digits
        case event:
            raise AssertionError(event)


@pytest.mark.parametrize("number", ["+266696687", "anonymous", "Anonymous", "+7378742833", "+2562533", "+86282452253"])
def test_a_withheld_number_is_nobodys(number: str) -> None:
    """However the carrier spells it."""
    assert "" == told_by(form_of(f"CallSid={SID}&From={number.replace('+', '%2B')}".encode())).ani


@given(body=st.binary(max_size=500))
def test_any_body_is_a_form_or_none(body: bytes) -> None:
    """Nothing else can come of it."""
    with suppress(BadForm):
        assert told_by(form_of(body)).carrier_id


@given(
    text=st.text(string.digits + string.ascii_lowercase, min_size=1, max_size=40),
    now=st.integers(0, 2**32),
    later_by=st.integers(0, 20_000),
)
def test_a_link_lives_for_one_to_two_hours(text: str, now: int, later_by: int) -> None:
    """And is the same for all who ask within an hour."""
    links = Links("https://ivr.example", KEY)
    *_, until, signature, name = links.sound(text, now).split("/")
    is_good = links.is_genuine("sounds", name.removesuffix(".wav"), int(until), signature, now + later_by)
    assert is_good or later_by >= 3600
    assert not is_good or later_by < 7200
    assert links.sound(text, now - now % 3600) == links.sound(text, now)


def test_a_link_is_of_its_kind_its_name_and_its_key() -> None:
    """No other sound can be had by it."""
    links, now = Links("https://ivr.example", KEY), NOW.timestamp()
    *_, until, signature, _ = links.sound("abc", now).split("/")
    wrong = [("numbers", "abc", int(until)), ("sounds", "abd", int(until)), ("sounds", "abc", int(until) + 1)]
    assert [] == [one for one in wrong if links.is_genuine(*one, signature, now)]
    assert not Links("https://ivr.example", b"x" * 32).is_genuine("sounds", "abc", int(until), signature, now)


LEGS = st.builds(
    Leg,
    call_id=st.uuids().map(str),
    turn=st.integers(1, 999_999_999),
    topic=st.from_regex(r"[a-z][a-z0-9-]{0,39}", fullmatch=True),
    lang=st.sampled_from(["pl", "uk", "en"]),
    level=st.sampled_from(["none", "substitute", "full"]),
    recorded=st.booleans(),
    until=st.integers(int(NOW.timestamp()) + 1, 10**11),
)


def as_told(leg: Leg, key: bytes = KEY) -> str:
    """The headers as the dialplan hands them on."""
    return ":".join(list(headers(key, leg).values())[1:])


@given(leg=LEGS)
def test_a_leg_is_read_as_it_was_signed(leg: Leg) -> None:
    """By whoever has the key, until its time is over."""
    told = as_told(leg)
    assert leg == read(KEY, leg.call_id, told, NOW)
    assert read(b"x" * 32, leg.call_id, told, NOW) is None
    if leg.until < 10**9 * 4:
        assert read(KEY, leg.call_id, told, datetime.fromtimestamp(leg.until, UTC) + timedelta(seconds=1)) is None


@given(leg=LEGS, place=st.integers(0, 400), other=st.sampled_from("0123456789abcdefpuk:-"))
def test_a_leg_with_any_other_character_is_refused(leg: Leg, place: int, other: str) -> None:
    """All that it tells is signed."""
    told = as_told(leg)
    at = place % len(told)
    changed = told[:at] + other + told[at + 1 :]
    assert changed == told or read(KEY, leg.call_id, changed, NOW) is None


@given(told=st.text(max_size=200))
def test_any_headers_are_a_leg_or_none(told: str) -> None:
    """Whatever comes by SIP."""
    assert read(KEY, "6b0bdac4-32a0-4b7d-bd04-fae912fb26fd", told, NOW) is None
