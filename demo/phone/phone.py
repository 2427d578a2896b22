"""A telephone: places calls, takes calls, registers."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from demo.phone import sdp
from demo.phone.call import Call
from demo.phone.derived import reply
from demo.phone.dialog import ALLOW, Dialog, Line
from demo.phone.digest import Credentials
from demo.phone.exchange import Exchange
from demo.phone.g711 import Codec
from demo.phone.incoming import Answer, IncomingCall, Reaction, dialog_of
from demo.phone.messages import MalformedMessageError, Request, parse_address
from demo.phone.outgoing import OutgoingCall
from demo.phone.registration import Registration
from demo.phone.transactions import T1, Destination, ServerTransaction
from demo.phone.transport import Transport
from demo.phone.waiting import PhoneTimeoutError, wait_for

OnCall = Callable[[IncomingCall], Reaction]

_CLOSING_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How a phone behaves.

    `lines` bounds the calls that it takes at once; a further one is told 486. `event_type` is the payload
    type for telephone events, None for a phone that has none. `t1` is SIP's round-trip estimate in seconds.
    """

    host: str = "127.0.0.1"
    codecs: tuple[Codec, ...] = (Codec.PCMU, Codec.PCMA)
    event_type: int | None = sdp.EVENT_TYPE
    lines: int = 1
    t1: float = T1


class Phone:
    """A telephone on an exchange, speaking to one SIP server.

    `when_called` says what to do with a call that comes in: a reaction, or a function of the call (run on the
    exchange's thread, so that it may also start a sound). `calls` lists every call so far, ended ones too.
    """

    def __init__(
        self,
        exchange: Exchange,
        user: str,
        server: Destination,
        *,
        password: str = "",
        when_called: Reaction | OnCall = Answer(),  # noqa: B008 (it is frozen)
        settings: Settings = Settings(),
    ) -> None:
        self.user = user
        self.server = server
        self.when_called = when_called
        self.settings = settings
        self.calls: list[Call] = []
        self.offered = 0
        self.changed = threading.Condition(exchange.lock)
        self._exchange = exchange
        self._closed = False
        self._by_id: dict[str, Call] = {}
        self._transport = Transport(exchange, settings.host, self._receive, self._acknowledge, t1=settings.t1)
        self._credentials = Credentials(user, password) if password else None
        self._registration = Registration(
            self._transport, Credentials(user, password), server, f"<{self.uri}>", self.changed
        )
        exchange.join(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def address(self) -> Destination:
        """Where this phone's SIP socket is."""
        return self._transport.host, self._transport.port

    @property
    def uri(self) -> str:
        """How this phone is reached."""
        host, port = self.address
        return f"sip:{self.user}@{host}:{port}"

    @property
    def malformed(self) -> int:
        """How many datagrams were no usable SIP or RTP; they are counted and ignored."""
        return self._transport.malformed + sum(call.stream.malformed for call in self.calls)

    @property
    def active_calls(self) -> list[Call]:
        """The calls that are not over."""
        return [call for call in self.calls if not call.ended]

    @property
    def registered(self) -> bool:
        """Whether the server knows where this phone is."""
        return self._registration.registered

    def dial(
        self,
        number: str,
        *,
        ani: str | bytes = "",
        display_name: str | bytes = "",
        headers: tuple[Line, ...] = (),
    ) -> OutgoingCall:
        """Place a call and return at once.

        `ani` is the number in From (default: the phone's user). A display name given as text is quoted as it
        must be; given as bytes it goes out as it is between its quotes, however broken.
        """
        with self.changed:
            dialog = self._dialog_to(number, ani, display_name)
            own = self._own_stream()
            call = OutgoingCall(self._transport, dialog, own, self.changed, self._credentials)
            self._keep(call)
            call.start(*headers)
            return call

    def register(self, expires: int = 300, timeout: float = 5.0) -> int:
        """Register with the server and return the final status: 200, or 401/403 for a wrong password.

        Raises `PhoneTimeoutError`. `expires=0` takes the registration away.
        """
        with self.changed:
            self._registration.register(expires)
        self.wait_until(lambda: self._registration.status is not None, timeout, "an answer to REGISTER")
        return self._registration.status or 0

    def wait_until(
        self, predicate: Callable[[], object], timeout: float = 10.0, what: str = "what was waited for"
    ) -> None:
        """Wait until the predicate is true; it is asked again after each event of any call of this phone.

        Raises `PhoneTimeoutError` with the story of the calls that are not over.
        """
        if not wait_for(self.changed, predicate, timeout):
            stories = "\n".join(call.describe() for call in self.calls[-3:])
            raise PhoneTimeoutError(f"{what}: not within {timeout} s; phone {self.user}\n{stories}")

    def wait_for_call(self, timeout: float = 10.0, after: int = 0) -> IncomingCall:
        """Wait for a call to come in, the one after so many others. Raises `PhoneTimeoutError`."""
        self.wait_until(lambda: len(self.incoming) > after, timeout, "a call to come in")
        return self.incoming[after]

    @property
    def incoming(self) -> list[IncomingCall]:
        """The calls that came in and were not turned away for want of a line."""
        return [call for call in self.calls if isinstance(call, IncomingCall)]

    def close(self) -> None:
        """End as one switches a telephone off: hang up, sign off, each for a bounded time; close the sockets."""
        if self._closed:
            return
        self._closed = True
        with self.changed:
            for call in self.active_calls:
                call.hang_up()
            if self.registered:
                self._registration.register(0)
            self.changed.wait_for(self._is_quiet, _CLOSING_SECONDS)
        self._close_sockets()

    def vanish(self) -> None:
        """End as when the cable is pulled: nobody is told anything."""
        if not self._closed:
            self._closed = True
            self._close_sockets()

    def _is_quiet(self) -> bool:
        return not self.active_calls and not self._registration.pending

    def _close_sockets(self) -> None:
        with self.changed:
            self._registration.forget()
            for call in self.calls:
                call.stream.close()
            self._transport.close()
        self._exchange.leave(self)

    def _own_stream(self) -> sdp.AudioStream:
        given = self.settings
        return sdp.AudioStream(given.host, 0, given.codecs, given.event_type)

    def _dialog_to(self, number: str, ani: str | bytes, display_name: str | bytes) -> Dialog:
        host, port = self.server
        shown = _quoted(display_name) if isinstance(display_name, str) else display_name.decode("latin-1")
        caller = _wire(ani) or self.user
        return Dialog(
            call_id=secrets.token_hex(12),
            local=f'"{shown}" <sip:{caller}@{self.settings.host}>;tag={secrets.token_hex(4)}',
            remote=f"<sip:{number}@{host}>",
            target=f"sip:{number}@{host}:{port}",
            contact=f"<{self.uri}>",
            peer=self.server,
        )

    def _receive(self, transaction: ServerTransaction) -> None:
        """Take in a new request; one that is not to be understood is answered 400."""
        try:
            self._dispatch(transaction)
        except MalformedMessageError:
            self._transport.malformed += 1
            self._respond(transaction, 400, "Bad Request")

    def _dispatch(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if call := self._call_of(request):
            call.receive(transaction)
            return
        match request.method:
            case "INVITE" if not parse_address(request.headers.get("to")).tag:
                self._take(transaction)
            case "OPTIONS" | "NOTIFY":
                self._respond(transaction, 200, "OK", ("Allow", ALLOW))
            case "INVITE" | "BYE" | "CANCEL" | "INFO":
                self._respond(transaction, 481, "Call/Transaction Does Not Exist")
            case _:
                self._respond(transaction, 405, "Method Not Allowed", ("Allow", ALLOW))

    def _take(self, transaction: ServerTransaction) -> None:
        """Take a call in on a free line, or say that there is none."""
        self.offered += 1
        if self._closed or sum(not call.ended for call in self.incoming) >= self.settings.lines:
            self._respond(transaction, 486, "Busy Here")
            return
        dialog = dialog_of(transaction, f"<{self.uri}>", secrets.token_hex(4))
        call = IncomingCall(self._transport, dialog, self._own_stream(), self.changed, transaction)
        self._keep(call)
        call.start(self.when_called(call) if callable(self.when_called) else self.when_called)

    def _acknowledge(self, request: Request) -> None:
        if call := self._call_of(request):
            call.acknowledged(request)

    def _call_of(self, request: Request) -> Call | None:
        call = self._by_id.get(request.headers.get("call-id"))
        return call if call and call.owns(request) else None

    def _keep(self, call: Call) -> None:
        self.calls.append(call)
        self._by_id[call.id] = call

    def _respond(self, transaction: ServerTransaction, status: int, reason: str, *lines: Line) -> None:
        to = transaction.request.headers.get("to")
        tagged = to if ";tag=" in to else f"{to};tag={secrets.token_hex(4)}"
        transaction.respond(reply(transaction.request, status, reason, tagged, *lines))


def _wire(value: str | bytes) -> str:
    return (value.encode() if isinstance(value, str) else value).decode("latin-1")


def _quoted(name: str) -> str:
    """Escape what a quoted string must not hold as it is (RFC 3261, section 25.1)."""
    return _wire(name.replace("\\", "\\\\").replace('"', '\\"'))
