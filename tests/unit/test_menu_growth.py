"""The service grows by edits of menus.yaml alone: the recipe in the file's own header is followed to the letter."""

from __future__ import annotations

from textwrap import indent

import pytest

from ivr.definition import Flow
from ivr.menus.loading import load_menus
from ivr.waits import Transfer
from routing.queues import Queue
from tests.callers import Caller
from tests.menu_files import SHIPPED, WAY_OF_THE_MENU_TOPICS, edited, load_text, recipe, with_seventh_topic


@pytest.fixture(scope="module")
def grown() -> Flow:
    """The shipped service with the header's seventh topic."""
    text = with_seventh_topic(SHIPPED.read_text("utf-8"))
    loaded = load_text(text, {"offices.csv": (SHIPPED.parent / "offices.csv").read_bytes()})
    assert () == loaded.warnings
    return loaded.flow


def test_a_seventh_topic_reaches_its_own_queue(grown: Flow) -> None:
    """A caller who presses 0 and 7 hears the notice and comes to the new consultants."""
    caller = Caller(grown).keys("0", "7")
    assert ("recording-notice", "recording-staying") == caller.said
    assert Transfer("family", "family", "none", True, "pl") == caller.listens().wait


def test_the_new_queue_stands_beside_the_others(grown: Flow, flow: Flow) -> None:
    """What Asterisk is to distribute grows by exactly this queue."""
    assert dict(flow.queues) | {"family": Queue("family", "consultants", ("1601", "1602"))} == dict(grown.queues)
    assert dict(flow.topics) | {"family": "family"} == dict(grown.topics)


def test_the_new_topic_is_offered_in_every_language(grown: Flow) -> None:
    """Its key is said after the sixth and before the way to something else."""
    offers = {lang: grown.prompts["topics", lang].text for lang in grown.languages}
    assert "Dla lekarzy: naciśnij sześć. Świadczenia dla rodzin: naciśnij siedem. Inny temat" in offers["pl"]
    assert "Сімейні виплати: натисніть сім." in offers["uk"]
    assert "Family benefits: press seven." in offers["en"]


def test_an_existing_group_can_answer_a_new_topic() -> None:
    """As the header says, a topic needs no group of its own."""
    _, topic, way, option = recipe()
    text = edited(
        SHIPPED.read_text("utf-8"),
        ("\ntopics:\n", "\ntopics:\n" + indent(topic.replace("queue: family", "queue: benefits"), "  ")),
        ("\nsteps:\n", "\nsteps:\n" + indent(way, "  ")),
        (WAY_OF_THE_MENU_TOPICS, indent(option, "      ") + WAY_OF_THE_MENU_TOPICS),
    )
    flow = load_text(text, {"offices.csv": (SHIPPED.parent / "offices.csv").read_bytes()}).flow
    assert Transfer("family", "benefits", "none", True, "pl") == Caller(flow).keys("0", "7").listens().wait


def test_another_file_is_another_version(grown: Flow, flow: Flow) -> None:
    """Calls keep the version that they began with, so two contents never share a name, and one always has its own."""
    assert grown.version != flow.version
    assert flow.version == load_menus(SHIPPED).flow.version


def test_another_table_is_another_version(flow: Flow) -> None:
    """The table of offices belongs to what callers hear."""
    table = b"postal_from,postal_to,name,street,postal_code,city\n00-000,99-999,A,B,00-001,C\n"
    assert flow.version != load_text(SHIPPED.read_bytes(), {"offices.csv": table}).flow.version
