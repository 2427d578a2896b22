"""What a consultant gets with a call: the whisper, the display, the header; and who the caller is, only at `full`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import provision
from demo.phone.outgoing import OutgoingCall
from ivr.prompts import DIGIT
from routing import requests
from routing.requests import Request
from tests.live import tones
from tests.live.callers import Talk, account, answered, choose, picked_up, press, recorded_files, row_of
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import Live, hears_caller, hears_music, live, menus_with
from tests.live.stories import IDENTIFIER, PIN, on_a_break, wait_for

DESKS = ("1301", "1302")
WHISPER = "whisper-doctors-uk-none"
LASTING = 2.0
# Somebody who may speak for two payers.
ATTORNEY, PAYERS = "83640517", ("9261847390", "7010364836")


@pytest.fixture(scope="module")
def offering(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with two consultants for doctors, one person's profile, and a whisper that lasts."""
    folder = tmp_path_factory.mktemp("offering")
    settings = {"queues": {"wrap_up_seconds": 0}}
    menus = menus_with(folder, SHORT_TIMEOUT)
    with live(folder / "home", menus, settings=settings, lasting={WHISPER: LASTING}) as running:
        running.staff(*DESKS)
        running.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
        running.station.centrala("profiles", "add", stdin=f"{ATTORNEY}\n{PIN}\n")
        _may_speak(running, "")
        yield running


def _may_speak(running: Live, until: str) -> None:
    """The attorney may speak for two payers, through that day."""
    table = running.station.home.parent / "mandates.csv"
    rows = [f"{ATTORNEY},{payer},{until}" for payer in PAYERS]
    table.write_text("\n".join(["identifier,payer,valid_until", *rows]), "ascii")
    running.station.centrala("profiles", "mandates", "import", str(table))


def _in_ukrainian(running: Live, ani: str) -> Talk:
    """A doctor who speaks Ukrainian; from the answer of a consultant's telephone on."""
    call, ear = choose(running, ani, ("welcome", "7"))
    for prompt, key in (("uk:welcome", "0"), ("uk:choose-topic", "6")):
        ear.wait_for(prompt)
        press(call, key)
    return picked_up(running, ani, call, ear)


def _end(there: Talk) -> None:
    """After the whisper and a word."""
    there.consultant.wait_until(lambda: hears_caller(there.consultant), what="the caller's voice")
    there.end()


def _who_logged_in(running: Live, ani: str) -> Talk:
    call, ear = choose(running, ani, ("main", "2"), ("identifier", f"{IDENTIFIER}#"), ("pin", f"{PIN}#"))
    for prompt, key in (("pl:personal", "0"), ("pl:topics", "6")):
        ear.wait_for(prompt)
        press(call, key)
    return answered(running, ani, call, ear)


def _waits_for(running: Live, ani: str, choice: str) -> tuple[OutgoingCall, tones.Ear]:
    """The attorney, on the way to a consultant for doctors once whom the call is about is chosen."""
    call, ear = choose(running, ani, ("main", "2"), ("identifier", f"{ATTORNEY}#"), ("pin", f"{PIN}#"))
    for prompt, key in (("authentication-others", choice), ("personal", "0"), ("topics", "6")):
        ear.wait_for(f"pl:{prompt}")
        press(call, key)
    return call, ear


def test_the_consultant_alone_hears_what_comes(offering: Live, ani: str) -> None:
    """Topic, language and level are said before the two are joined, while the caller goes on hearing music."""
    there = _in_ukrainian(offering, ani)
    desk = tones.Ear(there.consultant, offering.table)
    desk.wait_for(f"pl:{WHISPER}")
    until = there.call.recording.seconds + LASTING / 2
    there.call.wait_until(lambda: there.call.recording.seconds >= until, what="half of the whisper")
    music_meanwhile = hears_music(there.call)
    _end(there)

    assert music_meanwhile
    assert [f"pl:{WHISPER}"] == desk.keys()
    assert not desk.heard()[0].cut
    assert [] == [heard.key for heard in there.ear.heard() if "whisper" in heard.key]


def test_the_telephone_shows_topic_language_and_level(offering: Live, ani: str) -> None:
    """On its display and in a header, beside the caller's number; whoever has proven nothing has no name."""
    there = _in_ukrainian(offering, ani)
    invited = there.consultant.headers
    _end(there)

    assert ("topic=doctors;lang=uk;level=none",) == invited.all("X-Centrala")
    assert ("Lekarze uk none", ani) == (there.consultant.remote.name, there.consultant.remote.user)
    assert ("doctors", "uk", "none") == _kept(offering, ani)


def _kept(running: Live, ani: str) -> tuple[str | None, str, str]:
    row = account(running, ani).row
    return row.topic, row.lang, row.auth_level


def test_whoever_has_logged_in_is_named(offering: Live, ani: str) -> None:
    """The identifier is in the header and on the display, is not said, and no channel's variable bears it on."""
    there = _who_logged_in(offering, ani)
    desk = tones.Ear(there.consultant, offering.table)
    desk.wait_for("pl:whisper-doctors-pl-full")
    there.wait(1)
    assert offering.station.asterisk is not None
    known = _variables(offering, f"PJSIP/{there.extension}-")
    invited = there.consultant.headers
    there.end()

    assert (f"topic=doctors;lang=pl;level=full;identifier={IDENTIFIER}",) == invited.all("X-Centrala")
    assert f"Lekarze pl full {IDENTIFIER}" == there.consultant.remote.name
    assert ["pl:whisper-doctors-pl-full"] == desk.keys()
    assert "CALL_ID=" in known
    assert IDENTIFIER not in known


def test_the_payer_whom_the_call_is_about_is_shown_beside_the_caller(offering: Live, ani: str) -> None:
    """Chosen by a key, after the last digits were heard; in the header and on the display, never said or borne on."""
    there = answered(offering, ani, *_waits_for(offering, ani, "3"))
    desk = tones.Ear(there.consultant, offering.table)
    there.wait(1)
    known = _variables(offering, f"PJSIP/{there.extension}-")
    invited = there.consultant.headers
    there.end()

    about = f"topic=doctors;lang=pl;level=full;identifier={ATTORNEY};payer={PAYERS[1]}"
    assert (about,) == invited.all("X-Centrala")
    assert f"Lekarze pl full {ATTORNEY} {PAYERS[1]}" == there.consultant.remote.name
    assert ["pl:whisper-doctors-pl-full"] == desk.keys()
    assert "CALL_ID=" in known
    assert PAYERS[1] not in known
    heard = there.ear.keys()
    begins = heard.index("pl:authenticated")
    assert PAYERS_HEARD == heard[begins : begins + len(PAYERS_HEARD)]


# What is heard between the login and the menu that follows.
PAYERS_HEARD = [
    f"pl:{name}"
    for name in (
        *("authenticated", "whose-matters", "authentication-own"),
        *("payer-whose-number-ends", "digit-3", "digit-9", "digit-0", "authentication-key-2"),
        *("payer-whose-number-ends", "digit-8", "digit-3", "digit-6", "authentication-key-3", "authentication-others"),
    )
]


def test_whose_matters_are_their_own_has_no_payer(offering: Live, ani: str) -> None:
    """Neither the header nor the display names one, whoever could be spoken for."""
    there = answered(offering, ani, *_waits_for(offering, ani, "1"))
    invited = there.consultant.headers
    there.end()

    assert (f"topic=doctors;lang=pl;level=full;identifier={ATTORNEY}",) == invited.all("X-Centrala")
    assert f"Lekarze pl full {ATTORNEY}" == there.consultant.remote.name


def test_a_mandate_that_was_revoked_after_the_choice_shows_nobody(offering: Live, ani: str) -> None:
    """The caller is still who they are."""
    call, ear = choose(offering, ani, ("main", "2"), ("identifier", f"{ATTORNEY}#"), ("pin", f"{PIN}#"))
    ear.wait_for("pl:authentication-others")
    press(call, "2")
    ear.wait_for("pl:personal")
    _may_speak(offering, "2020-01-01")
    for prompt, key in (("personal", "0"), ("topics", "6")):
        ear.wait_for(f"pl:{prompt}")
        press(call, key)
    there = answered(offering, ani, call, ear)
    invited = there.consultant.headers
    there.end()
    _may_speak(offering, "")

    assert (f"topic=doctors;lang=pl;level=full;identifier={ATTORNEY}",) == invited.all("X-Centrala")


def test_a_mandate_that_is_revoked_while_the_caller_waits_shows_nobody(offering: Live, ani: str) -> None:
    """The number that Asterisk was given at the transfer is taken away within a second."""
    with on_a_break(offering, *DESKS):
        call, ear = _waits_for(offering, ani, "2")
        call.wait_until(lambda: hears_music(call), what="music")
        _may_speak(offering, "2020-01-01")
        wait_for(lambda: not _asked_of_asterisk(offering), "Asterisk to be told")
    there = answered(offering, ani, call, ear)
    invited = there.consultant.headers
    there.end()
    _may_speak(offering, "")

    assert (f"topic=doctors;lang=pl;level=full;identifier={ATTORNEY}",) == invited.all("X-Centrala")


def _asked_of_asterisk(running: Live) -> tuple[Request, ...]:
    with running.database.reading() as connection:
        return requests.everything(connection)


def test_a_colleague_who_is_asked_is_shown_the_payer(offering: Live, ani: str) -> None:
    """As whoever asked was, before the caller is left to them."""
    there = answered(offering, ani, *_waits_for(offering, ani, "3"))
    (desk,) = [offering.desks[extension] for extension in DESKS if extension != there.extension]
    before = len(desk.incoming)
    press(there.consultant, "*36")
    wait_for(lambda: len(desk.incoming) > before and desk.incoming[-1].up, "a colleague")
    asked = desk.incoming[-1]
    there.call.hang_up()
    asked.wait_ended()
    there.consultant.wait_ended()

    about = f"topic=doctors;lang=pl;level=full;identifier={ATTORNEY};payer={PAYERS[1]}"
    assert (about,) == asked.headers.all("X-Centrala")


def _variables(running: Live, prefix: str) -> str:
    """The variables of the channel whose name begins so."""
    assert running.station.asterisk is not None
    rx = running.station.asterisk.rx
    (name,) = [line.split("!")[0] for line in rx("core show channels concise").splitlines() if line.startswith(prefix)]
    return rx(f"core show channel {name}").partition("Variables:")[2]


def test_the_next_caller_is_not_the_one_before(offering: Live, numbers: Callable[[], str]) -> None:
    """A telephone that has shown who called shows it for no other call."""
    _who_logged_in(offering, numbers()).end()
    there = _in_ukrainian(offering, numbers())
    _end(there)

    assert IDENTIFIER not in str(there.consultant.headers.lines)


def test_who_is_on_telephones_is_found_nowhere_else(offering: Live, ani: str, numbers: Callable[[], str]) -> None:
    """Identifiers and payers' numbers: not in a log, a row or a name of a file."""
    _who_logged_in(offering, ani).end()
    account(offering, ani)
    for_payer = numbers()
    answered(offering, for_payer, *_waits_for(offering, for_payer, "2")).end()
    kept = account(offering, for_payer)
    assert kept.turns[-1].state.payer is not None

    # What the dialplan has left for the IVR is gone once it is taken in.
    wait_for(lambda: not list((offering.station.home / "spool").iterdir()), "every note taken in")
    files = [path for path in offering.station.home.rglob("*") if path.is_file()]
    assert {"centrala.db", "ivr-0.log", "messages.log"} <= {path.name for path in files}
    secrets = (IDENTIFIER, ATTORNEY, *PAYERS)
    assert [] == [path for path in files if any(_holds(path, digits) for digits in secrets)]
    # The last digits of a payer's number, which were heard, are not told by the turn log either.
    heard = {name for turn in kept.turns for name in turn.prompts}
    assert "authentication-key-2" in heard
    assert [] == [name for name in heard if DIGIT.fullmatch(name)]


def _holds(path: Path, digits: str) -> bool:
    return digits in path.name or digits.encode() in path.read_bytes()


def test_a_consultant_who_hangs_up_over_the_whisper_loses_nobody(offering: Live, ani: str) -> None:
    """The caller goes on waiting and is answered next; nothing was recorded of the first telephone."""
    first = _in_ukrainian(offering, ani)
    tones.Ear(first.consultant, offering.table).wait_for(f"pl:{WHISPER}")
    row = row_of(offering, ani)
    assert row is not None
    assert [] == recorded_files(offering, row.id)
    first.consultant.hang_up()
    first.consultant.wait_ended()
    again = picked_up(offering, ani, first.call, first.ear)
    tones.Ear(again.consultant, offering.table).wait_for(f"pl:{WHISPER}")
    _end(again)

    assert ["answered"] == [visit.outcome for visit in account(offering, ani).visits]


def test_a_caller_who_hangs_up_over_the_whisper_was_not_answered(offering: Live, ani: str) -> None:
    """The consultant is free at once, and there is no recording."""
    there = _in_ukrainian(offering, ani)
    tones.Ear(there.consultant, offering.table).wait_for(f"pl:{WHISPER}")
    there.call.hang_up()
    there.consultant.wait_ended()

    kept = account(offering, ani)
    assert ["abandoned"] == [visit.outcome for visit in kept.visits]
    assert [] == recorded_files(offering, kept.row.id)
