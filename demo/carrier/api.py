"""The carrier's API for text messages on loopback, as it is documented: create one, list those to a number.

Source: https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

CREATED, OK, BAD_REQUEST, UNAUTHORIZED = 201, 200, 400, 401
# The connection is closed without an answer; the message is sent all the same.
SILENCE = 0


@dataclass(slots=True)
class Api:
    """What was sent, and what the next requests to send meet instead of being served: HTTP statuses, or SILENCE.

    `lists`: the status by which it lists what was sent.
    """

    account: str
    token: str = field(repr=False)
    now: Any
    sent: list[dict[str, Any]] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    lists: int = OK
    address: tuple[str, int] = ("127.0.0.1", 0)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def http_client(self) -> TwilioHttpClient:
        """The library's own HTTP client, whose requests come here."""
        return _Here(self)

    def create(self, told: dict[str, str]) -> dict[str, Any]:
        """A message is sent."""
        with self.lock:
            made = {
                "sid": f"SM{len(self.sent):032x}",
                "status": "queued",
                "to": told["To"],
                "from": told.get("From"),
                "messaging_service_sid": told.get("MessagingServiceSid"),
                "body": told["Body"],
                "status_callback": told.get("StatusCallback"),
                "date_created": format_datetime(self.now()),
                "direction": "outbound-api",
            }
            self.sent.append(made)
            return made


class _Here(TwilioHttpClient):  # type: ignore[misc]
    def __init__(self, api: Api) -> None:
        super().__init__(timeout=5.0)
        self._api = api

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        """Ask the API on loopback what was to be asked elsewhere."""
        parts = urlsplit(url)
        self._api.hosts.append(parts.netloc)
        host, port = self._api.address
        return super().request(
            method, urlunsplit(parts._replace(scheme="http", netloc=f"{host}:{port}")), *args, **options
        )


@contextmanager
def api_on_loopback(account: str, token: str, now: Any) -> Iterator[Api]:
    """Serve meanwhile."""
    api = Api(account, token, now)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(api))
    api.address = ("127.0.0.1", server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(api: Api) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            told = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            if not self._is_known():
                return self._answer(UNAUTHORIZED, {"code": 20003, "message": "Authenticate", "status": UNAUTHORIZED})
            fault = api.faults.pop(0) if api.faults else CREATED
            if fault == SILENCE:
                api.create(told)
                self.connection.close()
                return None
            if fault != CREATED:
                code = 21211 if fault == BAD_REQUEST else 20000 + fault
                return self._answer(fault, {"code": code, "message": "refused", "status": fault})
            return self._answer(CREATED, api.create(told))

        def do_GET(self) -> None:
            if api.lists != OK:
                return self._answer(api.lists, {"code": 20000 + api.lists, "message": "refused", "status": api.lists})
            to = parse_qs(urlsplit(self.path).query).get("To", [""])[0]
            found = [one for one in reversed(api.sent) if one["to"] == to]
            return self._answer(OK, {"messages": found, "next_page_uri": None, "page": 0, "page_size": 50})

        def _is_known(self) -> bool:
            given = self.headers.get("Authorization", "").removeprefix("Basic ")
            root = f"/2010-04-01/Accounts/{api.account}/Messages.json"
            known = base64.b64encode(f"{api.account}:{api.token}".encode()).decode()
            return given == known and urlsplit(self.path).path == root

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    return Handler
