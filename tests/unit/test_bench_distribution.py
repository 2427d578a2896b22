"""What telephones and the database tell of who got whom, read and judged."""

from __future__ import annotations

from bench.distribution import BARE, BUSY, Offer, Wait, gaps, group_of, offered_two, overtaken, read_offers

NOTES = """\
2026-11-23\t10:00:00.5\t100.500 ringing 11001 600100200
2026-11-23\t10:00:01.0\t101.000 ringing 11002 600100201
2026-11-23\t10:00:04.0\t104.000 free 11001 600100200
"""


def test_notes_become_offers() -> None:
    """A telephone that rang and was free again; one that never was."""
    first, second = read_offers(NOTES)
    assert Offer("11001", "600100200", 100.5, 104.0) == first
    assert Offer("11002", "600100201", 101.0, None) == second


def test_an_extension_tells_its_group() -> None:
    """The first two digits."""
    assert ["technical", "payers", BUSY, BARE] == [group_of(agent) for agent in ("11001", "15073", "16001", "17010")]


def test_a_telephone_that_rings_while_it_talks_is_counted() -> None:
    """Two calls at once, told apart from one after the other."""
    talking, at_once, after = Offer("1", "a", 1, 5), Offer("1", "b", 4, 9), Offer("1", "b", 6, 9)
    assert (1, 0) == (offered_two([talking, at_once]), offered_two([talking, after]))


def test_who_came_later_and_rang_first_has_overtaken() -> None:
    """In the same queue, unless both came at the same time."""
    offers = [Offer("1", "late", 10, 20), Offer("2", "early", 11, 20)]
    apart = [Wait("early", "x", 1.0), Wait("late", "x", 2.0)]
    together = [Wait("early", "x", 1.0), Wait("late", "x", 1.1)]
    elsewhere = [Wait("early", "x", 1.0), Wait("late", "y", 2.0)]

    assert [1, 0, 0] == [overtaken(waits, offers) for waits in (apart, together, elsewhere)]


def test_gaps_are_of_a_group_with_callers_waiting() -> None:
    """From free to ringing, once it has settled; other groups do not count."""
    offers = [
        Offer("16001", "a", 0, 4),
        Offer("16001", "b", 5, 12),
        Offer("16001", "c", 14, 18),
        Offer("17001", "d", 1, 2),
    ]
    assert (2,) == gaps(offers, BUSY)
