"""A dialog: what both ends of a call must remember to talk about it (RFC 3261, section 12)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from demo.phone.messages import Headers, MalformedMessageError, Request, Response, host_and_port, parse_address
from demo.phone.transactions import Destination
from demo.phone.transport import next_hop

Line = tuple[str, str]

ALLOW = "INVITE, ACK, CANCEL, BYE, INFO, OPTIONS, NOTIFY, UPDATE"
USER_AGENT = "Centrala demonstration phone"


@dataclass(slots=True)
class Dialog:
    """One call's side of a dialog. From and To are kept as they stand on the wire, whatever is in them."""

    call_id: str
    local: str
    remote: str
    target: str
    contact: str
    peer: Destination
    routes: tuple[str, ...] = ()
    cseq: int = 0

    @property
    def local_tag(self) -> str:
        """The tag of this end."""
        return parse_address(self.local).tag

    @property
    def remote_tag(self) -> str:
        """The tag of the other end, empty until it has answered."""
        return parse_address(self.remote).tag

    @property
    def destination(self) -> Destination:
        """Where requests go: the first route, else the other side's contact, else where it was met."""
        first = parse_address(self.routes[0]).uri if self.routes else self.target
        return next_hop(first, self.peer)

    def confirm(self, response: Response) -> None:
        """Learn from a 2xx to our INVITE who answered and by which way (section 12.1.2)."""
        self.remote = response.headers.get("to") or self.remote
        self.routes = tuple(reversed(response.headers.all("record-route")))
        with contextlib.suppress(MalformedMessageError):  # the call is worth more than its contact
            self.retarget(response.headers)

    def retarget(self, headers: Headers) -> None:
        """Take over the contact of a message that may move the target. Raises `MalformedMessageError`."""
        if contacts := headers.all("contact"):
            uri = parse_address(contacts[0]).uri
            host_and_port(uri)
            self.target = uri

    def request(self, method: str, via: Line, *lines: Line, body: bytes = b"", cseq: int = 0) -> Request:
        """Build a request within the dialog; it gets the next number unless it has one of its own (ACK)."""
        if not cseq:
            self.cseq += 1
        head = (
            via,
            ("Max-Forwards", "70"),
            *(("Route", route) for route in self.routes),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq or self.cseq} {method}"),
            ("Contact", self.contact),
            ("User-Agent", USER_AGENT),
        )
        return Request(method, self.target, Headers(head + lines), body)

    def is_of(self, request: Request) -> bool:
        """Tell whether a request belongs to this dialog."""
        given = request.headers
        tag = parse_address(given.get("to")).tag
        return given.get("call-id") == self.call_id and tag in ("", self.local_tag)
