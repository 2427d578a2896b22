"""While a caller logs in, the consultant's state says so, in lists, figures and history."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

import provision
from routing import agent_states
from routing.members import AVAILABLE, AWAITING_RETURN, ON_BREAK, ON_CALL
from tests.live.callers import press, talk
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.logins import FULL, asks, keys_both, told
from tests.live.stations import Live, live, menus_with
from tests.live.stories import IDENTIFIER, PIN, nothing_stays, wait_for

PENSIONS, DOCTORS = ("1201", "1202"), ("1301",)


@pytest.fixture(scope="module", params=[0, 2], ids=["no wrap-up", "wrap-up"])
def service(
    request: pytest.FixtureRequest, asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """A service with and without wrap-ups, and one person's profile."""
    folder = tmp_path_factory.mktemp("awaiting")
    settings = {"queues": {"wrap_up_seconds": request.param}}
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT), settings=settings) as running:
        running.staff(*PENSIONS, *DOCTORS)
        running.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
        yield running


def becomes(live: Live, agent: str, state: str) -> None:
    """Until the consultant is in that state."""

    def now() -> dict[str, str]:
        with live.database.reading() as connection:
            return {change.agent: change.state for change in agent_states.current(connection)}

    wait_for(lambda: now().get(agent) == state, f"{agent} {state}")


def shown(live: Live, *words: str) -> list[dict[str, object]]:
    """What a command prints, line by line."""
    return [json.loads(line) for line in live.station.centrala(*words, "--json").splitlines()]


def after_work(live: Live, agent: str, since: datetime) -> list[str]:
    """The states of a conversation, once the consultant is free again; a wrap-up may or may not belong to it."""
    becomes(live, agent, AVAILABLE)
    with live.database.reading() as connection:
        found = agent_states.changes(connection, since, datetime.now(UTC))
    return [one.state for one in found if one.agent == agent and one.state in (ON_CALL, AWAITING_RETURN)]


def test_lists_and_history_tell_who_waits(service: Live, ani: str) -> None:
    """Between two spells of talk."""
    since = datetime.now(UTC)
    with nothing_stays(service):
        there = talk(service, ani, "2")
        becomes(service, there.extension, ON_CALL)
        asks(there)
        becomes(service, there.extension, AWAITING_RETURN)
        agents = {one["agent"]: one["state"] for one in shown(service, "agents", "list")}
        (queue,) = [one for one in shown(service, "queues") if one["queue"] == "pensions"]
        keys_both(there)
        told(service, there, FULL)
        becomes(service, there.extension, ON_CALL)
        there.end()

    assert AWAITING_RETURN == agents[there.extension]
    assert (1, 1) == (queue["talking"], queue["agents"][AWAITING_RETURN])  # type: ignore[index]
    assert [ON_CALL, AWAITING_RETURN, ON_CALL] == after_work(service, there.extension, since)


@pytest.mark.parametrize("who", ["caller", "consultant"])
def test_whoever_hangs_up_meanwhile_ends_it(service: Live, numbers: Callable[[], str], who: str) -> None:
    """The consultant is there for the next call, though the caller may still be keying."""
    since, ani = datetime.now(UTC), numbers()
    with nothing_stays(service):
        there = talk(service, ani, "2")
        asks(there)
        becomes(service, there.extension, AWAITING_RETURN)
        (there.call if who == "caller" else there.consultant).hang_up()
        there.consultant.wait_ended()
        # The break ends before the telephone is idle.
        assert [ON_CALL, AWAITING_RETURN] == after_work(service, there.extension, since)[:2]
        there.call.hang_up()
        there.call.wait_ended()


def test_a_break_that_began_meanwhile_is_one_afterwards(service: Live, ani: str) -> None:
    """What is kept of the consultant counts again once the caller is back."""
    with nothing_stays(service):
        there = talk(service, ani, "2")
        assert service.station.asterisk is not None
        service.station.asterisk.rx(f"database put break {there.extension} lunch")
        asks(there)
        becomes(service, there.extension, AWAITING_RETURN)
        press(there.call, "*")
        becomes(service, there.extension, ON_CALL)
        there.end()
        becomes(service, there.extension, ON_BREAK)
        service.station.asterisk.rx(f"database del break {there.extension}")
        service.station.asterisk.rx(f"queue unpause member PJSIP/{there.extension}")
        becomes(service, there.extension, AVAILABLE)
