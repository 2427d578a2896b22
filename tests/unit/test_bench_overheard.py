"""The recogniser's own share of a wait is found in what went over the wire to it."""

from __future__ import annotations

import io
import json

from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from bench import wire
from bench.asked import Asked, Packet, everything
from bench.overheard import Overheard
from bench.talkers import Choice, Choices
from bench.wire import Passed
from demo.phone.g711 import FRAME_BYTES, FRAME_SECONDS
from speech.messages import GRAMMAR, PROTOCOL, Listening, ask_for

ASKED = Listening("pl", ("tak", "nie"), 2.0)
WORD, SILENCE = b"\1" * FRAME_BYTES, bytes(FRAME_BYTES)
# When the first packet of a question came; the others follow one by one.
BEGAN = 100.0


def said(*messages: str | bytes) -> tuple[bytes, bytes]:
    """What Asterisk's side of a connection sends: its handshake, and once that is answered these messages."""
    spoken = [Subprotocol(PROTOCOL)]
    here = ClientProtocol(parse_uri("ws://127.0.0.1:9"), subprotocols=spoken)
    there = ServerProtocol(subprotocols=spoken)
    here.send_request(here.connect())
    sent = b"".join(here.data_to_send())
    there.receive_data(sent)
    (asked,) = there.events_received()
    there.send_response(there.accept(asked))  # type: ignore[arg-type]
    here.receive_data(b"".join(there.data_to_send()))
    for message in messages:
        if isinstance(message, str):
            here.send_text(message.encode())
        else:
            here.send_binary(message)
    return sent, b"".join(here.data_to_send())


def setting(name: str, value: str) -> str:
    """A request of Asterisk's."""
    return json.dumps({"request": "set", "id": "1", "params": {name: value}})


GRAMMAR_SET = setting(GRAMMAR, ask_for(ASKED.lang, ("tak", "nie"), ASKED.prompt))


@given(st.lists(st.integers(1, 2000), max_size=5))
def test_questions_are_read_however_the_bytes_come(lengths: list[int]) -> None:
    """Sound before the first of them is nobody's, and other settings are none."""
    handshake, whole = said(SILENCE, GRAMMAR_SET, WORD, SILENCE, setting("other", "1"), SILENCE, GRAMMAR_SET, WORD)
    pieces = [handshake]
    for length in lengths:
        pieces.append(whole[:length])
        whole = whole[length:]
    found = everything(Passed(float(at), 7, piece) for at, piece in enumerate([*pieces, whole]))
    assert [(ASKED, [WORD, SILENCE, SILENCE]), (ASKED, [WORD])] == [(one.what, sounds(one)) for one in found]


def test_connections_are_kept_apart() -> None:
    """Their bytes come in turns."""
    (hello, one), (good_day, other) = said(GRAMMAR_SET, WORD), said(GRAMMAR_SET, SILENCE)
    passed = [
        Passed(1.0, 0, hello),
        Passed(2.0, 1, good_day),
        Passed(3.0, 0, one[:9]),
        Passed(4.0, 1, other),
        Passed(5.0, 0, one[9:]),
    ]
    assert [(Packet(5.0, WORD),), (Packet(4.0, SILENCE),)] == [made.packets for made in everything(passed)]


def test_what_is_kept_can_be_read() -> None:
    """But for what was being written when it ended."""
    kept = [Passed(1.5, 3, b"sound"), Passed(2.5, 4, b"")]
    raw = b"".join(map(wire.written, kept))
    assert kept == list(wire.read(io.BytesIO(raw)))
    assert kept[:1] == list(wire.read(io.BytesIO(raw[:-1])))


def sounds(one: Asked) -> list[bytes]:
    """What was heard."""
    return [packet.sound for packet in one.packets]


def asked(*packets: bytes, after: float = 0.0) -> Asked:
    """Packets that came 20 ms apart."""
    began = BEGAN + after
    return Asked(ASKED, tuple(Packet(began + FRAME_SECONDS * number, one) for number, one in enumerate(packets)))


def owns(there: list[Asked], *ended_at: float, endpoint: int | None = 9) -> list[float | None]:
    """The recogniser's own share of words that ended then, where the endpoint is at such a packet."""
    made = Overheard(there, {WORD}, lambda _: endpoint).told(
        Choices(tuple(Choice(1.0, at, WORD) for at in ended_at), 0, 1, 0)
    )
    return [None if one.own is None else round(one.own, 3) for one in made.made]


def test_the_share_is_the_sound_from_the_words_end_to_the_endpoint() -> None:
    """Of the packet that came soonest after the word's last one was sent."""
    there = [asked(SILENCE, SILENCE, SILENCE, SILENCE, WORD), asked(SILENCE, WORD)]
    assert [0.16, 0.1] == owns(there, BEGAN + 0.01, BEGAN + 0.07)


def test_a_word_that_was_not_heard_has_no_share() -> None:
    """Nor one that never was understood, or before it was over."""
    there = [asked(SILENCE, WORD)]
    assert [None, None] == owns(there, BEGAN + 1.0, BEGAN - 1.0)
    assert [None] == owns([], BEGAN)
    assert [None] == owns(there, BEGAN, endpoint=None)
    assert [None] == owns(there, BEGAN, endpoint=0)


def test_a_word_that_two_have_ended_at_once_has_no_share() -> None:
    """Nobody knows whose it is, unless they are some packets apart."""
    assert [None] == owns([asked(SILENCE, WORD), asked(SILENCE, WORD, after=0.039)], BEGAN)
    assert [0.16] == owns([asked(SILENCE, WORD), asked(SILENCE, WORD, after=0.041)], BEGAN)
