"""Queues and consultants: who answers whom, and what a caller hears meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from demo.phone import Answer, IncomingCall, Ring, sounds
from tests.live import tones
from tests.live.callers import (
    PATIENCE,
    account,
    answered,
    desks_react,
    is_heard,
    recorded_files,
    talk,
    talk_at_once,
    to_topic,
)
from tests.live.stations import Live, hears_music

GROUPS = {
    "1": ("technical", "technical", "11"),
    "2": ("pensions", "pensions", "12"),
    "3": ("benefits", "benefits", "13"),
    "4": ("insured", "insured", "14"),
    "5": ("payers", "payers", "15"),
    "6": ("doctors", "benefits", "13"),
}
SECOND = tones.RATE * 2


def _speaking(hertz: int) -> Callable[[IncomingCall], Answer]:
    """A consultant whose voice is that tone."""

    def answer(call: IncomingCall) -> Answer:
        call.play(sounds.tone(hertz))
        return Answer()

    return answer


def test_each_topic_reaches_its_group(helpline: Live, numbers: Callable[[], str]) -> None:
    """Six callers at once, a topic each; doctors are answered by those who answer for benefits."""
    callers = {numbers(): key for key in GROUPS}
    talks = talk_at_once(helpline, callers)
    for there in talks.values():
        there.end()

    reached = {}
    for ani, key in callers.items():
        kept = account(helpline, ani)
        (visit,) = kept.visits
        assert talks[ani].extension == visit.agent
        reached[key] = (kept.row.topic, visit.queue, visit.agent[:2])
    assert reached == GROUPS


def test_two_conversations_at_once_are_kept_apart(helpline: Live, numbers: Callable[[], str]) -> None:
    """Four voices: each caller hears one consultant and nobody else, and the other way round."""
    caller_voices = (tones.CALLER_VOICE, tones.CONSULTANT_VOICES[1])
    desk_voices = dict(zip(("1301", "1302"), tones.CONSULTANT_VOICES[2:], strict=True))
    with ExitStack() as stack:
        for extension, hertz in desk_voices.items():
            stack.enter_context(desks_react(helpline, _speaking(hertz), extension))
        talks = list(talk_at_once(helpline, {numbers(): key for key in "36"}).values())
    for there, hertz in zip(talks, caller_voices, strict=True):
        there.call.play(sounds.tone(hertz))
    for there in talks:
        there.wait(2)

    assert set(desk_voices) == {there.extension for there in talks}
    everybody = {*caller_voices, *desk_voices.values()}
    for there, hertz in zip(talks, caller_voices, strict=True):
        assert _voices(there.consultant.recording.pcm(), everybody) == {hertz}
        assert _voices(there.call.recording.pcm(), everybody) == {desk_voices[there.extension]}
    for there in talks:
        there.end()


def _voices(sound: bytes, known: set[int]) -> set[int]:
    """Who is heard in the last second."""
    return {hertz for hertz in known if is_heard(sound[-SECOND:], hertz)}


def test_a_telephone_that_is_not_answered_passes_the_caller_on(helpline: Live, ani: str) -> None:
    """The other consultant of the group answers, and the first telephone has stopped ringing."""
    with desks_react(helpline, Ring(), "1101", "1102"):
        call, ear = to_topic(helpline, ani, "1")
        call.wait_until(lambda: _ringing(helpline, ani), PATIENCE, "a telephone to ring")
    ((first, rings),) = _ringing(helpline, ani).items()
    there = answered(helpline, ani, call, ear)

    assert {"1101", "1102"} == {first, there.extension}
    rings.wait_ended()
    there.end()
    assert [there.extension] == [visit.agent for visit in account(helpline, ani).visits]


def _ringing(running: Live, ani: str) -> dict[str, IncomingCall]:
    """The telephones that ring with a caller's call."""
    return {
        name: call
        for name, desk in running.desks.items()
        for call in desk.incoming
        if call.caller == ani and not call.up and not call.ended
    }


def test_a_caller_waits_with_music_until_a_consultant_is_free(helpline: Live, numbers: Callable[[], str]) -> None:
    """Both consultants talk; the third caller hears music, then the first of them who hangs up."""
    first, second, third = numbers(), numbers(), numbers()
    busy = list(talk_at_once(helpline, {first: "5", second: "5"}).values())
    call, ear = to_topic(helpline, third, "5")
    call.wait_until(lambda: hears_music(call), what="music")
    assert helpline.consultant_of(third) is None
    busy[0].end()
    there = answered(helpline, third, call, ear)
    there.wait(1.5)

    assert busy[0].extension == there.extension
    assert not hears_music(call)
    assert {tones.CONSULTANT_VOICES[0]} == _voices(call.recording.pcm(), {tones.CONSULTANT_VOICES[0], tones.MUSIC})
    for one in (there, busy[1]):
        one.end()
    (visit,) = account(helpline, third).visits
    (before,) = account(helpline, first).visits
    assert before.left_at is not None
    assert visit.answered_at is not None
    assert visit.enqueued_at < before.left_at <= visit.answered_at


def test_when_the_consultant_hangs_up_the_caller_is_thanked(helpline: Live, ani: str) -> None:
    """The call comes back from its queue, says goodbye, and ends in a stated way."""
    there = talk(helpline, ani, "2")
    there.end()
    there.call.wait_ended()

    assert "pl:goodbye" == there.ear.heard()[-1].key
    assert not there.ear.heard()[-1].cut
    row = account(helpline, ani).row
    assert ("goodbye", "completed") == (row.ended_where, row.cause)


def test_when_the_caller_hangs_up_the_conversation_is_over(helpline: Live, ani: str) -> None:
    """The consultant is free at once, and what was recorded is kept."""
    there = talk(helpline, ani, "2")
    there.wait(1)
    there.call.hang_up()
    there.consultant.wait_ended()

    kept = account(helpline, ani)
    (visit,), (part,) = kept.visits, kept.parts
    assert ("to-pensions", "caller") == (kept.row.ended_where, kept.row.cause)
    assert ("answered", there.extension) == (visit.outcome, visit.agent)
    assert sorted([part.caller_file, part.agent_file]) == recorded_files(helpline, kept.row.id)


def test_a_caller_who_hangs_up_while_waiting_has_abandoned_the_queue(helpline: Live, ani: str) -> None:
    """The telephone stops ringing, and nothing was recorded."""
    with desks_react(helpline, Ring(), "1201", "1202"):
        call, _ = to_topic(helpline, ani, "2")
        call.wait_until(lambda: hears_music(call) and _ringing(helpline, ani), PATIENCE, "a telephone to ring")
        (rings,) = _ringing(helpline, ani).values()
        call.hang_up()
        rings.wait_ended()

    kept = account(helpline, ani)
    (visit,) = kept.visits
    assert ("abandoned", None, None) == (visit.outcome, visit.agent, visit.answered_at)
    assert visit.left_at is not None
    assert ("to-pensions", "caller") == (kept.row.ended_where, kept.row.cause)
    assert [] == recorded_files(helpline, kept.row.id)


def test_a_caller_who_hangs_up_on_the_way_to_the_queue_has_abandoned_it(helpline: Live, ani: str) -> None:
    """Hanging up while being connected leaves no stay in a queue that would last for ever."""
    call, ear = to_topic(helpline, ani, "2")
    ear.wait_for("pl:connecting")
    call.hang_up()

    (visit,) = account(helpline, ani).visits
    assert ("abandoned", True) == (visit.outcome, visit.left_at is not None)
