"""What only some may come to: the change of a PIN, and a queue with a level, to which consultants send callers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import provision
from audit import entries
from tests.live import tones
from tests.live.callers import account, answered, choose, press, talk
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import Live, live, menus_with
from tests.live.stories import IDENTIFIER, PIN, nothing_stays, wait_for

NEW, WEAK = "802635", "123456"
PENSIONS, BENEFITS = ("1201", "1202"), ("1301", "1302")
# Doctors are for those who have answered control questions: no key leads to them but that of those who have logged in.
DOCTORS = (
    ("  doctors:\n    queue: benefits\n", "  doctors:\n    queue: doctors\n"),
    (
        "  payers:\n    hours: consultants\n",
        '  doctors:\n    hours: consultants\n    agents: ["1301"]\n    requires: substitute\n'
        "    label: {pl: Lekarze, uk: Лікарі, en: Doctors}\n  payers:\n    hours: consultants\n",
    ),
    ('    agents: ["1301", "1302"]\n', '    agents: ["1302"]\n'),
    (
        '      "6":\n        label:\n          pl: Dla lekarzy\n          uk: Для лікарів\n          en: For doctors\n'
        "        say:\n          pl: [lekarze, lekarz]\n"
        "          uk: [лікарі, лікар]\n          en: [doctors, doctor]\n"
        "        to: to-doctors\n",
        "",
    ),
    (
        "        to: change-pin\n",
        '        to: change-pin\n      "6":\n        label: {pl: Lekarze, uk: Лікарі, en: Doctors}\n'
        "        to: to-doctors\n",
    ),
)


@pytest.fixture(scope="module")
def closed(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with consultants whose queue requires a level, and one person's profile."""
    folder = tmp_path_factory.mktemp("levels")
    settings = {"queues": {"ring_seconds": 3, "wrap_up_seconds": 0}}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT, *DOCTORS), settings=settings) as running:
        running.staff(*PENSIONS, *BENEFITS)
        running.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
        yield running


def test_a_caller_changes_the_pin(closed: Live, ani: str) -> None:
    """What is wrong with a weak one is heard, the new one counts, and the audit tells it of the person."""
    with nothing_stays(closed):
        steps = (("main", "2"), ("identifier", f"{IDENTIFIER}#"), ("pin", f"{PIN}#"), ("personal", "1"))
        call, ear = choose(closed, ani, *steps, ("old-pin", f"{PIN}#"), ("new-pin", WEAK))
        ear.wait_for("pl:new-pin", times=2)
        press(call, NEW)
        ear.wait_for("pl:new-pin-again")
        press(call, NEW)
        ear.wait_for("pl:personal", times=2)
        call.hang_up()

    kept = account(closed, ani)
    heard = [one for one in ear.heard() if one.key in ("pl:new-pin-run", "pl:pin-changed")]
    assert ["pl:new-pin-run", "pl:pin-changed"] == [one.key for one in heard]
    assert not heard[-1].cut
    assert "full" == kept.row.auth_level
    with closed.database.reading() as connection:
        told = [entry for entry in entries.everything(connection) if entry.action == "PIN set"]
    assert [("caller", "profile", True)] == [(one.actor, one.object, one.person is not None) for one in told]
    assert [] == [pin for pin in (PIN, NEW, WEAK) if pin in str(kept.turns)]


def test_who_is_sent_on_without_the_level_logs_in(closed: Live, ani: str) -> None:
    """No telephone of the queue rings for whoever is asked about or sent on; after control questions one does."""
    with nothing_stays(closed):
        first = talk(closed, ani, "2")
        press(first.consultant, "*36")
        first.wait(4)
        assert [] == list(closed.desks["1301"].incoming)
        press(first.consultant, "*26")
        first.consultant.wait_ended()
        first.ear.wait_for("pl:identifier")
        first.call.hang_up()
        first.call.wait_ended()

    assert "authentication" == account(closed, ani).row.ended_where


def test_who_has_answered_control_questions_is_sent_on(closed: Live, ani: str) -> None:
    """The level is enough for that queue."""
    with nothing_stays(closed):
        first = talk(closed, ani, "2")
        desk = tones.Ear(first.consultant, closed.table)
        press(first.consultant, "*5")
        desk.wait_for("pl:code-questions")
        press(first.consultant, "12#")
        desk.wait_end_of("pl:code-authorised")
        press(first.consultant, "*26")
        first.consultant.wait_ended()
        second = answered(closed, ani, first.call, first.ear)
        second.end()

    wait_for(lambda: account(closed, ani).row.topic == "doctors", "the end")
