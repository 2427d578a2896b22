"""A SIP socket: which message belongs to which transaction, and where it goes (RFC 3261, sections 17 and 18)."""

from __future__ import annotations

import contextlib
import ipaddress
import secrets
import socket
from collections.abc import Callable

from demo.phone.exchange import Exchange
from demo.phone.messages import (
    BRANCH_COOKIE,
    MalformedMessageError,
    Message,
    Request,
    Response,
    host_and_port,
    parse_cseq,
    parse_message,
    parse_via,
)
from demo.phone.transactions import (
    GIVE_UP_IN_T1,
    T1,
    ClientTransaction,
    Destination,
    OnResponse,
    OnTimeout,
    ServerTransaction,
)

_MOST_AT_ONCE = 64


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
        key = parse_via(request).branch, request.method

        def give_up() -> None:
            self._forget_client(key)
            on_timeout()

        transaction = ClientTransaction(self, request, destination, on_response, give_up)
        self._clients[key] = transaction
        transaction.start()
        return transaction

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
            self.exchange.after(GIVE_UP_IN_T1 * self.t1, lambda: self._forget_client(key))

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

    def _forget_client(self, key: tuple[str, str]) -> None:
        self._clients.pop(key, None)

    def _forget_server(self, branch: str, method: str) -> None:
        """Drop a transaction that is over; one that still rings stays."""
        transaction = self._servers[branch, method]
        if transaction.answered and transaction.answered.status >= 200:
            del self._servers[branch, method]
        else:
            self.exchange.after(GIVE_UP_IN_T1 * self.t1, lambda: self._forget_server(branch, method))


def next_hop(uri: str, fallback: Destination) -> Destination:
    """Return where a request for this URI goes; no host name is looked up, the fallback stands for it."""
    try:
        host, port = host_and_port(uri)
        return str(ipaddress.IPv4Address(host)), port
    except ValueError:
        return fallback


def _return_path(request: Request, source: Destination) -> Destination:
    """Responses go to where the request came from; to the port in Via unless rport was asked (RFC 3581)."""
    via = parse_via(request)
    return source if via.wants_rport else (source[0], via.port)
