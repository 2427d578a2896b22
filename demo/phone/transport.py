"""A SIP socket and its transactions: what is sent again, how long, what belongs together (RFC 3261, 17)."""

from __future__ import annotations

import contextlib
import ipaddress
import math
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass

from demo.phone.exchange import Exchange, Timer
from demo.phone.messages import (
    BRANCH_COOKIE,
    Headers,
    MalformedMessageError,
    Message,
    Request,
    Response,
    canonical,
    host_and_port,
    parse_cseq,
    parse_message,
    parse_via,
)

T1 = 0.5
"""Estimate of a round trip in seconds; every other interval follows from it (RFC 3261, section 17.1.1.1)."""

T2_IN_T1 = 8
GIVE_UP_IN_T1 = 64
_MOST_AT_ONCE = 64
_COPIED = ("via", "record-route", "from", "to", "call-id", "cseq")

Destination = tuple[str, int]
OnResponse = Callable[[Response], None]
OnTimeout = Callable[[], None]


class Retransmission:
    """Sends the same bytes again and again, at growing distances, until it is stopped or time is up."""

    def __init__(
        self, transport: Transport, send: Callable[[], None], give_up: OnTimeout, doubles_for_ever: bool = False
    ) -> None:
        self._exchange = transport.exchange
        self._send = send
        self._interval = transport.t1
        self._limit = math.inf if doubles_for_ever else transport.t1 * T2_IN_T1
        self._again: Timer = self._exchange.after(self._interval, self._repeat)
        self._end: Timer = self._exchange.after(transport.t1 * GIVE_UP_IN_T1, lambda: self._expire(give_up))

    def slow_down(self) -> None:
        """Repeat at the longest distance only: the other side is known to be at work."""
        self._interval = self._limit

    def stop(self) -> None:
        """Send no more and do not give up."""
        self._again.cancel()
        self._end.cancel()

    def _repeat(self) -> None:
        self._send()
        self._interval = min(2 * self._interval, self._limit)
        self._again = self._exchange.after(self._interval, self._repeat)

    def _expire(self, give_up: OnTimeout) -> None:
        self.stop()
        give_up()


@dataclass(slots=True)
class ClientTransaction:
    """A request of ours on its way to its final response."""

    transport: Transport
    request: Request
    destination: Destination
    on_response: OnResponse
    on_timeout: OnTimeout
    retransmission: Retransmission | None = None

    def start(self) -> None:
        """Send the request for the first time."""
        self._send()
        invite = self.request.method == "INVITE"
        self.retransmission = Retransmission(self.transport, self._send, self._give_up, invite)

    def receive(self, response: Response) -> None:
        """Take a response in: stop repeating, acknowledge a refusal, pass it on."""
        invite = self.request.method == "INVITE"
        if self.retransmission and response.status < 200 and not invite:
            self.retransmission.slow_down()
        elif self.retransmission:
            self.retransmission.stop()
        if invite and response.status >= 300:
            self.transport.send(acknowledgement(self.request, response), self.destination)
        self.on_response(response)

    def _send(self) -> None:
        self.transport.send(self.request, self.destination)

    def _give_up(self) -> None:
        self.transport.forget_client(self)
        self.on_timeout()


@dataclass(slots=True)
class ServerTransaction:
    """A request of the other side and what has been answered to it."""

    transport: Transport
    request: Request
    source: Destination
    answered: Response | None = None
    retransmission: Retransmission | None = None

    def respond(self, response: Response, on_unacknowledged: OnTimeout = lambda: None) -> None:
        """Answer; the final answer to an INVITE is repeated until it is acknowledged."""
        self.answered = response
        self._send()
        if self.request.method == "INVITE" and response.status >= 200:
            self.retransmission = Retransmission(self.transport, self._send, on_unacknowledged)

    def repeat(self) -> None:
        """The other side has asked again: answer again."""
        if self.answered:
            self._send()

    def acknowledge(self) -> None:
        """The other side has our final answer."""
        if self.retransmission:
            self.retransmission.stop()

    def _send(self) -> None:
        if self.answered:
            self.transport.send(self.answered, self.source)


class Transport:
    """One UDP socket for SIP on a free port of the host.

    `on_request` is called for each new request (never twice for the same one), `on_acknowledge` for an ACK to
    a 2xx. `malformed` counts the datagrams that were no usable SIP.
    """

    def __init__(
        self,
        exchange: Exchange,
        host: str,
        on_request: Callable[[ServerTransaction], None],
        on_acknowledge: Callable[[Request], None],
        t1: float = T1,
    ) -> None:
        self.exchange = exchange
        self.t1 = t1
        self.malformed = 0
        self._on_request = on_request
        self._on_acknowledge = on_acknowledge
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[tuple[str, str], ServerTransaction] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind((host, 0))
        self.host, self.port = host, int(self._socket.getsockname()[1])
        exchange.watch(self._socket, self._readable)

    def close(self) -> None:
        """Close the socket; whatever was on its way is dropped."""
        self.exchange.unwatch(self._socket)
        transactions: list[ClientTransaction | ServerTransaction] = [*self._clients.values()]
        transactions += self._servers.values()
        for transaction in transactions:
            if transaction.retransmission:
                transaction.retransmission.stop()

    def new_via(self) -> tuple[str, str]:
        """Return a Via line that starts a transaction."""
        branch = BRANCH_COOKIE + secrets.token_hex(8)
        return "Via", f"SIP/2.0/UDP {self.host}:{self.port};rport;branch={branch}"

    def send(self, message: Message, destination: Destination) -> None:
        """Send a message once. What the network refuses is lost, as on any network."""
        with contextlib.suppress(OSError):
            self._socket.sendto(message.encode(), destination)

    def request(
        self,
        request: Request,
        destination: Destination,
        on_response: OnResponse,
        on_timeout: OnTimeout = lambda: None,
    ) -> ClientTransaction:
        """Send a request and see it through to its final response, or to the timeout (64 * T1)."""
        transaction = ClientTransaction(self, request, destination, on_response, on_timeout)
        self._clients[parse_via(request).branch, request.method] = transaction
        transaction.start()
        return transaction

    def forget_client(self, transaction: ClientTransaction) -> None:
        """Let later responses of this transaction go by."""
        self._clients.pop((parse_via(transaction.request).branch, transaction.request.method), None)

    def _readable(self) -> None:
        for _ in range(_MOST_AT_ONCE):
            try:
                data, source = self._socket.recvfrom(65535)
            except OSError:
                return
            if data.strip(b"\r\n\0"):  # else a keep-alive
                self._receive(data, source)

    def _receive(self, data: bytes, source: Destination) -> None:
        try:
            message = parse_message(data)
            branch, (_, method) = parse_via(message).branch, parse_cseq(message)
            if isinstance(message, Response):
                self._receive_response(message, (branch, method))
            else:
                self._receive_request(message, branch, source)
        except MalformedMessageError:
            self.malformed += 1

    def _receive_response(self, response: Response, key: tuple[str, str]) -> None:
        transaction = self._clients.get(key)
        if not transaction:
            return
        transaction.receive(response)
        if response.status >= 200:
            self.exchange.after(GIVE_UP_IN_T1 * self.t1, lambda: self.forget_client(transaction))

    def _receive_request(self, request: Request, branch: str, source: Destination) -> None:
        if request.method == "ACK":
            if invited := self._servers.get((branch, "INVITE")):
                invited.acknowledge()
            else:
                self._on_acknowledge(request)
        elif known := self._servers.get((branch, request.method)):
            known.repeat()
        else:
            transaction = ServerTransaction(self, request, _return_path(request, source))
            self._servers[branch, request.method] = transaction
            self.exchange.after(GIVE_UP_IN_T1 * self.t1, lambda: self._forget_server(branch, request.method))
            self._on_request(transaction)

    def _forget_server(self, branch: str, method: str) -> None:
        """Drop a transaction that is over; one that still rings stays."""
        transaction = self._servers[branch, method]
        if transaction.answered and transaction.answered.status >= 200:
            del self._servers[branch, method]
        else:
            self.exchange.after(GIVE_UP_IN_T1 * self.t1, lambda: self._forget_server(branch, method))


def acknowledgement(request: Request, response: Response) -> Request:
    """Build the ACK to a refused INVITE: the INVITE's own transaction (RFC 3261, section 17.1.1.3)."""
    return _within(request, "ACK", response.headers.get("to"))


def cancellation(request: Request) -> Request:
    """Build the CANCEL of an INVITE that is under way (RFC 3261, section 9.1)."""
    return _within(request, "CANCEL", request.headers.get("to"))


def reply(request: Request, status: int, reason: str, to: str, *lines: tuple[str, str]) -> Response:
    """Build a response's head from its request (RFC 3261, section 8.2.6)."""
    copied = tuple(
        (name, to if canonical(name) == "to" else value)
        for name, value in request.headers.lines
        if canonical(name) in _COPIED
    )
    return Response(status, reason, Headers(copied + lines))


def next_hop(uri: str, fallback: Destination) -> Destination:
    """Return where a request for this URI goes; no host name is looked up, the fallback stands for it."""
    try:
        host, port = host_and_port(uri)
        return str(ipaddress.IPv4Address(host)), port
    except ValueError:
        return fallback


def _within(request: Request, method: str, to: str) -> Request:
    given = request.headers
    number, _ = parse_cseq(request)
    lines = (
        ("Via", given.get("via")),
        ("Max-Forwards", "70"),
        ("From", given.get("from")),
        ("To", to),
        ("Call-ID", given.get("call-id")),
        ("CSeq", f"{number} {method}"),
        *(("Route", route) for route in given.all("route")),
    )
    return Request(method, request.uri, Headers(lines))


def _return_path(request: Request, source: Destination) -> Destination:
    """Responses go to where the request came from; to the port in Via unless rport was asked (RFC 3581)."""
    via = parse_via(request)
    return source if via.wants_rport else (source[0], via.port)
