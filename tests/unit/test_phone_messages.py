"""SIP messages, addresses, digests and session descriptions: read as written, and never a surprise."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from demo.phone import Codec, digest, sdp
from demo.phone.messages import (
    Address,
    Headers,
    MalformedMessageError,
    Message,
    Request,
    Response,
    host_and_port,
    parse_address,
    parse_cseq,
    parse_message,
    parse_via,
    split_list,
)

words = st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters=":;,<>\"'"), min_size=1)
values = st.text(st.characters(codec="latin-1", min_codepoint=33, max_codepoint=255), min_size=1)
headers = st.lists(
    st.tuples(words.filter(lambda name: name.lower() not in ("content-length", "l")), values), max_size=6
).map(lambda lines: Headers(tuple(lines)))
messages = st.one_of(
    st.builds(Request, st.sampled_from(["INVITE", "BYE"]), words, headers, st.binary(max_size=50)),
    st.builds(Response, st.integers(100, 699), words, headers, st.binary(max_size=50)),
)

INVITE = b"\r\n".join(
    [
        b"INVITE sip:225601600@127.0.0.1:5060 SIP/2.0",
        b"v: SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKa, SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKb",
        b'f: "Jan \\"Kowal\\" \xc5\xbbak" <sip:600100200@10.0.0.1>;tag=abc',
        b"t: <sip:225601600@127.0.0.1>",
        b"Subject: one",
        b"  two",
        b"i: 1@here",
        b"CSeq: 7 INVITE",
        b"l: 4",
        b"",
        b"bodyand more",
    ]
)


@given(message=messages)
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    """What is encoded parses to the same start line, headers and body, bytes outside ASCII included."""
    read = parse_message(message.encode())

    assert message.body == read.body
    assert message.headers.lines == read.headers.lines[:-1]
    assert ("Content-Length", str(len(message.body))) == read.headers.lines[-1]


@given(data=st.binary(max_size=300))
@example(b"SIP/2.0 200\r\n\r\n")
@example(b"INVITE sip:a SIP/2.0\r\nCSeq: " + b"9" * 5000 + b" INVITE\r\nVia: x y:" + b"9" * 5000 + b"\r\n\r\n")
@example(b"INVITE sip:a SIP/2.0\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n")
def test_no_bytes_upset_the_parser(data: bytes) -> None:
    """Whatever arrives is a message or is called malformed; nothing else is raised."""
    with contextlib.suppress(MalformedMessageError):
        message = parse_message(data)
        for read in (parse_via, parse_cseq):
            with contextlib.suppress(MalformedMessageError):
                read(message)


@given(message=messages, at=st.integers(0, 400), junk=st.binary(min_size=1, max_size=5))
def test_no_damage_upsets_the_parser(message: Message, at: int, junk: bytes) -> None:
    """A message with bytes overwritten is a message or is called malformed."""
    whole = message.encode()
    with contextlib.suppress(MalformedMessageError):
        parse_message(whole[:at] + junk + whole[at + len(junk) :])


def test_compact_names_folded_lines_and_lists_are_understood() -> None:
    """Short header names stand for long ones, folded lines are one, comma-separated values are apart."""
    message = parse_message(INVITE)

    assert "1@here" == message.headers.get("Call-ID")
    assert "one two" == message.headers.get("subject")
    assert 2 == len(message.headers.all("Via"))
    assert ("10.0.0.1", 5070, "z9hG4bKa", False) == (
        (via := parse_via(message)).host,
        via.port,
        via.branch,
        via.wants_rport,
    )
    assert (7, "INVITE") == parse_cseq(message)
    assert b"body" == message.body


def test_a_name_is_read_for_people() -> None:
    """Escapes of a display name are undone and its bytes read as UTF-8, broken ones replaced."""
    address = parse_address(parse_message(INVITE).headers.get("from"))

    assert 'Jan "Kowal" Żak' == address.name
    assert ("600100200", "abc") == (address.user, address.tag)
    assert "\ufffd" == Address("sip:a@b", "\xff").name


@pytest.mark.parametrize(
    ("value", "uri", "tag"),
    [
        ("<sip:100@host>;tag=1", "sip:100@host", "1"),
        ("sip:100@host;tag=1", "sip:100@host", "1"),
        ('"a, <b>" <sip:100@host;transport=udp>;x;tag=1', "sip:100@host;transport=udp", "1"),
        ("Jan Kowalski <sip:100@host>", "sip:100@host", ""),
    ],
)
def test_addresses_come_in_several_forms(value: str, uri: str, tag: str) -> None:
    """With and without brackets, names and parameters."""
    address = parse_address(value)

    assert (uri, tag) == (address.uri, address.tag)
    assert "100" == address.user


@pytest.mark.parametrize("value", ["", "nobody", "\x00\xff", '"open <'])
def test_what_is_no_address_is_called_so(value: str) -> None:
    """A value without a URI is malformed."""
    with pytest.raises(MalformedMessageError):
        parse_address(value)


def test_a_uri_tells_where_to_send() -> None:
    """Host and port, 5060 where none is given; a port that does not exist is refused."""
    assert ("10.1.2.3", 5070) == host_and_port("sip:100@10.1.2.3:5070;transport=udp")
    assert ("10.1.2.3", 5060) == host_and_port("sip:10.1.2.3")
    with pytest.raises(MalformedMessageError):
        host_and_port("sip:100@10.1.2.3:99999")


def test_commas_within_quotes_and_brackets_do_not_split() -> None:
    """A list of contacts is split between its members only."""
    assert ['"a, b" <sip:x,y@h>', "<sip:z@h>"] == split_list('"a, b" <sip:x,y@h>, <sip:z@h>')


def test_the_digest_is_that_of_the_rfc() -> None:
    """RFC 2617, section 3.5: the example's own answer."""
    challenge = digest.Challenge("Authorization", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", qop=True)
    credentials = digest.Credentials("Mufasa", "Circle Of Life")
    _, value = digest.answer(challenge, credentials, "GET", "/dir/index.html", cnonce="0a4f113b")

    assert 'response="6629fae49393a05397450978507c4ef1"' in value


def test_the_first_challenge_that_can_be_answered_is_taken() -> None:
    """Unknown schemes and algorithms are passed over; the proxy's challenge has an answer of its own."""
    challenge = digest.find_challenge(
        Headers(
            (
                ("WWW-Authenticate", 'Basic realm="x"'),
                ("WWW-Authenticate", 'Digest realm="x", nonce="1", algorithm=SHA-512-256'),
                ("Proxy-Authenticate", 'Digest realm="a, b",nonce="n",algorithm=sha-256,qop="auth,auth-int"'),
            )
        )
    )

    assert digest.Challenge("Proxy-Authorization", "a, b", "n", "", "SHA-256", True) == challenge
    assert digest.find_challenge(Headers()) is None


@given(
    port=st.integers(1, 65535),
    chosen=st.lists(st.sampled_from(Codec), min_size=1, unique=True),
    event_type=st.none() | st.integers(96, 127),
    direction=st.sampled_from(["sendrecv", "sendonly", "recvonly", "inactive"]),
)
def test_a_stream_is_read_as_it_was_described(
    port: int, chosen: list[Codec], event_type: int | None, direction: str
) -> None:
    """A session description parses to the stream it was made from."""
    stream = sdp.AudioStream("127.0.0.1", port, tuple(chosen), event_type, direction)

    assert stream == sdp.parse_description(stream.encode())


@given(body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b"c=IN IP4 999.1.1.1\r\nm=audio 4000 RTP/AVP 0\r\n")
@example(b"c=IN IP4 1.1.1.1\r\nm=audio 99999 RTP/AVP 0\r\n")
@example(b"c=IN IP4 1.1.1.1\r\nm=audio 4000 RTP/AVP " + b"9" * 5000)
def test_no_description_upsets_the_parser(body: bytes) -> None:
    """Whatever the body: a stream, or called malformed."""
    with contextlib.suppress(sdp.MalformedDescriptionError):
        sdp.parse_description(body)


def test_an_answer_keeps_to_the_offer() -> None:
    """The offer's first common codec and its number for events are answered; holding is answered by listening."""
    own = sdp.AudioStream("127.0.0.1", 4000, (Codec.PCMU, Codec.PCMA))
    offer = sdp.AudioStream("127.0.0.1", 5000, (Codec.PCMA, Codec.PCMU), 96, "sendonly")

    assert sdp.AudioStream("127.0.0.1", 4000, (Codec.PCMA,), 96, "recvonly") == sdp.agree(own, offer)
    assert not offer.listens


def test_without_a_common_codec_there_is_no_answer() -> None:
    """A stream of other codecs only is refused."""
    own = sdp.AudioStream("127.0.0.1", 4000, (Codec.PCMU,))
    with pytest.raises(sdp.MalformedDescriptionError, match="no codec in common"):
        sdp.agree(own, sdp.AudioStream("127.0.0.1", 5000, (Codec.PCMA,)))
