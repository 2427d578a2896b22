"""A caller withdraws consent in the conversation: recording stops at once, and nothing that was recorded stays."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import provision
from demo.phone import IncomingCall
from ivr.events import ConsentWithdrawn
from recordings import rejected
from recordings.identity import of_call
from recordings.intake import WITHDRAWN
from tests.live import tones
from tests.live.callers import (
    account,
    press,
    recorded,
    recorded_files,
    row_of,
    talk,
)
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import Live, live, menus_with
from tests.live.stories import nothing_stays

PENSIONS, BENEFITS = ("1201", "1202"), ("1301", "1302")
WITHDRAW = "*9"
UNRECORDED = "pl:code-unrecorded"


@pytest.fixture(scope="module")
def groups(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with consultants for pensions and for doctors."""
    folder = tmp_path_factory.mktemp("withdrawing")
    settings = {"queues": {"ring_seconds": 3, "wrap_up_seconds": 0}}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), settings=settings) as running:
        running.staff(*PENSIONS, *BENEFITS)
        yield running


def withdraws(live: Live, desk: IncomingCall, times: int = 1) -> None:
    """The consultant keys the code, and hears that the conversation is not recorded."""
    press(desk, WITHDRAW)
    ear = tones.Ear(desk, live.table)
    ear.wait_end_of(UNRECORDED, times)


def id_of(live: Live, ani: str) -> str:
    """The call from that number."""
    row = row_of(live, ani)
    assert row is not None
    return row.id


def closed(live: Live, ani: str, parts: int = 1) -> list[str]:
    """The call's files, none of which is written any more."""
    names = recorded_files(live, id_of(live, ani))
    assert 2 * parts == len(names)
    for name in names:
        recorded(live, name)
    return names


def taken_in(live: Live) -> dict[str, int]:
    """Take in what is there."""
    told: dict[str, int] = json.loads(live.station.centrala("recordings", "intake", "--json"))
    return told


def test_recording_stops_and_nothing_of_it_is_kept(groups: Live, ani: str) -> None:
    """Both sides' files are closed while the two go on talking; the flow knows; the intake destroys them."""
    with nothing_stays(groups):
        there = talk(groups, ani, "2")
        there.wait(1)
        withdraws(groups, there.consultant)
        files = closed(groups, ani)
        there.wait(1)
        assert there.consultant.up
        there.end()

    kept = account(groups, ani)
    assert [(True, True)] == [(one.given, one.withdrawn_at is not None) for one in kept.consents]
    assert 1 == kept.events.count(ConsentWithdrawn())
    assert kept.turns[-1].state.consent is False
    assert {"taken_in": 0, "withdrawn": 1} == taken_in(groups)
    assert ([], 2) == (recorded_files(groups, kept.row.id), len(files))
    with groups.database.reading() as connection:
        why = rejected.of_origin(connection, of_call(kept.row.id, kept.parts[0].seq))
    assert why is not None
    assert (WITHDRAWN, False) == (why.reason, why.quarantined)
