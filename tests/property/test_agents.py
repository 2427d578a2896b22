"""The table of consultants, whatever stands in it."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from routing.agents import COLUMNS, Agent, AgentFault, AgentTableError, memberships, read_agents
from routing.queues import Queue

QUEUES = {name: Queue(name, "day", ()) for name in ("pensions", "benefits", "payers")}
LANGUAGES = ("pl", "uk", "en")

levels = st.integers(1, 3)
names = st.text("abcłźц, '\"", min_size=1).map(str.strip).filter(bool)
agents = st.builds(
    Agent,
    st.from_regex(r"[0-9]{2,10}", fullmatch=True).filter(str.isascii),
    names,
    names | st.just(""),
    st.dictionaries(st.sampled_from(sorted(QUEUES)), levels, min_size=1),
    st.dictionaries(st.sampled_from(LANGUAGES), levels, min_size=1),
)
staffs = st.lists(agents, max_size=8, unique_by=lambda agent: agent.number)


def written(staff: list[Agent]) -> bytes:
    """The table of these consultants."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for agent in staff:
        lists = (" ".join(f"{name}:{level}" for name, level in of.items()) for of in (agent.skills, agent.languages))
        writer.writerow((agent.number, agent.name, agent.site, *lists))
    return text.getvalue().encode()


@given(staffs)
def test_what_is_written_is_read(staff: list[Agent]) -> None:
    """Every consultant, in the order of the table."""
    assert tuple(staff) == read_agents(written(staff), QUEUES, LANGUAGES)


@given(agents)
def test_nobody_is_a_member_of_a_queue_twice(agent: Agent) -> None:
    """Each skill in each language is a queue of its own, and the best levels are called first."""
    queues = [membership.queue for membership in memberships(agent, "pl")]
    assert len(set(queues)) == len(queues) == len(agent.skills) * len(agent.languages)
    assert all(0 <= membership.penalty <= 4 for membership in memberships(agent, "pl"))


@given(st.binary() | st.text().map(lambda text: (",".join(COLUMNS) + "\n" + text).encode("utf-8", "replace")))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Nothing but the table's own error, with a line that the file has."""
    last = len(raw.splitlines()) + 1
    assert all(1 <= fault.line <= last for fault in faults_of(raw))


def faults_of(raw: bytes) -> tuple[AgentFault, ...]:
    """The faults of a table; none if it can be used."""
    try:
        read_agents(raw, QUEUES, LANGUAGES)
    except AgentTableError as error:
        return error.faults
    return ()
