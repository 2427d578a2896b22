"""Finding one's way by keys: ahead of what is heard, back, in another language, and not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import provision
from demo.phone import Phone
from demo.phone.phone import Settings
from ivr.events import Keyed, NoInput
from tests.live import tones
from tests.live.callers import account, answered, choose, press
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import CLOSED, NUMBER, Live, live, menus_with

MENU = ["pl:welcome", "uk:main-uk", "en:main-en", "pl:main"]
AGAIN = ["pl:main-short", "pl:main"]
ASKED = ["pl:main-short", "uk:main-uk", "en:main-en", "pl:main"]


@pytest.fixture(scope="module")
def sunday(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The service while consultants are off."""
    folder = tmp_path_factory.mktemp("sunday")
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), hours_at=CLOSED) as running:
        yield running


def _keyed(running: Live, ani: str) -> list[str]:
    return [event.digits for event in account(running, ani).events if isinstance(event, Keyed)]


def test_who_knows_the_way_keys_ahead(helpline: Live, ani: str) -> None:
    """Zero and six at once, during the welcome, lead to the notice; no menu on the way need be heard."""
    call, ear = choose(helpline, ani, ("welcome", "06"))
    there = answered(helpline, ani, call, ear)
    there.end()

    heard = ear.heard()
    assert "pl:welcome" == heard[0].key
    assert heard[0].cut
    assert ["pl:recording-notice", "pl:recording-staying", "pl:connecting", "pl:goodbye"] == [
        one.key for one in heard[-4:]
    ]
    assert {"pl:topics", "pl:main"}.isdisjoint(one.key for one in heard)
    assert ["0", "6"] == _keyed(helpline, ani)
    assert there.extension in ("1301", "1302")


def test_keys_ahead_go_through_three_menus(helpline: Live, ani: str) -> None:
    """One, six and three: the information about banks, and the menu that it belongs to."""
    call, ear = choose(helpline, ani, ("welcome", "163"))
    ear.wait_for("pl:more-information")
    call.hang_up()

    assert ["1", "6", "3"] == _keyed(helpline, ani)
    assert ["pl:about-bank", "pl:choose-next-information", "pl:more-information"] == ear.keys()[-3:]


def test_information_is_heard_whole_and_leads_back(helpline: Live, ani: str) -> None:
    """After the message the menu is heard in its short form; the star goes back to the main menu."""
    call, ear = choose(helpline, ani, ("main", "1"), ("information", "1"))
    ear.wait_for("pl:information", times=2)
    press(call, "*")
    ear.wait_for("pl:main", times=2)
    call.hang_up()

    messages = ["pl:choose-information", "pl:information", "pl:about-pensions"]
    again = ["pl:choose-next-information", "pl:information"]
    assert [*MENU, *messages, *again, *AGAIN] == ear.keys()
    assert [False] == [heard.cut for heard in ear.heard() if heard.key == "pl:about-pensions"]


def test_star_and_hash_do_what_the_menu_says(helpline: Live, ani: str) -> None:
    """The star repeats the main menu, where the hash means nothing; the hash repeats the topics."""
    steps = [("main", 1, "*"), ("main", 2, "#"), ("main", 3, "0"), ("topics", 1, "#"), ("topics", 2, "*")]
    call, ear = helpline.dial(ani)
    for prompt, times, key in steps:
        ear.wait_for(f"pl:{prompt}", times)
        press(call, key)
    ear.wait_for("pl:main", times=4)
    call.hang_up()

    topics = ["pl:choose-topic", "pl:topics"]
    assert [*MENU, *MENU, "pl:no-match", *ASKED, *topics, *topics, *AGAIN] == ear.keys()
    assert ["*", "#", "0", "#", "*"] == _keyed(helpline, ani)


def test_another_language_begins_with_everything_told_anew(helpline: Live, ani: str) -> None:
    """Seven is Ukrainian and eight is English, welcome included; the call's row keeps the last one."""
    call, ear = choose(helpline, ani, ("main", "7"))
    ear.wait_for("uk:main")
    press(call, "8")
    ear.wait_for("en:main")
    press(call, "0")
    ear.wait_for("en:topics")
    call.hang_up()

    assert [
        *MENU,
        *("uk:welcome", "en:main-en", "pl:main-pl", "uk:main"),
        *("en:welcome", "uk:main-uk", "pl:main-pl", "en:main"),
        *("en:choose-topic", "en:topics"),
    ] == ear.keys()
    assert "en" == account(helpline, ani).row.lang


@pytest.mark.parametrize(("key", "lang"), [("", "pl"), ("7", "uk")])
def test_an_office_is_found_by_its_postal_code(helpline: Live, ani: str, key: str, lang: str) -> None:
    """Five digits and a late `#`, in any language; the address is heard to its end, in its own language, and again."""
    call, ear = choose(helpline, ani, ("main", key)) if key else helpline.dial(ani)
    for prompt, keys in (("main", "3"), ("postal-code", "31402#"), ("offices", "9")):
        ear.wait_for(f"{lang}:{prompt}")
        press(call, keys)
    ear.wait_for(f"{lang}:offices", times=2)
    call.hang_up()

    found, address, offered, again, repeated = ear.heard()[-6:-1]
    assert (f"{lang}:office-found", f"{lang}:offices", f"{lang}:office-found") == (found.key, offered.key, again.key)
    assert address.key.startswith("pl:office-address:")
    assert "Kraków" in address.key
    assert address.key == repeated.key
    assert not address.cut


def test_silence_ends_at_a_person(helpline: Live, ani: str) -> None:
    """Whoever keys nothing at all, or cannot, is told so three times at each menu and then talks to a consultant."""
    call, ear = helpline.dial(ani)
    ear.wait_for("pl:connecting", timeout=60)
    there = answered(helpline, ani, call, ear)
    there.end()

    again, topics = ["pl:no-input", *ASKED], ["pl:choose-topic", "pl:topics"]
    silence = ["pl:no-input", *topics]
    notice = ["pl:recording-notice", "pl:recording-staying", "pl:connecting", "pl:goodbye"]
    assert [*MENU, *again, *again, *topics, *silence, *silence, *notice] == ear.keys()
    assert [] == [heard.key for heard in ear.heard() if heard.cut]
    assert 6 == sum(isinstance(event, NoInput) for event in account(helpline, ani).events)
    assert there.extension.startswith("14")


@pytest.mark.parametrize("keys", ["0", ""], ids=["asks for a consultant", "is silent"])
def test_out_of_hours_the_ending_is_stated(sunday: Live, ani: str, keys: str) -> None:
    """When consultants work, thanks, and only then the line is hung up."""
    call, ear = choose(sunday, ani, ("main", keys)) if keys else sunday.dial(ani)
    call.wait_ended(timeout=20)

    hours, goodbye = ear.heard()[-2:]
    assert (("pl:closed-hours", False), ("pl:goodbye", False)) == ((hours.key, hours.cut), (goodbye.key, goodbye.cut))
    row = account(sunday, ani).row
    assert ("closed", "closed") == (row.ended_where, row.cause)


def test_information_is_there_day_and_night(sunday: Live, ani: str) -> None:
    """Out of hours, everything that needs no consultant is as it is in hours."""
    call, ear = choose(sunday, ani, ("main", "1"), ("information", "2"))
    ear.wait_end_of("pl:about-benefits")
    call.hang_up()
    assert "pl:about-benefits" in [heard.key for heard in ear.heard() if not heard.cut]


def test_a_telephone_without_telephone_events_can_be_used(helpline: Live, ani: str) -> None:
    """Some gateways send keys as SIP INFO instead of RFC 4733."""
    phone = Phone(helpline.exchange, ani, helpline.sip, settings=Settings(event_type=None))
    call = phone.dial(NUMBER, ani=ani)
    ear = tones.Ear(call, helpline.table)
    for prompt, key in (("pl:main", "1"), ("pl:information", "2")):
        ear.wait_for(prompt)
        call.send_info(key)
    ear.wait_for("pl:about-benefits")
    call.hang_up()

    assert ["1", "2"] == _keyed(helpline, ani)
