"""The carrier's side of HTTP: signed requests to webhooks, a second try where a connection fails, and sounds."""

from __future__ import annotations

import http.client
import io
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides: 15 s to answer, one retry.
ANSWER_SECONDS = 15.0
TRIES = 2
OK, NO_CONTENT = 200, 204
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "User-Agent": "TwilioProxy/1.1"}


class LineError(Exception):
    """A webhook or a sound was not answered as it must be; `status` is that of HTTP, 0 where there was no answer."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(f"{url}: {status or 'no answer'}")
        self.status = status


@dataclass(slots=True)
class Line:
    """Requests to the service below `base`, signed by `token`. One line belongs to one call."""

    base: str
    account: str
    token: str = field(repr=False)
    connection: http.client.HTTPConnection | None = None

    def post(self, url: str, values: Mapping[str, str], signature: str | None = None) -> bytes:
        """What a webhook answers. Raises LineError."""
        signed = RequestValidator(self.token).compute_signature(url, values) if signature is None else signature
        body = urlencode(values).encode("ascii")
        status, answer = self._ask("POST", url, body, FORM | {"X-Twilio-Signature": signed})
        if status not in (OK, NO_CONTENT):
            raise LineError(url, status)
        return answer

    def seconds(self, url: str) -> float:
        """Get a sound as it is played; how long it is. Raises LineError."""
        status, answer = self._ask("GET", url, b"", {})
        if status != OK:
            raise LineError(url, status)
        with wave.open(io.BytesIO(answer)) as file:
            return float(file.getnframes() / file.getframerate())

    def close(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        path = url.removeprefix(self.base)
        for _ in range(TRIES):
            connection = self.connection or self._connect()
            try:
                connection.request(method, path, body or None, dict(headers))
                response = connection.getresponse()
                return response.status, response.read()
            except (OSError, http.client.HTTPException):
                self.close()
        raise LineError(url, 0)

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.base)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=ANSWER_SECONDS)
        return self.connection
