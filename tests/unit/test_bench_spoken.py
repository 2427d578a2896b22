"""The benchmark of spoken choices times words as callers do, and judges and tells honestly."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import spoken_report, talkers, tones
from bench.keypress import HEARS_FRAMES, Sample
from bench.leavers import Leaver, Left
from bench.processor import Usage
from bench.spoken import LABELS, NOBODY, Round, Scene, Spoken, Talk, service
from bench.talkers import NOTHING, Choice, Choices, Talker
from bench.words import LANG, Frames, Word, over_the_line, trimmed, word_of
from demo.phone import Exchange, IncomingCall, Phone, sounds
from demo.phone.g711 import FRAME_BYTES, FRAME_SECONDS
from ivr.menus.loading import load_menus

SILENCE = bytes(FRAME_BYTES)
LOOKS_EVERY, WANTS = 12, 25
LEADS = range(HEARS_FRAMES[0], HEARS_FRAMES[1] + 1)
TALK = Talk(1, 10.0, 10, 24, 3, 0, 60.0)
LEFT = Left(2000, 60.0, 2, True)


def loud(frames: int) -> Frames:
    """So much of a tone."""
    return tuple(sounds.tone(500, seconds=frames * FRAME_SECONDS))


def heard_by_looking(frames: Sequence[bytes]) -> int | None:
    """A recogniser that wants silence, and looks for it only now and then."""
    over = max(number for number, frame in enumerate(frames, start=1) if frame != SILENCE)
    return next((number for number in range(LOOKS_EVERY, len(frames), LOOKS_EVERY) if number >= over + WANTS), None)


def word(frames: int = 5, needed: int = 30) -> Word:
    """A word of so many frames that always needs as much silence in all."""
    return Word(loud(frames), {lead: needed + HEARS_FRAMES[1] - lead for lead in LEADS})


def test_the_silence_that_a_word_needs_hangs_on_when_a_caller_speaks() -> None:
    """As the recogniser looks for it only now and then."""
    made = word_of(loud(20), heard_by_looking, LEADS)
    assert made is not None
    assert set(LEADS) == set(made.needed)
    assert set(range(WANTS, WANTS + LOOKS_EVERY)) == set(made.needed.values())


def test_what_is_not_always_understood_is_no_word_to_measure_with() -> None:
    """Nor what is understood before it is over."""
    assert word_of(loud(20), lambda _: None, LEADS) is None
    assert word_of(loud(20), lambda _: 1, LEADS) is None


@given(st.integers(0, 9), st.integers(1, 9), st.integers(0, 9))
def test_a_word_is_what_is_audible(before: int, frames: int, behind: int) -> None:
    """Silence around it is no part of it, silence inside is."""
    whole = (*loud(frames), SILENCE, *loud(frames))
    assert whole == trimmed(SILENCE * before + b"".join(whole) + SILENCE * behind)


def test_silence_is_no_word() -> None:
    """Whatever its length."""
    assert () == trimmed(SILENCE * 3)


def test_the_menus_are_sound(tmp_path: Path) -> None:
    """In both of the circle everything can be said, and each has a tone of its own, so that the next one is told."""
    menus = tmp_path / "menus.yaml"
    menus.write_text(service(), "utf-8")
    flow = load_menus(menus).flow
    assert flow.speech is not None
    for name in ("spoken-one", "spoken-two"):
        assert set(LABELS) <= set(flow.speech.grammars[name, LANG])
    assert tones.PROMPTS["spoken-one"] != tones.PROMPTS["spoken-two"]


@pytest.fixture
def line() -> Iterator[tuple[Talker, IncomingCall]]:
    """A caller who is about to speak, and what answers: it plays the first menu."""
    with Exchange() as exchange:
        menus = Phone(exchange, "menus", ("127.0.0.1", 9))
        caller = Phone(exchange, "600100200", menus.address)
        with caller.changed:
            talker = Talker(caller.dial("225601600"), random.Random(1), (word(),), True)
            talker.start()
        there = menus.wait_for_call(after=0)
        there.wait_up()
        there.play(sounds.tone(tones.FIRST))
        yield talker, there


def in_words(talker: Talker, there: IncomingCall) -> None:
    """Until the menu of words is heard."""
    there.wait_until(lambda: there.keys == talkers.TO_WORDS, what="the key to the words")
    there.play(sounds.tone(tones.SECOND))


def packets_since(there: IncomingCall, count: int) -> None:
    """Until so many more have come in."""
    enough = len(there.recording.arrivals) + count
    there.wait_until(lambda: len(there.recording.arrivals) >= enough, what="more sound")


def test_a_choice_is_timed_from_the_end_of_the_word(line: tuple[Talker, IncomingCall]) -> None:
    """Said some way into the prompt; the next prompt ends it."""
    talker, there = line
    in_words(talker, there)
    packets_since(there, HEARS_FRAMES[1] + 30)
    there.play(sounds.tone(tones.FIRST))
    talker.call.wait_until(lambda: talker.choices, what="the choice")
    (choice,) = talker.choices
    assert 0 < choice.seconds
    assert over_the_line(word().frames[-1]) == choice.last
    assert 0 == talker.missed


def test_a_prompt_that_begins_before_the_word_is_over_is_no_choice(line: tuple[Talker, IncomingCall]) -> None:
    """It is counted as a word that was not answered, and the call is over."""
    talker, there = line
    in_words(talker, there)
    packets_since(there, 5)
    there.play(sounds.tone(tones.FIRST))
    talker.call.wait_until(lambda: talker.is_over, what="the end of it")
    assert ([], 1) == (talker.choices, talker.missed)


def test_a_word_that_nothing_answers_is_counted(line: tuple[Talker, IncomingCall]) -> None:
    """Also where no sound comes in any more."""
    talker, there = line
    in_words(talker, there)
    packets_since(there, 1)
    talker.call.on_frame(None)
    talker.call.wait_until(lambda: talker.is_over, what="the end of it")
    assert ([], 1) == (talker.choices, talker.missed)


def choices(*seconds: float, own: float | None = 0.7, missed: int = 0) -> Choices:
    """What came of words that took so long each."""
    return Choices(tuple(Choice(one, 0.0, SILENCE, own) for one in seconds), missed, 1, 0)


def spoken(beside: float, slowest: float, failed: int = 0) -> Spoken:
    """A hundred keys of others in each scene with such a p99 beside callers who speak, whose slowest took so long.

    So many calls failed.
    """
    usage = Usage(10.0, {"asterisk": 1.0, "ivr": 0.5, "recogniser": 0.2}, 0.0)
    said = choices(*(0.75,) * 98, *(slowest,) * 2, missed=2)
    rounds = (
        Round(Scene.OTHERS, Sample((0.01,) * 100, 50, 0), NOTHING, (usage,), 1.0),
        Round(Scene.LISTENED, Sample((0.02,) * 100, 50, 0), NOTHING, (usage,), 1.0),
        Round(Scene.BOTH, Sample((beside,) * 100, 50, failed), said, (usage,), 2.0),
        Round(Scene.SPEAKING, NOBODY, said + choices(2.0, own=None), (usage,), 1.0),
        Round(Scene.KEYING, NOBODY, choices(*(0.9,) * 50), (usage,), 1.0),
    )
    return Spoken(TALK, 30, rounds, LEFT)


@pytest.mark.parametrize(
    ("beside", "slowest", "met"),
    [(0.011, 0.79, [True, True, True]), (0.013, 0.79, [True, True, False]), (0.01, 0.81, [False, False, True])],
)
def test_waits_and_others_are_judged(beside: float, slowest: float, met: list[bool]) -> None:
    """Over the recogniser's own share where that is known, and by what the others notice; and no call may fail."""
    assert [*met, True, True] == [aim.met for aim in spoken_report.aims(spoken(beside, slowest))]
    assert [*met, False, True] == [aim.met for aim in spoken_report.aims(spoken(beside, slowest, failed=1))]


def test_channels_that_stay_are_judged() -> None:
    """By how many hung up."""
    found = spoken(0.011, 0.79)
    told = [spoken_report.aims(replace(found, left=replace(LEFT, channels=count)))[-1] for count in (2, 3)]
    assert [(1.0, True), (1.5, False)] == [(aim.measured, aim.met) for aim in told]


def test_everything_is_told() -> None:
    """Words that no prompt answered, calls that failed, and what a choice costs."""
    found = spoken(0.011, 0.79, failed=1)
    alone, beside = spoken_report.choice_rows(found)[1:]
    assert ("10, alone", "103", "101", "750 ms") == alone[:4]
    assert ("10, beside 24 lines of keys", "102", "100") == beside[:3]
    assert "1" == spoken_report.other_rows(found)[2][-1]
    assert ("50", "20 ms", "10 ms", "4 ms", "34 ms") == spoken_report.cost_rows(found)[2][1:]
    scenes = spoken_report.summed_up(found)["scenes"]
    assert isinstance(scenes, dict)
    assert [scene.value for scene in Scene] == list(scenes)


def test_scenes_without_any_word_meet_nothing() -> None:
    """And are told without a figure."""
    usage = Usage(10.0, dict.fromkeys(spoken_report.PARTS, 0.0), 0.0)
    rounds = tuple(Round(scene, NOBODY, NOTHING, (usage,), 0.0) for scene in Scene)
    found = Spoken(TALK, 0, rounds, Left(0, 60.0, 0, False))
    assert [False] * 3 == [aim.met for aim in spoken_report.aims(found)[:3]]
    assert "-" == spoken_report.cost_rows(found)[1][-1]
    assert spoken_report.remarks(found)


@pytest.mark.parametrize(("patience", "goes"), [(0.0, True), (3600.0, False)])
def test_who_hangs_up_does_so_while_they_are_listened_to(
    line: tuple[Talker, IncomingCall], patience: float, goes: bool
) -> None:
    """In the menu of words, and not before their patience is over."""
    talker, there = line
    leaver = Leaver(talker.call, patience)
    leaver.start()
    there.wait_until(lambda: there.keys == talkers.TO_WORDS, what="the key to the words")
    assert not leaver.is_over
    before = len(talker.call.recording.arrivals)
    there.play(sounds.tone(tones.SECOND))
    packets_of = talker.call.recording.arrivals
    talker.call.wait_until(lambda: len(packets_of) >= before + 25, what="the prompt")
    assert goes is leaver.is_over
