"""A call from the first prompt to the conversation, as the caller and the consultant hear it."""

from __future__ import annotations

from datetime import UTC, datetime

from ivr import calls
from recordings import consents, parts
from routing import visits
from tests.live import tones
from tests.live.callers import is_heard
from tests.live.stations import Live


def test_a_caller_reaches_the_right_consultant_and_both_hear_each_other(helpline: Live) -> None:
    """Zero and six lead a doctor through the whole notice to the benefits group, audio both ways, thanks at the end.

    The call's id begins with the second in which it came.
    """
    dialled = datetime.now(UTC).replace(microsecond=0)
    call, ear = helpline.dial("600100201")
    ear.wait_for("pl:main")
    call.press("0")
    ear.wait_for("pl:topics")
    call.press("6")
    ear.wait_end_of("pl:connecting", timeout=20)
    call.wait_until(lambda: helpline.answered(), what="a consultant to answer")
    ((extension, desk),) = helpline.answered().items()
    desk.wait_until(lambda: desk.recording.seconds >= 1.5, what="a conversation")

    assert extension in ("1301", "1302")
    assert is_heard(desk.recording.pcm()[-8000:], tones.CALLER_VOICE)
    assert is_heard(call.recording.pcm()[-8000:], tones.CONSULTANT_VOICES[0])

    desk.hang_up()
    call.wait_ended()
    menu = ["pl:welcome", "uk:main-uk", "en:main-en", "pl:main"]
    then = ["choose-topic", "topics", "recording-notice", "recording-staying", "connecting", "goodbye"]
    assert [*menu, *(f"pl:{name}" for name in then)] == ear.keys()
    row = _row(helpline, "600100201")
    assert ("doctors", "none", "goodbye", "completed") == (row.topic, row.auth_level, row.ended_where, row.cause)
    with helpline.database.reading() as connection:
        (visit,) = visits.of_call(connection, row.id)
        (consent,) = consents.of_call(connection, row.id)
        (part,) = parts.of_call(connection, row.id)
    assert dialled <= datetime.fromtimestamp(int(row.id.partition("-")[0], 16), UTC) <= row.started_at
    assert ("benefits", "answered") == (visit.queue, visit.outcome)
    assert consent.given
    assert consent.at <= visit.enqueued_at <= part.started_at


def _row(helpline: Live, ani: str) -> calls.CallRow:
    with helpline.database.reading() as connection:
        (row,) = [row for row in calls.newest(connection, 1000) if row.ani == ani]
    return row
