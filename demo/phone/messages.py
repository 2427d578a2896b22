"""SIP messages as they travel (RFC 3261): parsed from bytes, built to bytes.

Text on the wire is held as Latin-1, which maps every byte to one character and back: whatever bytes a test
puts into a display name leave unchanged, and whatever bytes arrive can be looked at. `Headers.text` gives the
UTF-8 reading for people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

COMPACT = {
    "c": "content-type",
    "f": "from",
    "i": "call-id",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "t": "to",
    "v": "via",
}
"""Compact header names (RFC 3261, section 7.3.3) and what they stand for."""

BRANCH_COOKIE = "z9hG4bK"
"""Start of every branch made under RFC 3261 (section 8.1.1.7)."""

_MOST_CSEQ = 2**31 - 1
_FOLD = re.compile(r"\r\n[ \t]+")
_ADDRESS = re.compile(r'^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<([^>]*)>(.*)$', re.DOTALL)
_PARAMETER = re.compile(r';\s*([^;=\s]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^;\s]*))?')
_HOST_PORT = re.compile(r"^sips?:(?:[^@]*@)?(\[[^\]]+\]|[^:;?>]+)(?::(\d+))?", re.IGNORECASE)


class MalformedMessageError(ValueError):
    """A datagram that is no SIP message; the text says what is wrong with it."""


def canonical(name: str) -> str:
    """Return a header's name in lower case, its compact form spelt out."""
    lowered = name.strip().lower()
    return COMPACT.get(lowered, lowered)


@dataclass(frozen=True, slots=True)
class Headers:
    """Header lines in the order they stand in; names compare without case, compact forms included."""

    lines: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of a header, or the default."""
        return next(self._values(name), default)

    def text(self, name: str) -> str:
        """Return the first value of a header read as UTF-8; bytes that are not are replaced."""
        return self.get(name).encode("latin-1").decode("utf-8", "replace")

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a header, comma-separated ones apart, in order."""
        return tuple(part for value in self._values(name) for part in split_list(value))

    def names(self) -> tuple[str, ...]:
        """Return the canonical name of every line, in order."""
        return tuple(canonical(name) for name, _ in self.lines)

    def _values(self, name: str) -> Iterator[str]:
        wanted = canonical(name)
        return (value for key, value in self.lines if canonical(key) == wanted)


@dataclass(frozen=True, slots=True)
class Request:
    """A SIP request."""

    method: str
    uri: str
    headers: Headers
    body: bytes = b""

    def encode(self) -> bytes:
        """Return the request as it goes on the wire."""
        return _encode(f"{self.method} {self.uri} SIP/2.0", self.headers, self.body)

    def adding(self, *lines: tuple[str, str]) -> Request:
        """Return the same request with more header lines at its end."""
        return replace(self, headers=Headers(self.headers.lines + lines))


@dataclass(frozen=True, slots=True)
class Response:
    """A SIP response."""

    status: int
    reason: str
    headers: Headers
    body: bytes = b""

    def encode(self) -> bytes:
        """Return the response as it goes on the wire."""
        return _encode(f"SIP/2.0 {self.status} {self.reason}", self.headers, self.body)


Message = Request | Response


@dataclass(frozen=True, slots=True)
class Address:
    """What stands in From, To and Contact: a display name, a URI and parameters (RFC 3261, section 20.10)."""

    uri: str
    display: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def tag(self) -> str:
        """The dialog tag, empty where there is none."""
        return dict(self.parameters).get("tag", "")

    @property
    def user(self) -> str:
        """The user part of the URI: a number or an account."""
        _, _, rest = self.uri.partition(":")
        user, at, _ = rest.partition("@")
        return user.partition(";")[0] if at else ""

    @property
    def name(self) -> str:
        """The display name read as UTF-8, its escapes undone."""
        plain = re.sub(r"\\(.)", r"\1", self.display, flags=re.DOTALL)
        return plain.encode("latin-1").decode("utf-8", "replace")

    def tagged(self, tag: str) -> Address:
        """Return the same address carrying this tag."""
        others = tuple(item for item in self.parameters if item[0] != "tag")
        return replace(self, parameters=(*others, ("tag", tag)))

    def __str__(self) -> str:
        shown = f'"{self.display}" ' if self.display else ""
        tail = "".join(f";{key}={value}" if value else f";{key}" for key, value in self.parameters)
        return f"{shown}<{self.uri}>{tail}"


@dataclass(frozen=True, slots=True)
class Via:
    """The topmost Via of a message: where responses go and which transaction they belong to."""

    host: str
    port: int
    branch: str
    wants_rport: bool


def parse_message(data: bytes) -> Message:
    """Read one datagram. Raises `MalformedMessageError`."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        raise MalformedMessageError("the headers have no end")
    start, _, rest = head.decode("latin-1").partition("\r\n")
    headers = Headers(tuple(_header(line) for line in _FOLD.sub(" ", rest).split("\r\n") if line))
    body = _body(headers, body)
    words = start.split(" ", 2)
    match words:
        case ["SIP/2.0", status, *reason] if len(status) == 3 and status.isdecimal():
            return Response(int(status), reason[0] if reason else "", headers, body)
        case [method, uri, "SIP/2.0"] if method and uri:
            return Request(method, uri, headers, body)
    raise MalformedMessageError(f"not a SIP start line: {start[:80]!r}")


def parse_address(value: str) -> Address:
    """Read a From, To or Contact value. Raises `MalformedMessageError`."""
    if match := _ADDRESS.match(value):
        quoted, bare, uri, tail = match.groups()
        return Address(uri, quoted if quoted is not None else bare, parameters(tail))
    uri, semicolon, tail = value.strip().partition(";")
    if ":" not in uri:
        raise MalformedMessageError(f"not an address: {value[:80]!r}")
    return Address(uri, "", parameters(semicolon + tail))


def parse_via(message: Message) -> Via:
    """Read the topmost Via. Raises `MalformedMessageError`."""
    values = message.headers.all("via")
    words = values[0].split(None, 1) if values else []
    if len(words) != 2:
        raise MalformedMessageError("no Via")
    sent_by, semicolon, tail = words[1].partition(";")
    host, _, port = sent_by.strip().partition(":")
    given = dict(parameters(semicolon + tail))
    return Via(host, _number(port or "5060", "port", 65535), given.get("branch", ""), "rport" in given)


def parse_cseq(message: Message) -> tuple[int, str]:
    """Read CSeq: its number and method. Raises `MalformedMessageError`."""
    match message.headers.get("cseq").split():
        case [number, method]:
            return _number(number, "CSeq", _MOST_CSEQ), method
    raise MalformedMessageError("no CSeq")


def parameters(tail: str) -> tuple[tuple[str, str], ...]:
    """Read `;name=value` parameters; names come in lower case, quotes are taken off."""
    return tuple((name.lower(), value.strip('"')) for name, value in _PARAMETER.findall(tail))


def host_and_port(uri: str) -> tuple[str, int]:
    """Return where a SIP URI points to; the port defaults to 5060. Raises `MalformedMessageError`."""
    match = _HOST_PORT.match(uri)
    if not match:
        raise MalformedMessageError(f"not a SIP URI: {uri[:80]!r}")
    return match[1], _number(match[2] or "5060", "port", 65535)


def split_list(value: str) -> list[str]:
    """Split a header value at its commas, those within quotes and angle brackets excepted."""
    if "," not in value:
        return [value.strip(" \t")]
    parts = re.findall(r'(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,])+', value)
    return [part.strip(" \t") for part in parts]


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip(" \t"):
        raise MalformedMessageError(f"not a header: {line[:80]!r}")
    return name.strip(" \t"), value.strip(" \t")


def _body(headers: Headers, body: bytes) -> bytes:
    """Cut the body to Content-Length; a datagram shorter than it says is broken (RFC 3261, section 18.3)."""
    length = headers.get("content-length")
    if not length:
        return body
    return body[: _number(length, "Content-Length", len(body))]


def _number(text: str, what: str, most: int) -> int:
    if not text.isdecimal() or len(text) > 10 or int(text) > most:
        raise MalformedMessageError(f"{what} {text[:20]!r}, wanted 0 to {most}")
    return int(text)


def _encode(start: str, headers: Headers, body: bytes) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers.lines), f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
