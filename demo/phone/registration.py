"""Registration of a phone's contact with a password (RFC 3261, section 10.2)."""

from __future__ import annotations

import secrets
import threading

from demo.phone import digest
from demo.phone.dialog import USER_AGENT, Line
from demo.phone.exchange import Timer
from demo.phone.messages import Headers, Request, Response
from demo.phone.transactions import Destination
from demo.phone.transport import Transport


class Registration:
    """Keeps a contact registered: registers, answers the challenge, refreshes at half its life.

    `status` is the last final status (408 where none came), `registered` whether the contact counts now.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: digest.Credentials,
        registrar: Destination,
        contact: str,
        changed: threading.Condition,
    ) -> None:
        self.status: int | None = None
        self.registered = False
        self._transport = transport
        self._credentials = credentials
        self._registrar = registrar
        self._contact = contact
        self._changed = changed
        self._call_id, self._tag = secrets.token_hex(12), secrets.token_hex(4)
        self._cseq = 0
        self._expires = 0
        self._asked = False
        self._refresh: Timer | None = None

    @property
    def pending(self) -> bool:
        """Whether an answer of the server is awaited."""
        return self._asked and self.status is None

    def register(self, expires: int) -> None:
        """Register for so many seconds; 0 takes the contact away."""
        with self._changed:
            self._expires, self.status, self._asked = expires, None, True
            self._send()

    def forget(self) -> None:
        """Refresh no more."""
        if self._refresh:
            self._refresh.cancel()

    def _send(self, *authorization: Line) -> None:
        self.forget()
        request = self._request(*authorization)
        self._transport.request(
            request,
            self._registrar,
            lambda response: self._respond(response, bool(authorization)),
            lambda: self._settle(408),
        )

    def _request(self, *authorization: Line) -> Request:
        self._cseq += 1
        host, port = self._registrar
        account = f"<sip:{self._credentials.user}@{host}>"
        lines = (
            self._transport.new_via(),
            ("Max-Forwards", "70"),
            ("From", f"{account};tag={self._tag}"),
            ("To", account),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._cseq} REGISTER"),
            ("Contact", self._contact),
            ("Expires", str(self._expires)),
            ("User-Agent", USER_AGENT),
            *authorization,
        )
        return Request("REGISTER", f"sip:{host}:{port}", Headers(lines))

    def _respond(self, response: Response, tried: bool) -> None:
        """A second challenge is a wrong password, unless it says that only the nonce was stale."""
        if response.status < 200:
            return
        stale = "stale=true" in response.headers.get("www-authenticate").lower()
        challenge = digest.find_challenge(response.headers)
        if challenge and (not tried or stale):
            uri = f"sip:{self._registrar[0]}:{self._registrar[1]}"
            self._send(digest.answer(challenge, self._credentials, "REGISTER", uri))
        else:
            self._settle(response.status)

    def _settle(self, status: int) -> None:
        self.status = status
        self.registered = status == 200 and self._expires > 0
        if self.registered:
            self._refresh = self._transport.exchange.after(self._expires / 2, self._send)
        self._changed.notify_all()
