"""A call that this phone places: INVITE, its responses, CANCEL (RFC 3261, sections 9.1 and 13.2)."""

from __future__ import annotations

import threading
from dataclasses import replace

from demo.phone import digest, sdp
from demo.phone.call import SDP_TYPE, Call, CallState
from demo.phone.derived import cancellation
from demo.phone.dialog import ALLOW, Dialog, Line
from demo.phone.endings import EndedBy, Ending, ending_of
from demo.phone.messages import Request, Response, parse_cseq
from demo.phone.transactions import GIVE_UP_IN_T1
from demo.phone.transport import Transport


class OutgoingCall(Call):
    """A call on its way out. `provisional` lists the 1xx statuses that came, `status` the final one."""

    def __init__(
        self,
        transport: Transport,
        dialog: Dialog,
        own: sdp.AudioStream,
        any_changed: threading.Condition,
        credentials: digest.Credentials | None,
    ) -> None:
        super().__init__(transport, dialog, own, any_changed)
        self.provisional: list[int] = []
        self.status: int | None = None
        self._credentials = credentials
        self._tried_credentials = False
        self._hanging_up = False
        self._cancelled = False
        self._invite: Request | None = None
        self._ack: Request | None = None

    def start(self, *lines: Line) -> None:
        """Send the INVITE."""
        allowed = (("Allow", ALLOW), SDP_TYPE, *lines)
        body = self._own.encode()
        request = self._dialog.request("INVITE", self._transport.new_via(), *allowed, body=body)
        self._note(f"invited {request.uri}")
        self._send_invite(request)

    def hang_up(self) -> None:
        """BYE once it is up; before, CANCEL, as soon as a first sign of life allows one."""
        with self.changed:
            if self.state is CallState.UP:
                self._bye(EndedBy.US)
            elif self.state in (CallState.CALLING, CallState.RINGING):
                self._hanging_up = True
                self._cancel_if_allowed()

    def _send_invite(self, request: Request) -> None:
        self._invite, self.headers = request, request.headers
        self._transport.request(request, self._dialog.destination, self._respond, self._no_response)

    def _respond(self, response: Response) -> None:
        if response.status < 200:
            self._progress(response)
        elif response.status < 300:
            self._answered(response)
        elif response.status not in (401, 407) or not self._authenticate(response):
            self._refused(response)

    def _progress(self, response: Response) -> None:
        self.provisional.append(response.status)
        if response.status in (180, 183) and self.state is CallState.CALLING:
            self.state = CallState.RINGING
        if response.body and not self._hanging_up:
            self._take_answer(response.body)
        self._note(f"{response.status} {response.reason}")
        self._cancel_if_allowed()

    def _answered(self, response: Response) -> None:
        """Acknowledge a 2xx, each time it comes; the first one makes the call."""
        if self._ack is None:
            self._dialog.confirm(response)
            number, _ = parse_cseq(response)
            self._ack = self._dialog.request("ACK", self._transport.new_via(), cseq=number)
            self._transport.send(self._ack, self._dialog.destination)
            self._begin(response)
        else:
            self._transport.send(self._ack, self._dialog.destination)

    def _begin(self, response: Response) -> None:
        self.status = response.status
        heard = self._take_answer(response.body)
        if self.state in (CallState.CALLING, CallState.RINGING):
            self.state = CallState.UP
            self._note("was answered")
        if self._hanging_up or not heard:
            self._bye(EndedBy.US)

    def _refused(self, response: Response) -> None:
        self.status = response.status
        by = EndedBy.US if self._hanging_up else EndedBy.THEM
        words = f"{response.status} {response.reason}"
        self._finish(ending_of(response.headers, by, response.status, words))

    def _authenticate(self, response: Response) -> bool:
        """Send the INVITE again with credentials, once (section 22.2); tell whether that could be done."""
        challenge = digest.find_challenge(response.headers)
        if not (challenge and self._credentials and self._invite) or self._tried_credentials:
            return False
        self._tried_credentials = True
        line = digest.answer(challenge, self._credentials, "INVITE", self._invite.uri)
        kept = [item for item in self._invite.headers.lines if item[0] not in ("Via", "CSeq")]
        self._dialog.cseq += 1
        lines = (self._transport.new_via(), *kept, ("CSeq", f"{self._dialog.cseq} INVITE"), line)
        self._note("was asked for credentials")
        self._send_invite(replace(self._invite, headers=replace(self._invite.headers, lines=lines)))
        return True

    def _cancel_if_allowed(self) -> None:
        """CANCEL may only follow a provisional response (section 9.1); else it waits for one."""
        if self._hanging_up and self.provisional and not self._cancelled and self._invite:
            self._cancelled = True
            self.state = CallState.ENDING
            self._stream.close()
            self._note("sent CANCEL")
            request = cancellation(self._invite)
            self._transport.request(request, self._dialog.destination, lambda response: None)
            limit = self._transport.t1 * GIVE_UP_IN_T1
            self._transport.exchange.after(limit, self._no_response)

    def _no_response(self) -> None:
        self._finish(Ending(EndedBy.TIMEOUT, 408, None, "the INVITE was not answered"))
