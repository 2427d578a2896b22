"""A telephone against a peer whose every datagram the test decides: losses, repetitions, crossings."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import pytest

from demo.phone import Answer, Codec, EndedBy, Exchange, Phone, PhoneTimeoutError, Ring, Settings, sdp
from demo.phone.derived import reply
from demo.phone.messages import Headers, Message, Request, Response, parse_address, parse_message
from demo.phone.rtp import Packet, build, parse

QUICK = 0.01
"""A round-trip estimate that makes SIP's longest timeout 0.64 seconds."""

Line = tuple[str, str]


class Peer:
    """A SIP peer in the test's own hands."""

    def __init__(self) -> None:
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for sock in (self.sip, self.rtp):
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(10)
        self.address: tuple[str, int] = self.sip.getsockname()
        self.branch = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.sip.close()
        self.rtp.close()

    def receive(self) -> Message:
        """The next message, whatever it is."""
        return parse_message(self.sip.recv(65535))

    def request(self, method: str) -> Request:
        """The next request of this method; others are passed over."""
        while True:
            message = self.receive()
            if isinstance(message, Request) and message.method == method:
                return message

    def response(self, status: int) -> Response:
        """The next response with this status; others are passed over."""
        while True:
            message = self.receive()
            if isinstance(message, Response) and message.status == status:
                return message

    def answer(self, request: Request, status: int, *lines: Line, body: bytes = b"") -> None:
        """Answer a request of the phone."""
        to = str(parse_address(request.headers.get("to")).tagged("peer")) if status > 100 else ""
        lines = (("Contact", f"<sip:peer@127.0.0.1:{self.address[1]}>"), *lines)
        response = reply(request, status, "Because", to or request.headers.get("to"), *lines)
        self.send(Response(status, "Because", response.headers, body), via_port(request))

    def send(self, message: Message, port: int) -> None:
        """Send a message to a phone."""
        self.sip.sendto(message.encode(), ("127.0.0.1", port))

    def stream(self, codec: Codec = Codec.PCMU, direction: str = "sendrecv", port: int = 0) -> bytes:
        """A description of this peer's sound."""
        port = port or self.rtp.getsockname()[1]
        return sdp.AudioStream("127.0.0.1", port, (codec,), 101, direction).encode()

    def within(self, invite: Request, answer: Message, method: str, *lines: Line, body: bytes = b"") -> Request:
        """A request of the peer's in a dialog, whoever began it, as a transaction of its own."""
        ours = answer.headers.get("to") if invite.method == "INVITE" else ""
        return self.new(method, invite.headers.get("call-id"), ours, invite.headers.get("from"), *lines, body=body)

    def new(self, method: str, call_id: str, local: str, remote: str, *lines: Line, body: bytes = b"") -> Request:
        """A request as a transaction of its own."""
        self.branch += 1
        head = (
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.address[1]};branch=z9hG4bKpeer{self.branch}"),
            ("From", local),
            ("To", remote),
            ("Call-ID", call_id),
            ("CSeq", f"{self.branch} {method}"),
            ("Contact", f"<sip:peer@127.0.0.1:{self.address[1]}>"),
        )
        return Request(method, "sip:phone@127.0.0.1", Headers(head + lines), body)

    def invite(self, *lines: Line, body: bytes | None = None) -> Request:
        """An INVITE to a phone."""
        local, remote = "<sip:peer@127.0.0.1>;tag=peer", "<sip:phone@127.0.0.1>"
        return self.new("INVITE", "call@peer", local, remote, *lines, body=self.stream() if body is None else body)


class Registering:
    """A registration under way in a thread, while the test plays the registrar."""

    def __init__(self, phone: Phone) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(phone.register, 1, 10)

    def status(self) -> int:
        """What it came to."""
        with self._pool:
            return self._future.result()


def via_port(request: Request) -> int:
    """The port a phone sends from."""
    return int(request.headers.get("via").split(";")[0].rpartition(":")[2])


@pytest.fixture
def peer() -> Iterator[Peer]:
    """The peer."""
    with Peer() as peer:
        yield peer


@pytest.fixture
def phone(peer: Peer) -> Iterator[Phone]:
    """A telephone whose server is the peer, with short timers."""
    with Exchange() as exchange:
        yield Phone(exchange, "phone", peer.address, password="secret", settings=Settings(t1=QUICK))


def accepted(peer: Peer, phone: Phone) -> tuple[Request, Response]:
    """A call of the phone's, up: its INVITE and the peer's answer as the phone knows it."""
    phone.dial("100").play(None)
    invite = peer.request("INVITE")
    peer.answer(invite, 200, body=peer.stream())
    peer.request("ACK")
    to = str(parse_address(invite.headers.get("to")).tagged("peer"))
    return invite, Response(200, "", Headers((("To", to),)))


def test_an_invite_is_sent_again_until_there_is_a_sign_of_life(peer: Peer, phone: Phone) -> None:
    """Lost INVITEs are repeated byte for byte; after a 100 they are not."""
    call = phone.dial("100")
    first, second = peer.request("INVITE"), peer.request("INVITE")
    peer.answer(first, 100)
    call.wait_until(lambda: call.provisional)
    peer.answer(first, 486)
    ack = peer.request("ACK")

    assert first == second
    assert 486 == call.wait_ended().status
    assert first.headers.get("via") == ack.headers.get("via")


def test_an_invite_that_nobody_answers_times_out(peer: Peer, phone: Phone) -> None:
    """After 64 times the round trip the call ends with 408."""
    ending = phone.dial("100").wait_ended()

    assert (EndedBy.TIMEOUT, 408) == (ending.by, ending.status)


def test_each_repeated_answer_is_acknowledged(peer: Peer, phone: Phone) -> None:
    """A 200 that comes twice gets the same ACK twice, and makes one call."""
    call = phone.dial("100")
    invite = peer.request("INVITE")
    peer.answer(invite, 200, body=peer.stream())
    first = peer.request("ACK")
    peer.answer(invite, 200, body=peer.stream())

    assert first == peer.request("ACK")
    assert call.up


def test_a_refusal_after_the_answer_changes_nothing(peer: Peer, phone: Phone) -> None:
    """Whatever else comes for an INVITE that has its final response is left alone."""
    invite, _ = accepted(peer, phone)
    peer.answer(invite, 401, ("WWW-Authenticate", 'Digest realm="r", nonce="n"'))
    peer.answer(invite, 486)
    phone.calls[0].hang_up()
    following = peer.receive()

    assert isinstance(following, Request)
    assert "BYE" == following.method


def test_each_repeated_refusal_is_acknowledged(peer: Peer, phone: Phone) -> None:
    """A 503 whose ACK was lost is acknowledged again."""
    phone.dial("100")
    invite = peer.request("INVITE")
    for _ in range(2):
        peer.answer(invite, 503)
        peer.request("ACK")


def test_requests_follow_the_way_that_was_recorded(peer: Peer, phone: Phone) -> None:
    """A proxy that recorded its route gets every later request, which names the peer's own contact."""
    call = phone.dial("100")
    invite = peer.request("INVITE")
    with Peer() as proxy:
        route = f"<sip:127.0.0.1:{proxy.address[1]};lr>"
        peer.answer(invite, 200, ("Record-Route", route), body=peer.stream())
        ack = proxy.request("ACK")
        call.hang_up()
        bye = proxy.request("BYE")
        proxy.answer(bye, 200)

    assert f"sip:peer@127.0.0.1:{peer.address[1]}" == ack.uri == bye.uri
    assert route == bye.headers.get("route")
    assert EndedBy.US is call.wait_ended().by


def test_a_challenge_is_answered_once(peer: Peer, phone: Phone) -> None:
    """A 401 brings the INVITE again with credentials and a new number; a second 401 is the end."""
    call = phone.dial("100")
    challenge = ("WWW-Authenticate", 'Digest realm="r", nonce="n"')
    peer.answer(peer.request("INVITE"), 401, challenge)
    again = peer.request("INVITE")
    peer.answer(again, 401, challenge)

    assert 'username="phone"' in again.headers.get("authorization")
    assert "2 INVITE" == again.headers.get("cseq")
    assert 401 == call.wait_ended().status


def test_a_challenge_that_cannot_be_answered_ends_the_call(peer: Peer, phone: Phone) -> None:
    """An unknown algorithm is a refusal."""
    call = phone.dial("100")
    peer.answer(peer.request("INVITE"), 401, ("WWW-Authenticate", 'Digest nonce="n", algorithm=X'))

    assert 401 == call.wait_ended().status


def test_an_early_hang_up_waits_for_a_sign_of_life(peer: Peer, phone: Phone) -> None:
    """CANCEL follows the first provisional response, in the INVITE's own transaction."""
    call = phone.dial("100")
    call.hang_up()
    invite = peer.request("INVITE")
    peer.answer(invite, 100)
    cancel = peer.request("CANCEL")
    peer.answer(cancel, 200)
    peer.answer(invite, 487)

    assert invite.headers.get("via") == cancel.headers.get("via")
    assert (EndedBy.US, 487) == ((ending := call.wait_ended()).by, ending.status)


def test_an_answer_that_crosses_the_cancel_is_hung_up(peer: Peer, phone: Phone) -> None:
    """A 200 after CANCEL is acknowledged and ended by BYE."""
    call = phone.dial("100")
    invite = peer.request("INVITE")
    peer.answer(invite, 180)
    call.wait_until(lambda: call.provisional)
    call.hang_up()
    peer.answer(peer.request("CANCEL"), 200)
    peer.answer(invite, 200, body=peer.stream())
    peer.request("ACK")
    peer.answer(peer.request("BYE"), 200)

    assert EndedBy.US is call.wait_ended().by


def test_a_lost_bye_is_sent_again(peer: Peer, phone: Phone) -> None:
    """BYE is repeated until it is answered."""
    accepted(peer, phone)
    phone.calls[0].hang_up()
    first, second = peer.request("BYE"), peer.request("BYE")
    peer.answer(second, 200)

    assert first == second
    assert EndedBy.US is phone.calls[0].wait_ended().by


def test_a_bye_that_nobody_answers_ends_all_the_same(peer: Peer, phone: Phone) -> None:
    """A peer that has gone does not keep a call alive."""
    accepted(peer, phone)
    phone.calls[0].hang_up()

    assert EndedBy.TIMEOUT is phone.calls[0].wait_ended().by


def test_why_the_other_side_hung_up_can_be_read(peer: Peer, phone: Phone) -> None:
    """The Q.850 cause of the Reason header is in the ending."""
    invite, answer = accepted(peer, phone)
    reason = ("Reason", 'Q.850 ;cause=17 ;text="User busy"')
    peer.send(peer.within(invite, answer, "BYE", reason), via_port(invite))
    peer.response(200)
    ending = phone.calls[0].wait_ended()

    assert (EndedBy.THEM, 17, reason[1]) == (ending.by, ending.cause, ending.reason)


def test_a_repeated_invite_is_one_call(peer: Peer, phone: Phone) -> None:
    """An INVITE sent again gets the same answer again and rings once."""
    phone.when_called = Ring()
    invite = peer.invite()
    for _ in range(2):
        peer.send(invite, phone.address[1])
        peer.response(180)

    assert 1 == phone.offered == len(phone.incoming)


def test_an_answer_is_repeated_until_acknowledged(peer: Peer, phone: Phone) -> None:
    """The 200 comes again and again, until the ACK; a BYE waits for that too."""
    invite = peer.invite()
    peer.send(invite, phone.address[1])
    first, second = peer.response(200), peer.response(200)
    phone.calls[0].hang_up()
    local, remote = invite.headers.get("from"), first.headers.get("to")
    ack = peer.new("ACK", "call@peer", local, remote)
    peer.send(ack, phone.address[1])
    peer.answer(peer.request("BYE"), 200)

    assert first == second
    assert EndedBy.US is phone.calls[0].wait_ended().by


def test_an_answer_that_nobody_acknowledges_ends_the_call(peer: Peer, phone: Phone) -> None:
    """Without an ACK the phone gives up and says BYE."""
    peer.send(peer.invite(), phone.address[1])
    peer.answer(peer.request("BYE"), 200)

    assert EndedBy.TIMEOUT is phone.calls[0].wait_ended().by


def test_a_caller_who_gives_up_stops_the_ringing(peer: Peer, phone: Phone) -> None:
    """CANCEL is answered, the INVITE gets 487."""
    phone.when_called = Answer(after=5)
    invite = peer.invite()
    peer.send(invite, phone.address[1])
    peer.response(180)
    lines = tuple((k, "1 CANCEL" if k == "CSeq" else v) for k, v in invite.headers.lines)
    peer.send(Request("CANCEL", invite.uri, Headers(lines)), phone.address[1])

    assert {200, 487} == {m.status for m in (peer.receive(), peer.receive()) if isinstance(m, Response)}
    assert EndedBy.THEM is phone.calls[0].wait_ended().by


def test_sound_moves_where_a_reinvite_says(peer: Peer, phone: Phone) -> None:
    """After a re-INVITE the phone's packets come to the new port."""
    invite, answer = accepted(peer, phone)
    parse(peer.rtp.recv(2048))
    with Peer() as elsewhere:
        body = peer.stream(port=elsewhere.rtp.getsockname()[1])
        peer.send(peer.within(invite, answer, "INVITE", body=body), via_port(invite))
        described = sdp.parse_description(peer.response(200).body)
        packet = parse(elsewhere.rtp.recv(2048))

    assert 160 == len(packet.payload)
    assert sdp.parse_description(invite.body).port == described.port
    assert 1 == phone.calls[0].reinvited


def test_a_reinvite_may_leave_the_offer_to_us(peer: Peer, phone: Phone) -> None:
    """Without an offer the phone makes one, and takes the answer from the ACK."""
    invite, answer = accepted(peer, phone)
    peer.send(peer.within(invite, answer, "INVITE"), via_port(invite))
    offered = sdp.parse_description(peer.response(200).body)
    with Peer() as elsewhere:
        body = peer.stream(port=elsewhere.rtp.getsockname()[1])
        peer.send(peer.within(invite, answer, "ACK", body=body), via_port(invite))
        parse(elsewhere.rtp.recv(2048))

    assert (Codec.PCMU, Codec.PCMA) == offered.codecs


def test_a_call_on_hold_sends_nothing(peer: Peer, phone: Phone) -> None:
    """Held by `sendonly`, the phone answers `recvonly` and is silent; resumed, it sends again."""
    invite, answer = accepted(peer, phone)
    for direction, expected in (("sendonly", "recvonly"), ("sendrecv", "sendrecv")):
        body = peer.stream(direction=direction)
        peer.send(peer.within(invite, answer, "INVITE", body=body), via_port(invite))
        assert expected == sdp.parse_description(peer.response(200).body).direction
        assert (direction == "sendrecv") == phone.calls[0].stream.sending


def test_a_reinvite_without_a_codec_in_common_changes_nothing(peer: Peer, phone: Phone) -> None:
    """It is answered 488, and the call goes on."""
    invite, answer = accepted(peer, phone)
    body = peer.stream().replace(b"RTP/AVP 0", b"RTP/AVP 9")
    peer.send(peer.within(invite, answer, "INVITE", body=body), via_port(invite))
    peer.response(488)

    assert phone.calls[0].up


@pytest.mark.parametrize(
    ("method", "status"), [("OPTIONS", 200), ("NOTIFY", 200), ("BYE", 481), ("INFO", 481), ("PUBLISH", 405)]
)
def test_requests_outside_a_call_are_answered(peer: Peer, phone: Phone, method: str, status: int) -> None:
    """The phone says what it can do, and what belongs to no call."""
    request = peer.new(method, "x", "<sip:peer@127.0.0.1>;tag=1", "<sip:phone@127.0.0.1>;tag=2")
    peer.send(request, phone.address[1])

    peer.response(status)


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 200), ("PUBLISH", 405)])
def test_requests_within_a_call_are_answered(peer: Peer, phone: Phone, method: str, status: int) -> None:
    """OPTIONS within a call is fine, what the phone does not know is named."""
    invite, answer = accepted(peer, phone)
    peer.send(peer.within(invite, answer, method), via_port(invite))

    assert "INVITE" in peer.response(status).headers.get("allow")


def test_an_update_changes_the_display_and_no_session(peer: Peer, phone: Phone) -> None:
    """Who is there is told without an offer (RFC 3311); one is refused."""
    invite, answer = accepted(peer, phone)
    call = phone.calls[0]
    before = call.shown
    peer.send(peer.within(invite, answer, "UPDATE", body=peer.stream()), via_port(invite))
    peer.response(488)
    assert before == call.shown
    asserted = ("P-Asserted-Identity", '"Doctors full" <sip:600100200@127.0.0.1>')
    peer.send(peer.within(invite, answer, "UPDATE", asserted), via_port(invite))
    peer.response(200)
    assert (True, "Doctors full") == (call.up, call.shown)


def test_an_invite_that_cannot_be_understood_is_refused(peer: Peer, phone: Phone) -> None:
    """Without a contact: 400. Without a common codec: 488. Neither is a fault."""
    lines = tuple(line for line in peer.invite().headers.lines if line[0] != "Contact")
    peer.send(Request("INVITE", "sip:phone@127.0.0.1", Headers(lines), peer.stream()), phone.address[1])
    peer.response(400)
    peer.send(peer.invite(body=b"v=0"), phone.address[1])
    peer.response(488)


@pytest.mark.parametrize("seed", range(3))
def test_damaged_messages_do_no_harm(peer: Peer, phone: Phone, seed: int) -> None:
    """Hundreds of requests, responses and packets with bytes overwritten: no fault, and the phone still calls."""
    invite, answer = accepted(peer, phone)
    call, chance = phone.calls[0], random.Random(seed)
    good = [
        peer.invite(("Record-Route", "<sip:127.0.0.1;lr>")).encode(),
        peer.within(invite, answer, "INVITE", body=peer.stream()).encode(),
        reply(invite, 200, "OK", answer.headers.get("to")).encode(),
        reply(invite, 401, "Unauthorized", answer.headers.get("to"), ("WWW-Authenticate", "Digest nonce=1")).encode(),
    ]
    media = ("127.0.0.1", sdp.parse_description(invite.body).port)
    for _ in range(300):
        peer.sip.sendto(damaged(chance.choice(good), chance), ("127.0.0.1", via_port(invite)))
        peer.rtp.sendto(damaged(build(Packet(101, True, 1, 1, 1, b"\1\n\0\xa0")), chance), media)
    peer.send(peer.within(invite, answer, "BYE"), via_port(invite))
    call.wait_ended()
    phone.dial("still-there")

    assert "sip:still-there" in peer.request("INVITE").uri
    assert phone.malformed > 0


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The same bytes with some of them overwritten, left out or doubled."""
    at, length = chance.randrange(len(data)), chance.randrange(1, 8)
    return data[:at] + chance.choice([chance.randbytes(length), b"", 2 * data[at : at + length]]) + data[at + length :]


def test_a_contact_is_registered_with_its_password(peer: Peer, phone: Phone) -> None:
    """The challenge is answered; the registration is refreshed before it ends."""
    outcome = Registering(phone)
    challenge = ("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')
    peer.answer(peer.request("REGISTER"), 401, challenge)
    again = peer.request("REGISTER")
    peer.answer(again, 200)
    refreshed = peer.request("REGISTER")

    assert 200 == outcome.status()
    assert "qop=auth, nc=00000001" in again.headers.get("authorization")
    assert phone.uri == parse_address(again.headers.get("contact")).uri
    assert again.headers.get("call-id") == refreshed.headers.get("call-id")


def test_a_wrong_password_is_told(peer: Peer, phone: Phone) -> None:
    """A second challenge is the end of it."""
    outcome = Registering(phone)
    for _ in range(2):
        peer.answer(peer.request("REGISTER"), 401, ("WWW-Authenticate", 'Digest realm="r", nonce="n"'))

    assert 401 == outcome.status()
    assert not phone.registered


def test_a_registrar_that_is_not_there_is_told(peer: Peer, phone: Phone) -> None:
    """No answer at all is a timeout: of the wait, or of SIP (408)."""
    with pytest.raises(PhoneTimeoutError, match="an answer to REGISTER"):
        phone.register(timeout=0.01)
    assert 408 == phone.register(timeout=10)
