"""A call as both sides of it share it: its state, its sound, its keys, its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from demo.phone import sdp
from demo.phone.derived import reply
from demo.phone.dialog import ALLOW, Dialog, Line
from demo.phone.endings import EndedBy, Ending, ending_of
from demo.phone.messages import Address, Headers, Request, parse_address
from demo.phone.recording import Recording
from demo.phone.sounds import Sound
from demo.phone.stream import HeardKey, OnFrame, Stream
from demo.phone.transactions import ServerTransaction
from demo.phone.transport import Transport
from demo.phone.waiting import PhoneTimeoutError, wait_for

SDP_TYPE: Line = ("Content-Type", "application/sdp")
INFO_TYPE = "application/dtmf-relay"

PRESS_SECONDS = 0.12
GAP_SECONDS = 0.1


class CallState(Enum):
    """Where a call stands."""

    CALLING = "calling"
    RINGING = "ringing"
    UP = "up"
    ENDING = "ending"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a call's history: when (monotonic seconds) and what."""

    at: float
    what: str


class Call:
    """One call. Its subclasses know how it comes about; here is what holds once both sides know of it.

    `headers` are those of the INVITE that began it. Every public method may be called from any thread.
    """

    def __init__(
        self, transport: Transport, dialog: Dialog, own: sdp.AudioStream, any_changed: threading.Condition
    ) -> None:
        self.state = CallState.CALLING
        self.ending: Ending | None = None
        self.headers = Headers()
        self.history: list[Moment] = []
        self.infos: list[Request] = []
        self.reinvited = 0
        self._shown: str | None = None
        self.changed = threading.Condition(transport.exchange.lock)
        self._any_changed = any_changed
        self._pending_ack: ServerTransaction | None = None
        self._bye_on_ack = False
        self._bye_sent = False
        self._transport = transport
        self._dialog = dialog
        self._stream = Stream(transport.exchange, transport.host, self._stir)
        self._own = self._described = replace(own, port=self._stream.port)

    @property
    def id(self) -> str:
        """The SIP Call-ID."""
        return self._dialog.call_id

    @property
    def remote(self) -> Address:
        """The other side: number (`remote.user`) and display name (`remote.name`)."""
        return parse_address(self._dialog.remote)

    @property
    def shown(self) -> str:
        """The name on the display: the one that was told last."""
        return self.remote.name if self._shown is None else self._shown

    @property
    def up(self) -> bool:
        """Whether both sides are talking."""
        return self.state is CallState.UP

    @property
    def ended(self) -> bool:
        """Whether the call is over, its last request answered."""
        return self.state is CallState.ENDED

    @property
    def recording(self) -> Recording:
        """What was heard."""
        return self._stream.recording

    @property
    def keys(self) -> str:
        """The keys that the other side sent as telephone events."""
        return "".join(heard.key for heard in self._stream.keys)

    @property
    def heard_keys(self) -> tuple[HeardKey, ...]:
        """The same keys with their times."""
        return tuple(self._stream.keys)

    @property
    def playing(self) -> bool:
        """Whether a sound is still being played."""
        return self._stream.playing

    @property
    def pressing(self) -> bool:
        """Whether keys are still being sent."""
        return self._stream.pressing

    @property
    def stream(self) -> Stream:
        """The media below, for counters."""
        return self._stream

    def on_frame(self, action: OnFrame | None) -> None:
        """Call this with the bytes of each 20 ms heard, on the exchange's thread: be quick, do not wait."""
        with self.changed:
            self._stream.on_frame = action

    def play(self, sound: Sound | None) -> None:
        """Play a sound from now on; None is silence."""
        with self.changed:
            self._stream.play(sound)

    def press(self, keys: str, duration: float = PRESS_SECONDS, gap: float = GAP_SECONDS) -> None:
        """Press keys one after another, as RFC 4733 events; returns at once. Times are in seconds.

        The end of each event fills 60 ms of the gap. Raises ValueError where a key is none.
        """
        with self.changed:
            self._stream.press(keys, duration, gap)
            self._note(f"pressed {len(keys)} keys")

    def send_info(self, key: str, duration: float = PRESS_SECONDS) -> None:
        """Send a key by SIP INFO, as some gateways do."""
        body = f"Signal={key}\r\nDuration={round(duration * 1000)}\r\n".encode()
        with self.changed:
            self._send("INFO", ("Content-Type", INFO_TYPE), body=body)
            self._note("sent a key by INFO")

    def hang_up(self) -> None:
        """End the call in whatever state it is; ending a call that is over does nothing."""
        raise NotImplementedError

    def wait_until(
        self, predicate: Callable[[], object], timeout: float = 10.0, what: str = "what was waited for"
    ) -> None:
        """Wait until the predicate is true; it is asked after every event of this call, five frames heard included.

        Raises `PhoneTimeoutError` with the call's history.
        """
        if not wait_for(self.changed, predicate, timeout):
            raise PhoneTimeoutError(f"{what}: not within {timeout} s\n{self.describe()}")

    def wait_up(self, timeout: float = 10.0) -> None:
        """Wait until the call is answered. Raises `PhoneTimeoutError`, at once where it has ended."""
        self.wait_until(lambda: self.up or self.ended, timeout, "the call to be answered")
        if not self.up:
            raise PhoneTimeoutError(f"the call ended and was not answered\n{self.describe()}")

    def wait_ended(self, timeout: float = 10.0) -> Ending:
        """Wait until the call is over and return how. Raises `PhoneTimeoutError`."""
        self.wait_until(lambda: self.ended, timeout, "the call to end")
        assert self.ending
        return self.ending

    def describe(self) -> str:
        """Return the call's story for a person: its state, its moments, what was heard."""
        with self.changed:
            began = self.history[0].at if self.history else 0.0
            lines = [f"  {moment.at - began:8.3f} s  {moment.what}" for moment in self.history]
            heard = f"{self.recording.seconds:.1f} s of sound, {len(self._stream.keys)} keys"
            faults = self._transport.exchange.faults[-1:]
            return "\n".join([f"call {self.id}: {self.state.value}, heard {heard}", *lines, *faults])

    def receive(self, transaction: ServerTransaction) -> None:
        """Take in a request of the other side within this call."""
        request = transaction.request
        match request.method:
            case "BYE":
                self._answer(transaction, 200, "OK")
                self._finish(ending_of(request.headers, EndedBy.THEM))
            case "INVITE":
                self._reinvite(transaction)
            case "INFO":
                self.infos.append(request)
                self._answer(transaction, 200, "OK")
                self._note("got an INFO")
            case "UPDATE" if request.body:
                self._answer(transaction, 488, "Not Acceptable Here")
            case "UPDATE":
                self._take_identity(request.headers)
                self._answer(transaction, 200, "OK", ("Contact", self._dialog.contact))
            case "OPTIONS" | "NOTIFY":
                self._answer(transaction, 200, "OK", ("Allow", ALLOW))
            case _:
                self._answer(transaction, 405, "Method Not Allowed", ("Allow", ALLOW))

    def owns(self, request: Request) -> bool:
        """Tell whether a request belongs to this call."""
        return self._dialog.is_of(request)

    def acknowledged(self, request: Request) -> None:
        """Take in the ACK to a 2xx of ours; the session it may describe is taken over."""
        if self._pending_ack:
            self._pending_ack.acknowledge()
            self._pending_ack = None
        if request.body:
            self._take_answer(request.body)
        if self._bye_on_ack:
            self._bye(EndedBy.US)

    def _take_answer(self, body: bytes) -> bool:
        """Send as the other side's answer wants it; tell whether there is anything in common."""
        try:
            theirs = sdp.parse_description(body)
            sdp.agree(self._own, theirs)
        except sdp.MalformedDescriptionError:
            return False
        self._stream.agree(self._own, theirs)
        return True

    def _take_offer(self, body: bytes) -> bool:
        """Make ready the answer to an offer, an offer of ours where there is none; tell whether that works."""
        if not body:
            self._described = self._own
            return True
        try:
            theirs = sdp.parse_description(body)
            self._described = sdp.agree(self._own, theirs)
        except sdp.MalformedDescriptionError:
            return False
        self._stream.agree(self._described, theirs)
        return True

    def _reinvite(self, transaction: ServerTransaction) -> None:
        """Answer a change of the session within the call (RFC 3261, section 14.2)."""
        offer = transaction.request.body
        if self.state is not CallState.UP:
            self._answer(transaction, 491, "Request Pending")
        elif not self._take_offer(offer):
            self._answer(transaction, 488, "Not Acceptable Here")
        else:
            self._dialog.retarget(transaction.request.headers)
            self._take_identity(transaction.request.headers)
            self.reinvited += 1
            self._accept(transaction)
            self._note("was re-invited")

    def _take_identity(self, headers: Headers) -> None:
        """Who the other side is from now on, where that is told (RFC 3325)."""
        if asserted := headers.all("p-asserted-identity"):
            self._shown = parse_address(asserted[0]).name
            self._note("was told who is there")

    def _accept(self, transaction: ServerTransaction) -> None:
        lines = (("Contact", self._dialog.contact), ("Allow", ALLOW), SDP_TYPE)
        response = reply(transaction.request, 200, "OK", self._dialog.local, *lines)
        self._pending_ack = transaction
        transaction.respond(
            replace(response, body=self._described.encode()), on_unacknowledged=self._never_acknowledged
        )

    def _never_acknowledged(self) -> None:
        self._note("never got an ACK")
        self._bye(EndedBy.TIMEOUT)

    def _answer(self, transaction: ServerTransaction, status: int, reason: str, *lines: Line) -> None:
        to = transaction.request.headers.get("to")
        tagged = to if parse_address(to).tag else self._dialog.local
        transaction.respond(reply(transaction.request, status, reason, tagged, *lines))

    def _send(self, method: str, *lines: Line, body: bytes = b"") -> None:
        request = self._dialog.request(method, self._transport.new_via(), *lines, body=body)
        self._transport.request(request, self._dialog.destination, lambda response: None)

    def _bye(self, by: EndedBy, *lines: Line) -> None:
        """Send BYE and be done once it is answered, or never will be."""
        if self._bye_sent or self.state is CallState.ENDED:
            return
        self._bye_sent = True
        self.state = CallState.ENDING
        self._stream.close()
        self._note("sent BYE")
        ending = Ending(by, None, 16, "BYE")
        request = self._dialog.request("BYE", self._transport.new_via(), *lines)
        self._transport.request(
            request,
            self._dialog.destination,
            lambda response: self._finish(ending) if response.status >= 200 else None,
            lambda: self._finish(Ending(EndedBy.TIMEOUT, reason="BYE was not answered")),
        )

    def _finish(self, ending: Ending) -> None:
        """The call is over; the first ending told is the one that counts."""
        if self.state is CallState.ENDED:
            return
        self.state, self.ending = CallState.ENDED, ending
        self._stream.close()
        self._note(f"ended by {ending.by.value}: {ending.reason}")

    def _note(self, what: str) -> None:
        self.history.append(Moment(time.monotonic(), what))
        self._stir()

    def _stir(self) -> None:
        """Wake whoever waits for this call, and whoever waits for any call of its phone."""
        self.changed.notify_all()
        self._any_changed.notify_all()
