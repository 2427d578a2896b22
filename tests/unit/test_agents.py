"""The table of consultants: what it may look like, what it comes to in queues, and what is said of its faults."""

from __future__ import annotations

import pytest

from routing.agents import (
    Agent,
    AgentTableError,
    Membership,
    language_queues,
    memberships,
    read_agents,
)
from routing.queues import Queue, wrap_up_in

HEADER = "agent,name,site,skills,languages"
ANNA = "1701,Anna,Łódź,pensions:1 benefits:2,pl:1 uk:2"
JAN = '1702,"Jan, the second",,pensions:3,pl:2'
QUEUES = {name: Queue(name, "day", agents) for name, agents in (("pensions", ("1201",)), ("benefits", ()))}
LANGUAGES = ("pl", "uk", "en")


def table(*rows: str) -> bytes:
    """A table of these rows."""
    return "\n".join([HEADER, *rows, ""]).encode()


def faults(raw: bytes) -> list[str]:
    """What is said of a table that cannot be used."""
    with pytest.raises(AgentTableError) as refused:
        read_agents(raw, QUEUES, LANGUAGES)
    return [fault.show("agents.csv") for fault in refused.value.faults]


def test_a_row_is_a_consultant() -> None:
    """With levels of skills and languages; the site may be left out."""
    assert (
        Agent("1701", "Anna", "Łódź", {"pensions": 1, "benefits": 2}, {"pl": 1, "uk": 2}),
        Agent("1702", "Jan, the second", "", {"pensions": 3}, {"pl": 2}),
    ) == read_agents(table(ANNA, JAN), QUEUES, LANGUAGES)


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbf" + table(ANNA),
        table(ANNA).replace(b"\n", b"\r\n"),
        table(ANNA.replace(",", " , "), ""),
    ],
    ids=["a byte order mark", "Windows line ends", "spaces and an empty line"],
)
def test_tables_come_as_people_save_them(raw: bytes) -> None:
    """The consultants are the same."""
    assert read_agents(table(ANNA), QUEUES, LANGUAGES) == read_agents(raw, QUEUES, LANGUAGES)


def test_penalties_are_what_levels_lack_from_the_best() -> None:
    """Callers in the first language wait in the group's queue, others in one of their language."""
    anna, jan = read_agents(table(ANNA, JAN), QUEUES, LANGUAGES)
    expected = (
        Membership("pensions", 0),
        Membership("pensions-uk", 1),
        Membership("benefits", 1),
        Membership("benefits-uk", 2),
    )
    assert expected == memberships(anna, "pl")
    assert (Membership("pensions", 3),) == memberships(jan, "pl")


def test_a_group_has_a_queue_for_each_further_language_that_somebody_speaks() -> None:
    """Not for the first one, nor for one that nobody in the group speaks."""
    agents = read_agents(table(ANNA, JAN, "1703,Eva,,benefits:1,en:1"), QUEUES, LANGUAGES)
    assert ("uk",) == language_queues(agents, "pensions", "pl")
    assert ("en", "uk") == language_queues(agents, "benefits", "pl")


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", [f"1: the columns are not those of a table of consultants (write {HEADER})"]),
        (table(ANNA, "1702,Jan"), ["3: a row has 5 columns (skills are parted by spaces)"]),
        (table("1701,Anna,,pensions:1,benefits:1,pl:1"), ["2: a row has 5 columns (skills are parted by spaces)"]),
        (table(ANNA, '1702,"Jan'), ["3: not a CSV table: unexpected end of data"]),
        (table(ANNA).replace("Ł".encode(), b"\xa3"), ["2: not UTF-8 text (save it as UTF-8)"]),
        (table(ANNA.replace("1701", "١٧٠١")), ['2: "١٧٠١" is not the number of a consultant (2-10 digits)']),
        (table(ANNA.replace("1701", "1")), ['2: "1" is not the number of a consultant (2-10 digits)']),
        (table(ANNA.replace("Anna", " ")), ["2: name is empty (who it is)"]),
        (table(ANNA.replace("Anna", "An\x07na")), ["2: name holds a line break or a control character"]),
        (table(ANNA.replace("uk:2", "ua:2")), ['2: there is no language "ua" (known: pl, uk, en)']),
        (table(ANNA.replace("pensions", "pesnions")), ['2: there is no queue "pesnions" (did you mean "pensions"?)']),
        (table(ANNA.replace("benefits:2", "benefits:4")),
         ['2: "benefits:4" has no level (such as pensions:1 benefits:2; 1 is the best, 3 the last resort)']),
        (table(ANNA.replace("pl:1 uk:2", "")), ["2: languages is empty (such as pl:1 uk:2)"]),
        (table(ANNA.replace("uk:2", "pl:2")), ['2: the language "pl" stands here a second time (delete it)']),
        (table(ANNA, ANNA), ["3: the number 1701 has line 2 already (delete one of them)"]),
        (table(ANNA.replace("1701", "1201")),
         ['2: 1201 stands in menus.yaml too, in "pensions" (delete it there, or the skill here)']),
        (table(JAN.replace("1702", "x"), ANNA.replace("pl:1", "pl")),
         ['2: "x" is not the number of a consultant (2-10 digits)',
          '3: "pl" has no level (such as pl:1 uk:2; 1 is the best, 3 the last resort)']),
    ],
)  # fmt: skip
def test_every_fault_is_told_with_its_line(raw: bytes, told: list[str]) -> None:
    """All of them at once, and how to mend them."""
    assert [f"agents.csv:{fault}" for fault in told] == faults(raw)


def test_a_queue_must_not_bear_the_name_of_a_language_queue() -> None:
    """Asterisk could not tell them apart."""
    queues = {**QUEUES, "pensions-uk": Queue("pensions-uk", "day", ())}
    with pytest.raises(AgentTableError, match="the name of a language queue"):
        read_agents(table(ANNA), queues, LANGUAGES)


def test_wrap_up_is_that_of_the_group_in_each_of_its_languages() -> None:
    """A group without a time of its own, and a queue that nobody knows, have the usual one."""
    queues = {"pensions": Queue("pensions", "day", (), wrap_up=0), "payers": Queue("payers", "day", ())}
    found = {name: wrap_up_in(queues, name, 10) for name in ("pensions", "pensions-uk", "payers", "gone")}
    assert {"pensions": 0, "pensions-uk": 0, "payers": 10, "gone": 10} == found
