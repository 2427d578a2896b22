"""Messages on the wire: whatever the pieces they come in, and whatever is to be sent."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.ami import Event, Message, ProtocolError, Value
from routing.ami.messages import GREETING, LONGEST_LINE, MOST_BYTES, Stream, encode

WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20).map(str.strip)
NAMES = st.from_regex(r"[A-Z][A-Za-z]{0,8}", fullmatch=True)


def _greeted() -> Stream:
    stream = Stream(itertools.count(1))
    assert [] == list(stream.feed(GREETING + b"9.0.0\r\n"))
    return stream


@given(messages=st.lists(st.dictionaries(NAMES, WORDS, min_size=1, max_size=5), max_size=5), data=st.data())
def test_messages_come_whole_whatever_the_pieces(messages: list[dict[str, str]], data: st.DataObject) -> None:
    """Bytes arrive as the network likes."""
    text = "".join("".join(f"{name}: {value}\r\n" for name, value in one.items()) + "\r\n" for one in messages)
    wire = GREETING + b"12.0.0\r\n" + text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=6)))
    stream = Stream(itertools.count(1))
    pieces = [wire[start:end] for start, end in itertools.pairwise([0, *cuts, len(wire)])]
    heard = [message for piece in pieces for message in stream.feed(piece)]

    expected = [{**one} for one in messages]
    assert expected == [
        {name: value for name, value in one.headers.items() if name in sent}
        for one, sent in zip(heard, messages, strict=True)
    ]
    assert list(range(1, len(messages) + 1)) == [message.number for message in heard]


def test_a_name_may_come_several_times() -> None:
    """As channel variables do, on which pyst2 itself fails."""
    (message,) = _greeted().feed(b"Event: Status\r\nChanVariable: A=1\r\nChanVariable: B=2\r\nVariable: C=3\r\n\r\n")
    assert (["A=1", "B=2"], "A=1", "C=3") == (
        message.values["ChanVariable"],
        message.headers["ChanVariable"],
        message.headers["Variable"],
    )


def test_an_event_knows_when_it_happened() -> None:
    """By Asterisk's clock, where it tells."""
    told = Event(Message(["Event: X", "Timestamp: 1763704800.250000"], 1))
    assert datetime(2025, 11, 21, 6, 0, 0, 250000, UTC) == told.at
    assert [None, None] == [Event(Message(["Event: X", *lines], 1)).at for lines in ([], ["Timestamp: soon"])]


def test_what_is_no_text_is_still_read() -> None:
    """A caller's name comes as the network gave it."""
    (message,) = _greeted().feed(b"Event: X\r\nCallerIDName: \xff\xfe\r\n\r\n")
    assert "\ufffd\ufffd" == message.headers["CallerIDName"]


@pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0", GREETING + b"x" * LONGEST_LINE])
def test_another_protocol_is_refused(data: bytes) -> None:
    """Who listens there is not Asterisk."""
    with pytest.raises(ProtocolError):
        list(Stream(itertools.count(1)).feed(data))


def test_a_message_without_an_end_is_refused() -> None:
    """Memory is bounded."""
    stream = _greeted()
    assert [] == list(stream.feed(b"x" * MOST_BYTES))
    with pytest.raises(ProtocolError):
        list(stream.feed(b"x"))


def test_an_action_is_its_headers_and_an_empty_line() -> None:
    """Several values make several headers."""
    data = encode("Originate", "a-1", {"Channel": "PJSIP/1101", "Timeout": 30000, "Variable": ["A=1", "B=zażółć"]})
    assert (
        "Action: Originate\r\nActionID: a-1\r\nChannel: PJSIP/1101\r\nTimeout: 30000\r\n"
        "Variable: A=1\r\nVariable: B=zażółć\r\n\r\n"
    ).encode() == data


@given(st.sampled_from("\r\n\x00\x1b\x7f"), WORDS, WORDS)
def test_nothing_breaks_out_of_its_header(control: str, before: str, after: str) -> None:
    """A line break would begin a header of the sender's choice, or an action."""
    value: Value
    for value in (f"{before}{control}{after}", [before, f"{control}{after}"]):
        with pytest.raises(ValueError, match="control"):
            encode("QueuePause", "a-1", {"Reason": value})
    with pytest.raises(ValueError):
        encode("QueuePause", "a-1", {f"Reason{control}": "x"})
    with pytest.raises(ValueError):
        encode(f"QueuePause{control}", "a-1", {})


@pytest.mark.parametrize("headers", [{"A": "x" * LONGEST_LINE}, {"A": ["x"] * 200}, {"A: B": "x"}, {"": "x"}])
def test_what_asterisk_would_drop_is_refused(headers: dict[str, Value]) -> None:
    """Silently losing a header would be another action than the one that was asked for."""
    with pytest.raises(ValueError):
        encode("Originate", "a-1", headers)
