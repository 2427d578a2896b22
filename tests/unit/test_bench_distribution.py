"""What telephones and the database tell of who got whom, read and judged."""

from __future__ import annotations

from bench.centre import BARE, BUSY, group_of
from bench.distribution import Flood, Offer, Overtaken, gaps, offered_two, overtaken, read_offers

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


ORDER = {"600": 0, "601": 1, "602": 2, "603": 3}


def test_who_came_later_and_rang_first_has_overtaken() -> None:
    """With two free consultants there was one for each; who came at the same time overtakes nobody."""
    offers = [Offer("1", "602", 10, 20), Offer("2", "601", 11, 20), Offer("1", "603", 21, 30)]
    assert (Overtaken(1, unjustly=False),) == overtaken(offers, ORDER, 2)
    assert () == overtaken([Offer("1", "601", 10, 20), Offer("2", "602", 11, 20), Offer("1", "601", 21, 30)], ORDER, 2)
    assert () == overtaken(offers, {"601": 1, "602": 1, "603": 1}, 2)


def test_who_got_the_only_free_consultant_out_of_turn_has_violated_the_order() -> None:
    """The other one still talked when the telephone rang for who came later; so it is with one consultant for two."""
    talking, later = Offer("2", "600", 0, 15), Offer("1", "602", 10, 20)
    assert (Overtaken(6, unjustly=True),) == overtaken([talking, later, Offer("2", "601", 16, 30)], ORDER, 2)
    both = overtaken([Offer("1", "603", 10, 20), Offer("2", "601", 11, 20), Offer("1", "602", 21, 30)], ORDER, 2)
    assert [True, True] == [one.unjustly for one in both]


def test_telephones_that_begin_to_ring_at_once_violate_no_order() -> None:
    """Which of two INVITEs comes first is chance; it is counted all the same."""
    talking = Offer("2", "600", 0, 10.01)
    (found,) = overtaken([talking, Offer("1", "602", 10, 20), Offer("2", "601", 10.05, 20)], ORDER, 2)
    assert not found.unjustly
    flood = Flood(2, (), (Overtaken(6, True), found))
    assert (1, 1) == (flood.violations, flood.same_second)


def test_gaps_are_from_free_to_ringing_once_it_has_settled() -> None:
    """The first seconds, in which nobody waits yet, do not count."""
    assert (2,) == gaps([Offer("16001", "a", 0, 4), Offer("16001", "b", 5, 12), Offer("16001", "c", 14, 18)])
