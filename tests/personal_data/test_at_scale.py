"""What is due is found by an index: a night costs what goes in it, however many years are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from personal_data import forecast
from personal_data.kinds import Kind
from personal_data.rules import RULES
from recordings import catalogue
from storage.database import Database
from storage.installation import open_installation
from tests.personal_data.made import DEFAULTS, NIGHT, TODAY, a_call, expires
from tests.recordings.kept import WARSAW, id_of

GROWING = {
    *("calls", "turns", "queue_visits", "wait_estimates", "recording_parts", "recordings", "consents"),
    *("auth_failures", "auth_buckets"),
    *("auth_attempts", "callbacks", "survey_offers", "survey_answers", "agent_changes", "later"),
    *("recording_scores", "recording_samples", "sampled_recordings"),
}


def planned(database: Database, work: Callable[[], object]) -> list[str]:
    """How SQLite goes about every statement."""
    plans: list[str] = []

    def explain(connection: Connection, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.split()[0] in ("SELECT", "DELETE", "UPDATE"):
            some = parameters[0] if isinstance(parameters, list) else parameters
            rows = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", some)
            plans.extend(str(row[-1]) for row in rows)

    event.listen(database.engine, "before_cursor_execute", explain)
    work()
    event.remove(database.engine, "before_cursor_execute", explain)
    return plans


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    """A new installation's database with a call whose every term is over."""
    database = open_installation({"CENTRALA_HOME": str(tmp_path)}).database
    a_call(database, "over", NIGHT - timedelta(days=9000))
    return database


def test_withdrawn_consent_leads_to_its_recordings(sqlite: Database) -> None:
    """It is asked about every few seconds, and all that is kept is not looked through for it."""

    def look() -> None:
        with sqlite.reading() as connection:
            catalogue.lapsed(connection)

    assert {
        "SEARCH consents USING INDEX ix_consents_withdrawn_at (withdrawn_at>?)",
        "SEARCH recordings USING INDEX ix_recordings_call_id (call_id=?)",
    } <= set(planned(sqlite, look))


def test_what_a_hold_keeps_is_decided_on_by_its_id(sqlite: Database) -> None:
    """Nor for that."""

    def decide() -> None:
        with sqlite.writing() as connection:
            catalogue.decide_after_holds(connection, [id_of(1), id_of(2)], "consent withdrawn")

    (step,) = {step for step in planned(sqlite, decide) if " recordings " in step}
    assert step.endswith("(id=?)")


@pytest.mark.parametrize("kind", RULES, ids=str)
def test_nothing_is_read_from_end_to_end(sqlite: Database, kind: Kind) -> None:
    """Neither to see what is due, nor to remove it with all that hangs on it."""

    def look() -> None:
        with sqlite.reading() as connection:
            forecast.rows_due(connection, kind, DEFAULTS[kind], (TODAY, WARSAW))

    for work in (look, lambda: expires(sqlite, kind, DEFAULTS[kind])):
        plans = planned(sqlite, work)
        assert plans
        assert [] == [step for step in plans if step.startswith("SCAN") and step.split()[1] in GROWING]
    sqlite.close()
