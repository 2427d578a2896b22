"""Messages that follow from another message: its reply, its ACK, its CANCEL."""

from __future__ import annotations

from demo.phone.messages import Headers, Request, Response, canonical, parse_cseq

_COPIED = ("via", "record-route", "from", "to", "call-id", "cseq")


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
