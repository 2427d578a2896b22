"""What a consultant is told of a call."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.audio.saying import sequences_of
from ivr.definition import LEVELS
from ivr.menus.loading import load_menus
from ivr.menus.whispers import plain
from tests.menu_files import SHIPPED, SMALL, WHISPERING, edited, load_text


def test_a_whisper_is_for_the_consultants_ear() -> None:
    """Topic, language and level, in the service's first language whatever the caller speaks."""
    flow = load_menus(SHIPPED).flow
    said = flow.whispers["doctors", "uk", "none"]

    assert ("pl", "Lekarze. Ukraiński. Bez uwierzytelnienia.") == (said.lang, said.text)


def test_there_is_a_whisper_for_every_call() -> None:
    """Each topic in each language at each level, made when prompts are."""
    flow = load_menus(SHIPPED).flow
    every = {(topic, lang, level) for topic in flow.topics for lang in flow.languages for level in LEVELS}

    assert every == set(flow.whispers)
    assert {(whisper,) for whisper in flow.whispers.values()} <= set(sequences_of(flow))


def test_a_service_need_not_whisper() -> None:
    """A file without words for it, as older versions are, has no whispers; telephones show the label all the same."""
    flow = load_text(SMALL).flow

    assert {} == flow.whispers
    assert {"help": "Pomoc"} == flow.captions


def test_a_short_name_is_said_and_shown() -> None:
    """It replaces the label, which is written for callers."""
    short = ("topics:\n  help: {queue: help,", "topics:\n  help: {queue: help, short: Coś,")
    flow = load_text(edited(SMALL, WHISPERING, short)).flow

    assert "Coś. Angielski. Znany." == flow.whispers["help", "en", "full"].text
    assert {"help": "Cos"} == flow.captions


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("Płatnicy składek", "Platnicy skladek"),
        ("Renty, emerytury; ${EXTEN}", "Renty emerytury EXTEN"),
        ("Żółć – 800+", "Zolc 800"),
        ("Лікарі", ""),
    ],
)
def test_captions_are_plain(label: str, shown: str) -> None:
    """Letters without accents, and nothing that a dialplan would understand."""
    assert shown == plain(label)


@given(st.text())
def test_any_caption_can_stand_in_a_dialplan(label: str) -> None:
    """Whatever a label holds."""
    assert re.fullmatch(r"[A-Za-z0-9 .-]*", plain(label))
