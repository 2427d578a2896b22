"""The protocol's reader and writer, whatever a peer sends and whatever is to be said."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import pytest
from asterisk.agi import AGIAppError, AGIError, AGIHangup, AGIInvalidCommand, AGIUsageError
from hypothesis import given
from hypothesis import strategies as st

from ivr.gateways.agi.protocol import MAX_ENVIRONMENT_LINES, MAX_LINE, MAX_STRAY_LINES, ProtocolError, SafeAGI
from tests.agi.peers import introduction, new_call_id

INTRODUCTION = introduction(new_call_id())
REPLIES = st.sampled_from(
    ["200 result=0", "200 result=1", "200 result=53", "200 result=5 (timeout)", "200 result= (timeout)", "200 result="]
)
SIMPLE = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters=[chr(n) for n in (*range(32), 127)]))


def conversation(*lines: str | bytes) -> tuple[SafeAGI, io.BytesIO]:
    """A conversation with a peer that has said all it will say, and what is written to it."""
    raw = b"".join(line if isinstance(line, bytes) else f"{line}\n".encode() for line in lines)
    written = io.BytesIO()
    return SafeAGI(io.BytesIO(INTRODUCTION + raw), written), written


@given(st.binary(max_size=500))
def test_any_introduction_is_understood_or_refused(raw: bytes) -> None:
    """Random bytes lead to variables or to one of the protocol's errors, never to another exception."""
    try:
        agi = SafeAGI(io.BytesIO(raw), io.BytesIO())
    except AGIError:
        return
    assert "agi_request" in agi.env


@given(st.binary(max_size=300))
def test_any_reply_is_understood_or_refused(raw: bytes) -> None:
    """Random bytes in place of a reply lead to a result or to one of the protocol's errors."""
    agi, _ = conversation(raw)
    try:
        value, data = agi.ask("GET DATA", "welcome", 1000, 1)
    except AGIError:
        return
    assert "\n" not in value + data


@given(st.lists(st.one_of(SIMPLE, st.integers(-9, 10**9)), max_size=5))
def test_a_command_is_one_line_that_carries_its_arguments(arguments: Sequence[str | int]) -> None:
    """Whatever is quoted comes out of the quotes as it went in."""
    agi, written = conversation("200 result=1")
    agi.ask("SET VARIABLE", *arguments)

    line = written.getvalue().decode()
    assert 1 == line.count("\n")
    assert [str(argument) for argument in arguments] == _unquoted(line.removeprefix("SET VARIABLE").rstrip("\n"))


def _unquoted(text: str) -> list[str]:
    """The arguments as Asterisk reads them (res_agi.c, parse_args): quotes group, a backslash takes one literally."""
    found = re.findall(r' (?:"((?:[^"\\]|\\.)*)"|([^" ]+))', text)
    return [plain or re.sub(r"\\(.)", r"\1", quoted) for quoted, plain in found]


@given(SIMPLE, st.sampled_from([chr(n) for n in (*range(32), 127)]), SIMPLE)
def test_no_argument_starts_a_line_of_its_own(before: str, control: str, after: str) -> None:
    """A control character in an argument is refused before anything is written."""
    agi, written = conversation("200 result=1")
    with pytest.raises(ValueError, match="control character"):
        agi.ask("SET VARIABLE", "NAME", before + control + after)

    assert b"" == written.getvalue()


@given(st.lists(st.tuples(REPLIES, st.integers(0, 3)), min_size=1, max_size=8))
def test_replies_keep_their_place_whatever_stands_between_them(replies: list[tuple[str, int]]) -> None:
    """HANGUP lines before a reply are noticed and never taken for it."""
    lines = [line for reply, hangups in replies for line in (*["HANGUP"] * hangups, reply)]
    agi, _ = conversation(*lines)

    got = [agi.ask("NOOP") for _ in replies]
    assert [reply.removeprefix("200 result=").partition(" ")[0] for reply, _ in replies] == [value for value, _ in got]
    assert any(hangups for _, hangups in replies) == agi.hung_up


@pytest.mark.parametrize(
    "usage",
    [
        ["520 Invalid command syntax."],
        ["520-Invalid command syntax. Proper usage follows:", "NOOP", "520 End of proper usage."],
    ],
)
def test_a_usage_text_is_read_to_its_end_and_not_beyond(usage: list[str]) -> None:
    """A 520 of one line and one of several are one reply each: the next command gets its own."""
    agi, _ = conversation(*usage, "200 result=7")
    with pytest.raises(AGIUsageError):
        agi.ask("NOOP")

    assert ("7", "") == agi.ask("NOOP")


def test_a_failure_on_a_living_channel_is_no_hang_up() -> None:
    """Asterisk says -1 for a missing sound as for a caller who left: the channel's status tells them apart."""
    agi, written = conversation(
        "200 result=-1", "200 result=6", "200 result=-1", "511 Command Not Permitted on a dead channel"
    )
    with pytest.raises(AGIAppError) as alive:
        agi.ask("STREAM FILE", "welcome", "")
    assert not isinstance(alive.value, AGIHangup)
    with pytest.raises(AGIHangup):
        agi.ask("STREAM FILE", "welcome", "")

    assert 2 == written.getvalue().count(b"CHANNEL STATUS\n")


def test_a_failure_after_a_hang_up_is_the_hang_up() -> None:
    """Once Asterisk has said HANGUP nothing more is asked."""
    agi, written = conversation("HANGUP", "200 result=-1")
    with pytest.raises(AGIHangup):
        agi.ask("STREAM FILE", "welcome", "")

    assert b"CHANNEL STATUS" not in written.getvalue()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("510 Invalid or unknown command", AGIInvalidCommand),
        ("511 Command Not Permitted on a dead channel", AGIHangup),
        ("299 result=0", ProtocolError),
        ("471 155", ProtocolError),
        ("200 nothing", ProtocolError),
        (b"", AGIHangup),
        (b"200 resu", AGIHangup),
        (b"x" * MAX_LINE + b"\n", ProtocolError),
        ("\n" * MAX_STRAY_LINES, ProtocolError),
        ("520-" + "\nusage" * (MAX_STRAY_LINES + 1), ProtocolError),
    ],
)
def test_every_wrong_reply_has_an_error_of_its_kind(reply: str | bytes, error: type[AGIError]) -> None:
    """Unknown codes, cut, endless and oversized replies are told apart, and none is quoted in the error."""
    agi, _ = conversation(reply)
    with pytest.raises(error) as raised:
        agi.ask("NOOP")

    assert not re.search(r"\d", str(raised.value))


def test_a_reply_that_is_none_is_looked_for_only_so_long() -> None:
    """Lines that are no reply are skipped up to a bound, and the reply behind them is found."""
    agi, _ = conversation("\n" * (MAX_STRAY_LINES - 2), "200 result=3")
    assert ("3", "") == agi.ask("NOOP")


def test_an_endless_introduction_is_cut_off() -> None:
    """Variables without end are refused instead of being kept."""
    endless = b"".join(b"agi_arg_%d: x\n" % number for number in range(MAX_ENVIRONMENT_LINES + 1))
    with pytest.raises(ProtocolError):
        SafeAGI(io.BytesIO(b"agi_request: agi://x\n" + endless), io.BytesIO())


def test_a_command_that_the_peer_could_not_read_is_not_sent() -> None:
    """A command longer than a line may be is refused before anything is written."""
    agi, written = conversation("200 result=1")
    with pytest.raises(ValueError, match="too long"):
        agi.ask("SET VARIABLE", "NAME", "x" * MAX_LINE)

    assert b"" == written.getvalue()
