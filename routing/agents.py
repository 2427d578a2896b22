"""Consultants and what they can do: a table that the operator keeps (`agents.csv`).

Pure. A level of 1 is the best, 3 the last resort; Asterisk's penalty of a member is made from levels.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from routing.queues import Queue

COLUMNS = ("agent", "name", "site", "skills", "languages")
NUMBER = re.compile(r"[0-9]{2,10}")
LEVELS = ("1", "2", "3")
BEST = 1


@dataclass(frozen=True, slots=True)
class AgentFault:
    """What is wrong in which line, counted from 1, and how to mend it."""

    line: int
    message: str
    hint: str = ""

    def show(self, path: str) -> str:
        """The fault as people read it."""
        return f"{path}:{self.line}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class AgentTableError(Exception):
    """The table cannot be used; all its faults, in the order of lines."""

    def __init__(self, faults: tuple[AgentFault, ...]) -> None:
        super().__init__("; ".join(fault.show("line") for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Agent:
    """A consultant, at whatever telephone: the level of each skill (by queue) and of each language."""

    number: str
    name: str
    site: str
    skills: Mapping[str, int]
    languages: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Membership:
    """A consultant's place in a queue as Asterisk knows it; members of a lower penalty are called first."""

    queue: str
    penalty: int


def memberships(agent: Agent, first_language: str) -> tuple[Membership, ...]:
    """The queues that the consultant serves, in the table's order.

    Callers in the service's first language wait in a group's own queue, others in `language_queue`. The penalty is the
    sum of what the skill and the language lack from the best.
    """
    return tuple(
        Membership(queue if lang == first_language else language_queue(queue, lang), skill + level - 2 * BEST)
        for queue, skill in agent.skills.items()
        for lang, level in agent.languages.items()
    )


def language_queue(queue: str, lang: str) -> str:
    """The name of the queue in which a group's callers wait for somebody who speaks their language."""
    return f"{queue}-{lang}"


def language_queues(agents: Collection[Agent], queue: str, first_language: str) -> tuple[str, ...]:
    """The languages, besides the first, that somebody in the group speaks."""
    spoken = {lang for agent in agents if queue in agent.skills for lang in agent.languages}
    return tuple(sorted(spoken - {first_language}))


def read_agents(raw: bytes, queues: Mapping[str, Queue], languages: Collection[str]) -> tuple[Agent, ...]:
    """Read a table in UTF-8; skills name `queues`, languages are among `languages`.

    Raises AgentTableError with every fault.
    """
    rows = _rows(raw)
    faults: list[AgentFault] = []
    agents: list[Agent] = []
    for line, row in rows:
        row_reader = _RowReader(line, row, queues, languages)
        agents.append(row_reader.agent())
        faults += row_reader.faults
    faults += _twice([line for line, _ in rows], agents)
    faults += _ambiguous(agents, queues)
    if faults:
        raise AgentTableError(tuple(sorted(set(faults), key=lambda fault: fault.line)))
    return tuple(agents)


def _rows(raw: bytes) -> list[tuple[int, dict[str, str]]]:
    try:
        reader = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError as error:
        raise _fault(raw[: error.start].count(b"\n") + 1, "not UTF-8 text", "save it as UTF-8") from error
    except csv.Error as error:
        raise _fault(reader.line_num + 1, f"not a CSV table: {error}") from error
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise _fault(1, "the columns are not those of a table of consultants", f"write {','.join(COLUMNS)}")
    if uneven := [line for line, row in rows if None in row or None in row.values()]:
        raise AgentTableError(
            tuple(
                AgentFault(line, f"a row has {len(COLUMNS)} columns", "skills are parted by spaces") for line in uneven
            )
        )
    return rows


def _fault(line: int, message: str, hint: str = "") -> AgentTableError:
    return AgentTableError((AgentFault(line, message, hint),))


class _RowReader:
    """Reads one row, collecting what is wrong with it."""

    def __init__(
        self, line: int, row: Mapping[str, str], queues: Mapping[str, Queue], languages: Collection[str]
    ) -> None:
        self.faults: list[AgentFault] = []
        self._line = line
        self._row = {column: text.strip() for column, text in row.items()}
        self._queues = queues
        self._languages = languages

    def agent(self) -> Agent:
        """The consultant of the row, as far as it can be read."""
        number = self._row["agent"]
        if not NUMBER.fullmatch(number):
            self._tell(f'"{number}" is not the number of a consultant', "2-10 digits")
        for column in ("name", "site"):
            if not self._row[column].isprintable():
                self._tell(f"{column} holds a line break or a control character")
        if not self._row["name"]:
            self._tell("name is empty", "who it is")
        skills = self._levels("skills", self._queues, "queue", "pensions:1 benefits:2")
        languages = self._levels("languages", self._languages, "language", "pl:1 uk:2")
        for queue in skills:
            if queue in self._queues and number in self._queues[queue].agents:
                self._tell(f'{number} stands in menus.yaml too, in "{queue}"', "delete it there, or the skill here")
        return Agent(number, self._row["name"], self._row["site"], skills, languages)

    def _levels(self, column: str, known: Collection[str], kind: str, example: str) -> dict[str, int]:
        words = self._row[column].split()
        if not words:
            self._tell(f"{column} is empty", f"such as {example}")
        levels: dict[str, int] = {}
        for word in words:
            name, _, level = word.partition(":")
            if level not in LEVELS:
                self._tell(f'"{word}" has no level', f"such as {example}; 1 is the best, {LEVELS[-1]} the last resort")
            if name not in known:
                self._tell(f'there is no {kind} "{name}"', _nearest(name, known))
            if name in levels:
                self._tell(f'the {kind} "{name}" stands here a second time', "delete it")
            levels[name] = int(level) if level in LEVELS else BEST
        return levels

    def _tell(self, message: str, hint: str = "") -> None:
        self.faults.append(AgentFault(self._line, message, hint))


def _nearest(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f'did you mean "{close[0]}"?' if close else f"known: {', '.join(known)}"


def _twice(lines: list[int], agents: list[Agent]) -> Iterator[AgentFault]:
    first: dict[str, int] = {}
    for line, agent in zip(lines, agents, strict=True):
        before = first.setdefault(agent.number, line)
        if before != line:
            yield AgentFault(line, f"the number {agent.number} has line {before} already", "delete one of them")


def _ambiguous(agents: list[Agent], queues: Mapping[str, Queue]) -> Iterator[AgentFault]:
    """A queue of menus.yaml must not have the name that Asterisk knows another one's callers of a language by."""
    named = {language_queue(queue, lang) for agent in agents for queue in agent.skills for lang in agent.languages}
    for name in sorted(named & queues.keys()):
        yield AgentFault(1, f'the queue "{name}" has the name of a language queue', "give it another one in menus.yaml")
