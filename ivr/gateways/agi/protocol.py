"""pyst2's AGI made fit for a server: bounded reading, quoting that cannot be escaped from, hang-ups told apart.

pyst2 0.5.1 writes every reply (keyed digits included) to stderr, installs a signal handler (which fails off the main
thread), sends quotes and line breaks unescaped, and loses its place in the stream after a HANGUP line or a one-line
520. This subclass keeps its commands and its errors and replaces the reading and writing beneath them.

Protocol: https://docs.asterisk.org (Asterisk Gateway Interface). Replies are `CODE result=VALUE (DATA)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO

from asterisk.agi import AGI, AGIAppError, AGIError, AGIHangup, AGIInvalidCommand, AGIUsageError

MAX_LINE = 8192
MAX_ENVIRONMENT_LINES = 200
MAX_STRAY_LINES = 200
INTRODUCTION_SECONDS = 5
REPLY_SECONDS = 30

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_REPLY = re.compile(r"(\d{3})(-| |$)(.*)")
_RESULT = re.compile(r"result=(\S*)(?: \((.*)\))?(.*)")

Allow = Callable[[float], None]


class ProtocolError(AGIError):  # type: ignore[misc]
    """The peer does not speak AGI, or speaks too much of it."""


class ConnectionLost(AGIHangup):  # type: ignore[misc]
    """The connection to Asterisk ended; the caller may still be there, and is then sent to another process."""


class _Quoted(str):
    """An argument that needs no further quoting."""

    __slots__ = ()


class _Nowhere:
    """Where pyst2's chatter goes: replies hold keyed digits."""

    def write(self, _text: str) -> None:
        """Drop."""

    def flush(self) -> None:
        """Nothing is held."""


class SafeAGI(AGI):  # type: ignore[misc]
    """One AGI conversation over a pair of binary streams.

    Raises AGIHangup when the caller or the connection is gone, ProtocolError when the peer is not Asterisk. `env` holds
    the variables that Asterisk introduces the call with. `allow` is told how many seconds all that is read next may
    take: the introduction, then each reply (`reply_seconds`). What a peer sent is in no error's text: it may be a PIN.
    """

    def __init__(self, rfile: BinaryIO, wfile: BinaryIO, allow: Allow = lambda seconds: None) -> None:
        self.reply_seconds: float = REPLY_SECONDS
        self._allow = allow
        self.stdin = rfile
        self.stdout = wfile
        self.stderr = _Nowhere()
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self.hung_up = False
        allow(INTRODUCTION_SECONDS)
        self._get_agi_env()

    def _get_agi_env(self) -> None:
        for line in self._introduction().decode("utf-8", "replace").split("\n"):
            name, colon, value = line.partition(":")
            if colon:
                self.env[name.strip()] = value.strip()
        if "agi_request" not in self.env:
            raise ProtocolError("no agi_request in the introduction")

    def _introduction(self) -> bytes:
        """All lines up to the empty one."""
        lines: list[bytes] = []
        while len(lines) < MAX_ENVIRONMENT_LINES:
            line = self._read_raw()
            if not line.strip():
                return b"".join(lines)
            lines.append(line)
        raise ProtocolError(f"more than {MAX_ENVIRONMENT_LINES} lines of introduction")

    def _read_line(self) -> str:
        return self._read_raw().decode("utf-8", "replace").rstrip("\r\n")

    def _read_raw(self) -> bytes:
        raw: bytes = self.stdin.readline(MAX_LINE)
        if not raw.endswith(b"\n"):
            if len(raw) == MAX_LINE:
                raise ProtocolError("a line is too long")
            self.hung_up = True
            raise ConnectionLost("the connection was closed")
        return raw

    def _quote(self, value: object) -> _Quoted:
        text = str(value)
        if _CONTROL.search(text):
            raise ValueError("a control character in an AGI argument")
        return _Quoted('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')

    def send_command(self, command: str, *args: object) -> None:
        """Write one command; every argument but numbers and the already quoted is quoted."""
        parts = [command.strip()]
        parts += [str(arg) if isinstance(arg, _Quoted | int | float) else self._quote(arg) for arg in args]
        line = " ".join(parts).encode("utf-8")
        if len(line) >= MAX_LINE:
            raise ValueError("an AGI command is too long")
        self._allow(self.reply_seconds)
        self.stdout.write(line + b"\n")
        self.stdout.flush()

    def get_result(self, stdin: BinaryIO | None = None) -> dict[str, tuple[str, str]]:
        """Read the reply to one command, `{"result": (value, data), "rest": (all behind them, "")}`."""
        code, separator, rest = self._read_reply()
        match code:
            case 200:
                value, data, more = self._result(rest)
                return {"result": (value, data), "rest": (more.strip(), "")}
            case 510:
                raise AGIInvalidCommand("a command that the peer does not know")
            case 511:
                self.hung_up = True
                raise AGIHangup("the channel is gone")
            case 520:
                self._skip_usage(separator)
                raise AGIUsageError("a command that the peer understands otherwise")
            case _:
                raise ProtocolError("an unknown reply code")

    def _read_reply(self) -> tuple[int, str, str]:
        for _ in range(MAX_STRAY_LINES):
            line = self._read_line()
            if line == "HANGUP":
                self.hung_up = True
            elif reply := _REPLY.match(line):
                return int(reply[1]), reply[2], reply[3]
        raise ProtocolError("no reply among the lines")

    def _result(self, rest: str) -> tuple[str, str, str]:
        found = _RESULT.match(rest)
        if found is None:
            raise ProtocolError("a reply without a result")
        if found[1] == "-1":
            raise AGIHangup("the channel is gone") if self.hung_up else AGIAppError("the command failed")
        return found[1], found[2] or "", found[3]

    def _skip_usage(self, separator: str) -> None:
        if separator != "-":
            return
        for _ in range(MAX_STRAY_LINES):
            if self._read_line().startswith("520 "):
                return
        raise ProtocolError("a usage text without an end")

    def ask(self, command: str, *args: object) -> tuple[str, str]:
        """Send a command and give its result's value and data; see `ask_all`."""
        value, data, _ = self.ask_all(command, *args)
        return value, data

    def ask_all(self, command: str, *args: object) -> tuple[str, str, str]:
        """Send a command and give its result's value and data, and the rest of the line.

        A failure on a channel that is gone reads like any other; `CHANNEL STATUS` tells them apart, so that a missing
        sound file is not taken for a hang-up.
        """
        try:
            reply = self.execute(command, *args)
        except AGIHangup:
            raise
        except AGIAppError:
            try:
                self.execute("CHANNEL STATUS")
            except ConnectionLost as error:
                # With AGIEXITONHANGUP Asterisk closes the connection of a caller who has gone.
                raise AGIHangup("the channel is gone") from error
            raise
        return *reply["result"], reply["rest"][0]
