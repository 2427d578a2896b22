"""What is asked of records finds it by an index: a day costs what is in the day, however many years lie before it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from ivr.history.contacts import contacts_of
from ivr.history.states import changes_of
from ivr.history.stays import open_stays, stays_of
from ivr.history.totals import call_totals, stay_totals
from routing.reporting.days import Period
from storage.installation import open_installation
from tests.runner.conftest import MONDAY

DAY = Period(MONDAY, MONDAY + timedelta(days=1))
GROWING = {"calls", "turns", "queue_visits", "agent_changes", "earlier", "later"}
QUESTIONS: dict[str, Callable[[Connection], object]] = {
    "stays of a day": lambda connection: stays_of(connection, DAY),
    "open stays": open_stays,
    "contacts of a day": lambda connection: contacts_of(connection, DAY, lambda _: frozenset()),
    "changes of states": lambda connection: changes_of(connection, DAY),
    "totals of stays": lambda connection: stay_totals(connection, MONDAY, (20,)),
    "totals of calls": lambda connection: call_totals(connection, MONDAY),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_nothing_is_read_from_end_to_end(tmp_path: Path, question: Callable[[Connection], object]) -> None:
    """SQLite says how it will look: no table that grows is scanned."""
    database = open_installation({"CENTRALA_HOME": str(tmp_path)}).database
    plans: list[str] = []
    with database.reading() as connection:

        @event.listens_for(connection, "before_cursor_execute")
        def explain(_: object, cursor: object, statement: str, parameters: Any, *__: object) -> None:
            rows = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(str(row[-1]) for row in rows)

        question(connection)
    database.close()
    assert plans
    assert [] == [step for step in plans if step.startswith("SCAN") and step.split()[1] in GROWING]
