"""A call that reaches this phone: ringing, answering, refusing (RFC 3261, section 13.3)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from demo.phone import sdp
from demo.phone.call import Call, CallState
from demo.phone.derived import reply
from demo.phone.dialog import Dialog, Line
from demo.phone.endings import EndedBy, Ending, ending_of
from demo.phone.exchange import Timer
from demo.phone.messages import MalformedMessageError, parse_address
from demo.phone.transactions import ServerTransaction
from demo.phone.transport import Transport


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer after so many seconds of ringing."""

    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Refuse:
    """Refuse with a status, after so many seconds of ringing."""

    status: int = 486
    reason: str = "Busy Here"
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring until somebody answers, refuses or gives up."""


Reaction = Answer | Refuse | Ring


class IncomingCall(Call):
    """A call on its way in. `headers` are those of its INVITE."""

    def __init__(
        self,
        transport: Transport,
        dialog: Dialog,
        own: sdp.AudioStream,
        any_changed: threading.Condition,
        transaction: ServerTransaction,
    ) -> None:
        super().__init__(transport, dialog, own, any_changed)
        self.headers = transaction.request.headers
        self.state = CallState.RINGING
        self._transaction = transaction
        self._timer: Timer | None = None

    @property
    def caller(self) -> str:
        """The caller's number."""
        return self.remote.user

    def start(self, reaction: Reaction) -> None:
        """Ring, then do what was asked for."""
        self._note(f"was called by {self.remote.user}")
        if not self._take_offer(self._transaction.request.body):
            self.refuse(488, "Not Acceptable Here")
            return
        match reaction:
            case Answer(0):
                self.answer()
            case Answer(seconds):
                self._ring_for(seconds, self.answer)
            case Refuse(status, reason, 0):
                self.refuse(status, reason)
            case Refuse(status, reason, seconds):
                self._ring_for(seconds, lambda: self.refuse(status, reason))
            case Ring():
                self._ring()

    def answer(self) -> None:
        """Answer; does nothing unless it rings."""
        with self.changed:
            if self.state is CallState.RINGING:
                self.state = CallState.UP
                self._accept(self._transaction)
                self._note("answered")

    def refuse(self, status: int = 486, reason: str = "Busy Here") -> None:
        """Refuse with a status from 300 to 699; does nothing unless it rings."""
        with self.changed:
            if self.state is CallState.RINGING:
                self._respond(status, reason)
                self._finish(Ending(EndedBy.US, status, None, f"{status} {reason}"))

    def hang_up(self) -> None:
        """Refuse it while it rings; once it is up, end it, but not before its ACK (section 15)."""
        with self.changed:
            if self.state is CallState.RINGING:
                self.refuse(486, "Busy Here")
            elif self.state is CallState.UP and self._pending_ack:
                self._bye_on_ack = True
            elif self.state is CallState.UP:
                self._bye(EndedBy.US)

    def receive(self, transaction: ServerTransaction) -> None:
        """Take in a request within this call; CANCEL ends one that rings (section 9.2)."""
        if transaction.request.method != "CANCEL":
            super().receive(transaction)
            return
        self._answer(transaction, 200, "OK")
        if self.state is CallState.RINGING:
            self._respond(487, "Request Terminated")
            headers = transaction.request.headers
            self._finish(ending_of(headers, EndedBy.THEM, 487, "CANCEL"))

    def _ring(self) -> None:
        self._respond(180, "Ringing", ("Contact", self._dialog.contact))
        self._note("rings")

    def _ring_for(self, seconds: float, then: Callable[[], None]) -> None:
        self._ring()
        self._timer = self._transport.exchange.after(seconds, then)

    def _respond(self, status: int, reason: str, *lines: Line) -> None:
        request = self._transaction.request
        self._transaction.respond(reply(request, status, reason, self._dialog.local, *lines))

    def _finish(self, ending: Ending) -> None:
        if self._timer:
            self._timer.cancel()
        super()._finish(ending)


def dialog_of(transaction: ServerTransaction, contact: str, tag: str) -> Dialog:
    """Open this side's dialog for an INVITE (section 12.1.1). Raises `MalformedMessageError`."""
    given = transaction.request.headers
    dialog = Dialog(
        call_id=given.get("call-id"),
        local=str(parse_address(given.get("to")).tagged(tag)),
        remote=given.get("from"),
        target="",
        contact=contact,
        peer=transaction.source,
        routes=given.all("record-route"),
    )
    parse_address(dialog.remote)
    dialog.retarget(given)
    if not dialog.target:
        raise MalformedMessageError("an INVITE without a contact")
    return dialog
