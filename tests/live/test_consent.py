"""Consent, then recording: the notice cannot be missed, and nothing is recorded that nobody agreed to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import provision
from demo.phone import Ring, sounds
from ivr.events import Keyed, Played
from ivr.waits import Transfer
from tests.live import tones
from tests.live.callers import (
    LOUD,
    TENTH,
    Talk,
    account,
    answered,
    choose,
    desks_react,
    is_heard,
    recorded,
    recorded_files,
    row_of,
    talk,
    to_topic,
)
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import Live, hears_music, live, menus_with

DESKS = ("1301", "1302")
NOTICE = ["pl:recording-notice", "pl:recording-staying"]
BY_KEY = ("\n  consent: notice", "\n  consent: ask")


@pytest.fixture(scope="module")
def asking(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service that asks for consent by a key."""
    folder = tmp_path_factory.mktemp("asking")
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT, BY_KEY)) as running:
        running.staff(*DESKS)
        yield running


def test_the_notice_is_heard_in_full_whatever_is_keyed(helpline: Live, ani: str) -> None:
    """After the topic and before the queue; keys change nothing and are dropped."""
    call, ear = choose(helpline, ani, ("main", "0"), ("topics", "6"), ("recording-notice", "2*#0"))
    answered(helpline, ani, call, ear).end()

    heard = ear.heard()
    before = ["pl:welcome", "uk:main-uk", "en:main-en", "pl:main", "pl:choose-topic", "pl:topics"]
    assert [*before, *NOTICE, "pl:connecting", "pl:goodbye"] == [one.key for one in heard]
    assert [] == [one.key for one in heard[len(before) :] if one.cut]
    kept = account(helpline, ani)
    assert [Keyed("0"), Keyed("6")] == [event for event in kept.events if isinstance(event, Keyed)]
    assert "doctors" == kept.row.topic


@pytest.mark.parametrize("part", NOTICE)
def test_hanging_up_during_the_notice_leaves_nothing(helpline: Live, ani: str, part: str) -> None:
    """No consent, no recording, no stay in a queue, and no consultant's telephone has rung."""
    offered = sum(helpline.desks[extension].offered for extension in DESKS)
    call, ear = to_topic(helpline, ani, "6")
    ear.wait_for(part)
    call.hang_up()

    kept = account(helpline, ani)
    assert ((), (), ()) == (kept.consents, kept.visits, kept.parts)
    assert [] == recorded_files(helpline, kept.row.id)
    assert ("to-doctors", "caller") == (kept.row.ended_where, kept.row.cause)
    assert offered == sum(helpline.desks[extension].offered for extension in DESKS)


def test_the_recording_begins_with_the_answer(helpline: Live, ani: str) -> None:
    """While the caller waits there is no file; afterwards there is as much sound as the two have talked."""
    with desks_react(helpline, Ring(), *DESKS):
        call, ear = to_topic(helpline, ani, "6")
        call.wait_until(lambda: hears_music(call), what="music")
        waited = call.recording.seconds + 2
        call.wait_until(lambda: call.recording.seconds >= waited, what="two seconds of music")
        row = row_of(helpline, ani)
        assert row is not None
        assert [] == recorded_files(helpline, row.id)
    there = answered(helpline, ani, call, ear)
    there.wait(2)
    there.end()

    kept = account(helpline, ani)
    (consent,), (visit,), (part,) = kept.consents, kept.visits, kept.parts
    assert consent.at <= visit.enqueued_at <= part.started_at
    assert visit.answered_at == part.started_at
    talked = there.consultant.recording.seconds
    for name in (part.caller_file, part.agent_file):
        sound = recorded(helpline, name)
        assert abs(len(sound) / tones.RATE - talked) < 0.5
        assert not is_heard(sound, tones.MUSIC)


def test_caller_and_consultant_are_recorded_apart_and_in_step(helpline: Live, ani: str) -> None:
    """Each file holds one voice; a pause that both make stands at the same place of both."""
    there = talk(helpline, ani, "6")
    there.wait(1)
    _pause(there)
    there.wait(1)
    there.end()

    (part,) = account(helpline, ani).parts
    caller, consultant = recorded(helpline, part.caller_file), recorded(helpline, part.agent_file)
    voice = tones.CONSULTANT_VOICES[0]
    assert (True, False) == (is_heard(caller, tones.CALLER_VOICE), is_heard(caller, voice))
    assert (False, True) == (is_heard(consultant, tones.CALLER_VOICE), is_heard(consultant, voice))
    assert abs(len(caller) - len(consultant)) <= TENTH
    assert abs(_middle_of_pause(caller) - _middle_of_pause(consultant)) <= TENTH


def _pause(there: Talk) -> None:
    """Both sides fall silent for half a second."""
    there.call.play(None)
    there.consultant.play(None)
    there.wait(0.5)
    there.call.play(sounds.tone(tones.CALLER_VOICE))
    there.consultant.play(sounds.tone(tones.CONSULTANT_VOICES[0]))


def _middle_of_pause(sound: tones.Samples) -> float:
    """The middle of the longest silence within a sound, in samples."""
    step = tones.RATE // 100
    loud = np.flatnonzero([np.abs(sound[start : start + step]).max() > LOUD for start in range(0, len(sound), step)])
    longest = int(np.diff(loud).argmax())
    return float(loud[longest] + loud[longest + 1]) / 2 * step


def test_consent_is_kept_with_the_wording_and_the_language_that_was_heard(helpline: Live, ani: str) -> None:
    """A Ukrainian caller hears the notice in Ukrainian, and that is what was agreed to."""
    call, ear = choose(helpline, ani, ("main", "7"))
    for prompt, key in (("uk:main", "0"), ("uk:topics", "2")):
        ear.wait_for(prompt)
        call.press(key)
    answered(helpline, ani, call, ear).end()

    assert ["uk:recording-notice", "uk:recording-staying", "uk:connecting", "uk:goodbye"] == ear.keys()[-4:]
    kept = account(helpline, ani)
    (consent,) = kept.consents
    wording = helpline.flow.recording.wording
    assert ("consultant_call", True, wording, "uk") == (consent.purpose, consent.given, consent.wording, consent.lang)
    assert "uk" == kept.row.lang


def test_pressing_one_is_consent_where_a_key_is_asked_for(asking: Live, ani: str) -> None:
    """The conversation is recorded; staying on the line is not spoken of."""
    call, ear = to_topic(asking, ani, "6")
    ear.wait_for("pl:recording-question")
    call.press("1")
    there = answered(asking, ani, call, ear)
    there.wait(1)
    there.end()

    kept, heard = account(asking, ani), ear.keys()
    assert "pl:recording-staying" not in heard
    assert [True] == [consent.given for consent in kept.consents]
    assert 2 == len(recorded_files(asking, kept.row.id))
    assert [("benefits", "answered")] == [(visit.queue, visit.outcome) for visit in kept.visits]


def test_refusing_leads_to_the_same_queue_unrecorded(asking: Live, ani: str) -> None:
    """A key pressed during the notice is no answer to the question that follows."""
    call, ear = to_topic(asking, ani, "6")
    ear.wait_for("pl:recording-notice")
    call.press("1")
    ear.wait_for("pl:recording-question")
    call.press("2")
    there = answered(asking, ani, call, ear)
    there.wait(1)
    there.end()

    assert ["pl:recording-refused", "pl:connecting", "pl:goodbye"] == ear.keys()[-3:]
    _check_unrecorded(asking, ani)


def test_silence_is_no_consent_where_a_key_is_asked_for(asking: Live, ani: str) -> None:
    """Only a free decision is consent: who says nothing is served unrecorded."""
    call, ear = to_topic(asking, ani, "6")
    there = answered(asking, ani, call, ear)
    there.wait(1)
    there.end()

    assert 3 == ear.keys().count("pl:recording-question")
    _check_unrecorded(asking, ani)


def _check_unrecorded(running: Live, ani: str) -> None:
    kept = account(running, ani)
    assert [False] == [consent.given for consent in kept.consents]
    assert [("benefits", "answered")] == [(visit.queue, visit.outcome) for visit in kept.visits]
    assert [False] == [turn.wait.recorded for turn in kept.turns if isinstance(turn.wait, Transfer)]
    assert () == kept.parts
    assert [] == recorded_files(running, kept.row.id)
    assert 1 == sum(isinstance(event, Played) for event in kept.events)
