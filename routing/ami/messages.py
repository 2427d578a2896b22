"""AMI on the wire: headers in lines that end with CR LF, and an empty line behind each message.

Source: https://docs.asterisk.org (Asterisk Manager Interface), and main/manager.c for the limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from asterisk import manager

from routing.ami.faults import ProtocolError

GREETING = b"Asterisk Call Manager/"
MOST_BYTES = 1 << 20
# Asterisk drops a longer line, and headers beyond these.
LONGEST_LINE = 1000
MOST_HEADERS = 100
LINE_END = b"\r\n"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# Several values make several headers of one name, as Originate's `Variable`.
Value = str | int | Sequence[str]


class Message(manager.ManagerMsg):  # type: ignore[misc]
    """A message as pyst2 has it: `headers` holds the first value of each name, `values` all of them.

    `number` counts what Asterisk has said, over all connections: what was said later has the greater one.
    """

    def __init__(self, lines: Sequence[str], number: int) -> None:
        self.number = number
        self.values: dict[str, list[str]] = {}
        super().__init__(lines)

    def parse(self, response: Sequence[str]) -> None:
        """Take the lines apart; one that is no header is dropped."""
        for line in response:
            name, colon, value = line.partition(":")
            if colon:
                self.values.setdefault(name.strip(), []).append(value.strip())
        self.headers: dict[str, str] = {name: values[0] for name, values in self.values.items()}

    @property
    def action_id(self) -> str:
        """Which action it belongs to, or an empty text."""
        return self.headers.get("ActionID", "")


class Event(manager.Event):  # type: ignore[misc]
    """Something that happened in Asterisk. `name` is its kind, `[...]` and `get_header` give its headers."""

    headers: dict[str, str]
    name: str

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.number = message.number
        self.values = message.values

    @property
    def at(self) -> datetime | None:
        """When it happened, by Asterisk's clock, where manager.conf says `timestampevents`."""
        try:
            return datetime.fromtimestamp(float(self.headers["Timestamp"]), UTC)
        except (KeyError, ValueError, OverflowError):
            return None


def encode(action: str, action_id: str, headers: Mapping[str, Value]) -> bytes:
    """An action as it is sent. Raises ValueError where a header would break out of its line or be dropped."""
    lines = [_line(name, value) for name, value in _pairs(action, action_id, headers)]
    if len(lines) > MOST_HEADERS:
        raise ValueError(f"an AMI action of more than {MOST_HEADERS} headers")
    return LINE_END.join([*lines, b"", b""])


def _pairs(action: str, action_id: str, headers: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    yield "Action", action
    yield "ActionID", action_id
    for name, value in headers.items():
        if isinstance(value, str | int):
            yield name, str(value)
        else:
            yield from ((name, one) for one in value)


def _line(name: str, value: str) -> bytes:
    if not _NAME.fullmatch(name):
        raise ValueError("not a name of an AMI header")
    if _CONTROL.search(value):
        raise ValueError(f"a control character in the AMI header {name}")
    line = f"{name}: {value}".encode()
    if len(line) > LONGEST_LINE:
        raise ValueError(f"the AMI header {name} is too long")
    return line


class Stream:
    """Bytes from Asterisk -> messages."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self._buffer = bytearray()
        self._greeted = False
        self._numbers = numbers

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are whole with these bytes. Raises ProtocolError."""
        self._buffer += data
        if not self._greeted and not self._greet():
            return
        while (end := self._buffer.find(LINE_END * 2)) >= 0:
            block = bytes(self._buffer[:end])
            del self._buffer[: end + 2 * len(LINE_END)]
            if lines := [line for line in block.decode("utf-8", "replace").split("\r\n") if line]:
                yield Message(lines, next(self._numbers))
        if len(self._buffer) > MOST_BYTES:
            raise ProtocolError("a message is too long")

    def _greet(self) -> bool:
        """Whether the line that Asterisk begins with has come."""
        if self._buffer[: len(GREETING)] != GREETING[: len(self._buffer)]:
            raise ProtocolError("the peer is not Asterisk's manager")
        end = self._buffer.find(LINE_END)
        if end < 0:
            if len(self._buffer) > LONGEST_LINE:
                raise ProtocolError("a greeting without an end")
            return False
        del self._buffer[: end + len(LINE_END)]
        self._greeted = True
        return True
