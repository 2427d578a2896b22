"""Webhooks that no carrier makes: wrong fields, wrong order, wrong turns, twice."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demo.carrier import LineError
from demo.carrier.twiml import read
from ivr.state import Ended
from tests.twilio.conftest import Desk, Standing

OK, BAD_REQUEST = 200, 400
FIELDS = {
    "CallSid": st.sampled_from(["", "CA1", "CA" + "f" * 32, "ca" + "0" * 32]) | st.text(max_size=40),
    "CallStatus": st.sampled_from(["queued", "in-progress", "completed", "busy", "no-answer"]) | st.text(max_size=20),
    "Digits": st.text("0123456789*#ABCD", max_size=20) | st.text(max_size=80),
    "FinishedOnKey": st.sampled_from(["", "#", "*", "5"]) | st.text(max_size=5),
    "DialCallStatus": st.sampled_from(["completed", "busy", "failed", "no-answer"]) | st.text(max_size=10),
    "From": st.sampled_from(["", "+48600100200", "anonymous", "sip:a@b", "client:x"]) | st.text(max_size=100),
    "To": st.text(max_size=100),
    "SpeechResult": st.text(max_size=100),
}
TURNS = st.integers(-2, 3)


@dataclass(frozen=True, slots=True)
class Odd:
    """A webhook of a call: which one, how far from the newest turn, what it tells, how often it comes."""

    path: str
    off: int
    values: dict[str, str]
    times: int


ODD = st.builds(
    Odd,
    path=st.sampled_from(["voice", "status", "turn", "turn", "turn", "dialled"]),
    off=st.just(0) | TURNS,
    values=st.fixed_dictionaries({}, optional=FIELDS),
    times=st.integers(1, 2),
)


def url_of(desk: Desk, standing: Standing, odd: Odd, turns: int) -> str:
    """Where it goes."""
    root = f"{desk.carried.base}/twilio"
    if odd.path in ("voice", "status"):
        return f"{root}/{odd.path}"
    turn = f"{root}/calls/{desk.call_id(standing.call)}/{max(turns + odd.off, 0)}"
    return turn if odd.path == "turn" else f"{turn}/dialled"


def answered(standing: Standing, url: str, odd: Odd) -> tuple[int, bytes]:
    """Status and document; a form that cannot be understood is the only thing that is refused."""
    try:
        return OK, standing.call.line.post(url, standing.call.told(odd.values))
    except LineError as error:
        return error.status, b""


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(odds=st.lists(ODD, max_size=8))
def test_whatever_comes_each_answer_is_a_document_and_each_turn_follows_from_one(desk: Desk, odds: list[Odd]) -> None:
    """A webhook adds one turn at most, a repeated one none, and nothing comes after the end."""
    standing = desk.come_to()
    for odd in odds:
        before = desk.told(standing.call)
        url = url_of(desk, standing, odd, len(before))
        for _ in range(odd.times):
            status, answer = answered(standing, url, odd)
            assert status in (OK, BAD_REQUEST)
            assert status == BAD_REQUEST or odd.path == "status" or read(answer)
        after = desk.told(standing.call)
        assert before == after[: len(before)]
        assert len(after) <= len(before) + (odd.path in ("turn", "dialled", "status"))
        assert not isinstance(before[-1].state.position, Ended) or before == after
    standing.call.line.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(max_size=60), body=st.binary(max_size=300))
def test_whatever_path_is_asked_nothing_breaks(desk: Desk, path: str, body: bytes) -> None:
    """Below the webhooks and beside them; unsigned, so that nothing has an effect."""
    before, line = desk.how_many(), desk.carried.line()
    quoted = "".join(f"%{byte:02x}" for byte in path.encode("utf-8", "ignore"))
    for root in ("/twilio/", "/twilio/calls/", "/twilio/sounds/1/x/", "/"):
        with suppress(LineError):
            line.post(f"{desk.carried.base}{root}{quoted}", {"Body": body.hex()}, "unsigned")
            raise AssertionError("it was answered as if it were signed")
    line.close()
    assert before == desk.how_many()
