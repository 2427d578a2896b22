"""A supervisor changes menus.yaml while calls run: new calls get what is new, running ones keep what they had."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select

import provision
from demo.phone import PhoneTimeoutError
from ivr.menus.loading import load_menus
from routing.asterisk.rendering import RELOAD
from routing.surveys import survey_answers
from tests.live.callers import PATIENCE, POLL_SECONDS, account, answered, choose, press, talk
from tests.live.stations import EVERYBODY_ASKED, NOBODY_ASKED, ROOT, Live, live, menus_with
from tests.menu_files import edited, with_seventh_topic

SHIPPED = edited((ROOT / "menus.yaml").read_text("utf-8"), NOBODY_ASKED)
GREETING = ("pl: Dzień dobry. Tu Zakład", "pl: Witamy serdecznie. Tu Zakład")
NEW = " (new)"

Line = dict[str, Any]


@pytest.fixture(scope="module")
def changing(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service of its own, whose menus are changed in each story."""
    folder = tmp_path_factory.mktemp("changing")
    with live(folder / "home", menus_with(folder)) as running:
        running.staff()
        yield running


def _write(running: Live, text: str) -> None:
    """Put a menu file in the place of the running one, whole or not at all."""
    path = running.station.menus
    fresh = path.with_name(".menus.new")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)


def _publish(running: Live, text: str) -> str:
    """Change the menus and wait until new calls get them; their version."""
    version = _version(running, text)
    _write(running, text)
    _logged(running, lambda line: line == line | {"event": "menus published", "version": version})
    return version


def _version(running: Live, text: str) -> str:
    """The version of changed menus, for whose new prompts there are tones from now on."""
    trial = running.station.menus.with_name("trial.yaml")
    trial.write_text(text, "utf-8")
    flow = load_menus(trial).flow
    running.learn(flow, NEW)
    return flow.version


def _logged(running: Live, wanted: Callable[[Line], bool]) -> Line:
    """Wait for a line of the IVR's log."""
    log = running.station.home / "ivr-0.log"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        lines: list[Line] = [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.startswith("{")]
        if found := [line for line in lines if wanted(line)]:
            return found[-1]
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"not logged within {PATIENCE} s: {log.read_text('utf-8')[-2000:]}")


def test_new_calls_hear_the_new_text_and_running_ones_the_old(changing: Live, numbers: Callable[[], str]) -> None:
    """Each call keeps its version until it ends, and its row names it."""
    early, late = numbers(), numbers()
    first, ear = choose(changing, early)
    ear.wait_for("pl:main")
    version = _publish(changing, edited(SHIPPED, GREETING))
    # Whoever is slow to key was led on to the topics, from where the first key leads back.
    for _ in range(6):
        heard = ear.keys().count("pl:main")
        press(first, "*")
        # A key that comes between two questions of an overloaded machine is lost.
        with suppress(PhoneTimeoutError):
            ear.wait_for("pl:main", times=heard + 1)
        if ear.keys().count("pl:welcome") >= 2:
            break
    first.hang_up()
    second, other_ear = choose(changing, late)
    other_ear.wait_for("pl:main")
    second.hang_up()

    menu = ["uk:main-uk", "en:main-en", "pl:main"]
    assert ["pl:welcome", *menu] == ear.keys()[-4:]
    assert [f"pl:welcome{NEW}", *menu] == other_ear.keys()
    before, after = (account(changing, ani).row.menu_version for ani in (early, late))
    assert (version, True) == (after, before != after)


def test_a_broken_file_replaces_nothing(changing: Live, numbers: Callable[[], str]) -> None:
    """The log names each fault by line and column, calls go on, and the mended file is taken."""
    running_call, ear = choose(changing, numbers())
    ear.wait_for("pl:main")
    broken = edited(SHIPPED, ("\nstart: promised\n", "\nstart: mian\n"))
    place = f"{broken.splitlines().index('start: mian') + 1}:8"
    _write(changing, broken)
    refused = _logged(changing, lambda line: line["event"] == "menus were not taken" and "mian" in str(line))
    ani = numbers()
    call, other_ear = choose(changing, ani, ("main", "1"))
    other_ear.wait_for("pl:information")
    press(running_call, "1")
    ear.wait_for("pl:information")
    call.hang_up()

    misspelt = [fault for fault in refused["faults"] if "mian" in fault]
    assert [True] == [fault.startswith(f"{changing.station.menus}:{place}: ") for fault in misspelt]
    assert account(changing, ani).row.menu_version == refused["kept"]
    mended = edited(SHIPPED, ("pl: Dziękujemy za telefon.", "pl: Dziękujemy za rozmowę."))
    assert refused["kept"] != _publish(changing, mended)


def test_a_seventh_topic_reaches_its_new_group(changing: Live, numbers: Callable[[], str]) -> None:
    """The recipe in the header of menus.yaml is followed: an edit of that file, and Asterisk told. Calls go on."""
    there = talk(changing, numbers(), "5")
    grown = with_seventh_topic(SHIPPED)
    version = _version(changing, grown)
    _write(changing, grown)
    _logged(changing, lambda line: line["event"] == "menus were not taken" and line.get("queues") == ["family"])
    changing.station.render()
    assert changing.station.asterisk is not None
    for command in RELOAD:
        changing.station.asterisk.rx(command)
    _logged(changing, lambda line: line == line | {"event": "menus published", "version": version})
    changing.staff("1601", "1602")
    there.wait(1)

    ani = numbers()
    call, ear = choose(changing, ani, ("main", "0"))
    ear.wait_for(f"pl:topics{NEW}")
    press(call, "7")
    reached = answered(changing, ani, call, ear)
    reached.wait(1)
    for one in (reached, there):
        one.end()
    kept = account(changing, ani)
    assert reached.extension in ("1601", "1602")
    assert ("family", version) == (kept.row.topic, kept.row.menu_version)
    assert [("family", "answered")] == [(visit.queue, visit.outcome) for visit in kept.visits]
    assert 1 == len(kept.parts)


def test_a_survey_is_switched_on(changing: Live, ani: str) -> None:
    """A share in the menus: the next caller is asked when the consultant has hung up, what is keyed is kept."""
    _publish(changing, edited(SHIPPED, EVERYBODY_ASKED))
    there = talk(changing, ani, "6")
    there.consultant.hang_up()
    for prompt, key in (("survey-offer", "1"), ("survey-satisfaction", "5"), ("survey-politeness", "2")):
        there.ear.wait_for(f"pl:{prompt}")
        press(there.call, key)
    there.call.wait_ended()

    assert ["pl:survey-thanks", "pl:goodbye"] == there.ear.keys()[-2:]
    kept = account(changing, ani)
    with changing.database.reading() as connection:
        answers = connection.execute(select(survey_answers).where(survey_answers.c.call_id == kept.row.id))
        given = {row.question: (row.callers, row.topic, row.answer, row.satisfied) for row in answers}
    assert {
        "satisfaction": ("doctors", "doctors", "5", True),
        "politeness": ("doctors", "doctors", "2", False),
    } == given
    told = map(json.loads, changing.station.centrala("surveys", "--json").splitlines())
    assert [("politeness", 1, 0.0), ("satisfaction", 1, 1.0)] == [
        (line["question"], line["answers"], line["satisfied_share"]) for line in told if line["type"] == "all"
    ]
