"""Legal holds: what a case needs stays, whatever retention and withdrawal say, until the hold ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from recordings import catalogue, holds, purge, tombstones
from recordings.catalogue import State, recordings
from recordings.holds import Hold, Placed
from recordings.purge import Places, uncounted, unwatched
from recordings.wanted import Caller, Wanted
from storage.database import Database
from tests.recordings.conftest import NOW
from tests.recordings.kept import DUE, ENDED, a_recording, at_noon, id_of, keep, left_of, places_in, whole

CALLER = Caller("600100201", select(recordings.c.call_id).where(recordings.c.caller == "600100201"))


@pytest.fixture
def places(tmp_path: Path, database: Database) -> Iterator[Places]:
    """Where recordings lie."""
    made = places_in(tmp_path, database)
    yield made
    made.archive.keys.close()


def place(places: Places, wanted: Wanted, case: str = "II K 1/26", until: date | None = None) -> Placed:
    """A hold for a case."""
    with places.database.writing() as connection:
        made = Hold(f"{case} {wanted}"[:36], case, "a complaint", "anna", NOW, until)
        return holds.place(connection, made, wanted)


def lift(places: Places, case: str = "II K 1/26") -> int:
    """Lift the holds of a case."""
    with places.database.writing() as connection:
        return holds.lift(connection, case, "jan", NOW)


def held(places: Places, today: date = DUE) -> set[int]:
    """The numbers of those that are held."""
    with places.database.reading() as connection:
        ids = holds.held(connection, [id_of(number) for number in range(1, 10)], today)
    return {number for number in range(1, 10) if id_of(number) in ids}


def destroyed(places: Places, today: date = DUE) -> int:
    """Run over all that is due: how many went."""
    purge.decide(places.database, today, 2, unwatched)
    return purge.carry_out(places, at_noon(today), 2, unwatched, uncounted)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(id=id_of(2)), {2}),
        (Wanted(call_id=id_of(1003)), {3}),
        (Wanted(caller=CALLER), {2, 3, 4}),
        (Wanted(caller=CALLER, consultant="1702"), {3}),
        (Wanted(consultant="1701", begin=ENDED, end=ENDED + timedelta(days=1)), {1}),
        (Wanted(consultant="1701"), {1, 2}),
        (Wanted(id="none"), set()),
    ],
)
def test_a_hold_is_placed_on_what_is_named(places: Places, wanted: Wanted, expected: set[int]) -> None:
    """By recording, call, caller (imported ones too), consultant and time; all that is named must be so."""
    keep(
        places,
        a_recording(1),
        a_recording(2, ENDED + timedelta(days=1), caller="600100201"),
        a_recording(3, ENDED + timedelta(days=1), caller="600100201", consultant="1702"),
        a_recording(4, caller="600100201", call_id=None, consultant=None),
    )
    assert Placed(len(expected), ()) == place(places, wanted)
    assert expected == held(places)


def test_nobody_holds_everything_by_naming_nothing(places: Places) -> None:
    """A mistake, and told as one."""
    with pytest.raises(ValueError, match="which recordings"):
        place(places, Wanted(begin=ENDED))


def test_what_is_held_outlives_its_last_day_until_the_hold_is_lifted(places: Places) -> None:
    """Every hold of it: of two cases the one alone does not free it."""
    keep(places, a_recording(1), a_recording(2))
    place(places, Wanted(id=id_of(1)))
    place(places, Wanted(id=id_of(1)), case="III C 7/26")
    assert 1 == destroyed(places)
    assert (whole(id_of(1)), []) == (left_of(places, id_of(1)), left_of(places, id_of(2)))
    assert (1, 0) == (lift(places), destroyed(places))
    assert (1, 0) == (lift(places, "III C 7/26"), lift(places, "III C 7/26"))
    assert (1, []) == (destroyed(places), left_of(places, id_of(1)))


def test_a_hold_ends_with_its_last_day(places: Places) -> None:
    """And not before that day is over."""
    keep(places, a_recording(1))
    place(places, Wanted(id=id_of(1)), until=DUE)
    assert ({1}, set()) == (held(places), held(places, DUE + timedelta(days=1)))
    assert (0, 1) == (destroyed(places), destroyed(places, DUE + timedelta(days=1)))


def test_holds_can_be_seen(places: Places) -> None:
    """With their case, reason, who placed and who lifted them, and on how many recordings."""
    keep(places, a_recording(1), a_recording(2))
    place(places, Wanted(consultant="1701"))
    lift(places)
    with places.database.reading() as connection:
        ((hold, number),) = holds.everything(connection)
        assert (hold,) == holds.of_recording(connection, id_of(1))
    assert ("II K 1/26", "a complaint", "anna", "jan", 2) == (
        *(hold.case, hold.reason, hold.placed_by, hold.lifted_by),
        number,
    )
    assert not hold.in_force(DUE)


def test_what_is_being_destroyed_can_be_held_no_more(places: Places) -> None:
    """It is told, as nobody may rely on it."""
    keep(places, a_recording(1), a_recording(2, ENDED + timedelta(days=1)))
    purge.decide(places.database, DUE, 10, unwatched)
    assert Placed(1, (id_of(1),)) == place(places, Wanted(consultant="1701"))
    assert {2} == held(places)


def test_withdrawal_destroys_at_once_and_waits_for_holds(places: Places) -> None:
    """What is held goes when the hold has ended, and says why it went."""
    today = date(2024, 1, 1)
    keep(places, a_recording(1), a_recording(2), a_recording(3))
    place(places, Wanted(id=id_of(1)))
    with places.database.writing() as connection:
        now, later = purge.withdraw(connection, [id_of(1), id_of(2)], today)
    assert (frozenset({id_of(2)}), frozenset({id_of(1)})) == (now, later)
    assert (1, [], whole(id_of(3))) == (destroyed(places, today), left_of(places, id_of(2)), left_of(places, id_of(3)))
    with places.database.reading() as connection:
        waiting = catalogue.find(connection, id_of(1))
    assert waiting is not None
    assert (State.WITHDRAWN, "consent withdrawn on 2024-01-01") == (waiting.state, waiting.decision)
    lift(places)
    assert 1 == destroyed(places, today + timedelta(days=9))
    with places.database.reading() as connection:
        found = [tombstones.find(connection, id_of(number)) for number in (1, 2)]
    assert ["consent withdrawn on 2024-01-01"] * 2 == [stone.decision for stone in found if stone]
