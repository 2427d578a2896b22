"""Transactions over UDP: what is sent again, how often, for how long (RFC 3261, section 17)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from demo.phone.derived import acknowledgement
from demo.phone.exchange import Exchange, Timer
from demo.phone.messages import Message, Request, Response

T1 = 0.5
"""Estimate of a round trip in seconds; every other interval follows from it (RFC 3261, section 17.1.1.1)."""

T2_IN_T1 = 8
GIVE_UP_IN_T1 = 64

Destination = tuple[str, int]
OnResponse = Callable[[Response], None]
OnTimeout = Callable[[], None]


class Wire(Protocol):
    """What transactions send over."""

    @property
    def exchange(self) -> Exchange:
        """Where their timers run."""

    @property
    def t1(self) -> float:
        """The estimate of a round trip in seconds."""

    def send(self, message: Message, destination: Destination) -> None:
        """Send a message once."""


class Retransmission:
    """Sends the same bytes again and again, at growing distances, until it is stopped or time is up."""

    def __init__(
        self, wire: Wire, send: Callable[[], None], give_up: OnTimeout, doubles_for_ever: bool = False
    ) -> None:
        self._exchange = wire.exchange
        self._send = send
        self._interval = wire.t1
        self._limit = math.inf if doubles_for_ever else wire.t1 * T2_IN_T1
        self._again: Timer = self._exchange.after(self._interval, self._repeat)
        self._end: Timer = self._exchange.after(wire.t1 * GIVE_UP_IN_T1, lambda: self._expire(give_up))

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

    wire: Wire
    request: Request
    destination: Destination
    on_response: OnResponse
    on_timeout: OnTimeout
    final: int | None = None
    retransmission: Retransmission | None = None

    def start(self) -> None:
        """Send the request for the first time."""
        self._send()
        invite = self.request.method == "INVITE"
        self.retransmission = Retransmission(self.wire, self._send, self._give_up, invite)

    def receive(self, response: Response) -> None:
        """Take a response in: stop repeating, acknowledge a refusal, pass on what is new.

        After the final response only an INVITE's 2xx is passed on again, to be acknowledged again.
        """
        before, invite = self.final, self.request.method == "INVITE"
        if before is None:
            self._heed(response.status)
        if invite and response.status >= 300 and self.final == response.status:
            self.wire.send(acknowledgement(self.request, response), self.destination)
        if before is None or (invite and before < 300 and 200 <= response.status < 300):
            self.on_response(response)

    def _heed(self, status: int) -> None:
        """Repeat no more, or less often while a request other than INVITE is at work."""
        if status >= 200:
            self.final = status
        if not self.retransmission:
            return
        if status >= 200 or self.request.method == "INVITE":
            self.retransmission.stop()
        else:
            self.retransmission.slow_down()

    def _send(self) -> None:
        self.wire.send(self.request, self.destination)

    def _give_up(self) -> None:
        self.on_timeout()


@dataclass(slots=True)
class ServerTransaction:
    """A request of the other side and what has been answered to it."""

    wire: Wire
    request: Request
    source: Destination
    answered: Response | None = None
    retransmission: Retransmission | None = None

    def respond(self, response: Response, on_unacknowledged: OnTimeout = lambda: None) -> None:
        """Answer; the final answer to an INVITE is repeated until it is acknowledged."""
        self.answered = response
        self._send()
        if self.request.method == "INVITE" and response.status >= 200:
            self.retransmission = Retransmission(self.wire, self._send, on_unacknowledged)

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
            self.wire.send(self.answered, self.source)
