"""The webhooks over HTTP (Starlette): only what the carrier has signed is looked at, and only so much of it.

The signature is checked against the configured public URL, never against what a request says of itself.
Source: https://www.twilio.com/docs/usage/security#validating-requests
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from ivr.audio import AudioError
from ivr.gateways.twilio.forms import BadForm, Form, Report, Told, form_of, report_by, told_by
from ivr.gateways.twilio.links import PREFIX, Links
from ivr.gateways.twilio.webhooks import SOUND, Asked, Webhooks, retry_of
from storage.database import reason_of

MOST_BYTES = 64 * 1024
# Within which a whole request must be there.
BODY_SECONDS = 10.0
MOST_RETRIES_DIGITS = 2
SIGNATURE = "x-twilio-signature"
CACHED = {"Cache-Control": "private, max-age=3600"}
UNKEPT = {"Cache-Control": "no-store"}

log = structlog.get_logger()

Answer = Callable[[Told, Request, Asked], str]


# Is told of a text message what the carrier reports: our id of it, and the report.
Reported = Callable[[str, Report], None]
Now = Callable[[], datetime]


class Digits(Convertor[int]):
    """A number in a path; `int` takes any number of digits, and Python refuses to read more than 4300 of them."""

    regex = "[0-9]{1,10}"

    def convert(self, value: str) -> int:
        """As it is read."""
        return int(value)

    def to_string(self, value: int) -> str:
        """As it is written."""
        return str(value)


register_url_convertor("digits", Digits())


class TooLarge(Exception):
    """A body longer than any webhook's."""


class Refused(Exception):
    """Not signed by the carrier."""


class App:
    """The routes. `tokens` are those that webhooks may be signed with: while it is changed there are two."""

    def __init__(
        self, webhooks: Webhooks, links: Links, tokens: Sequence[str], sounds: Path, now: Now, reported: Reported
    ) -> None:
        self._webhooks = webhooks
        self._links = links
        self._validators = [RequestValidator(token) for token in tokens]
        self._sounds = sounds
        self._now = now
        self._reported = reported

    def routes(self) -> Starlette:
        """The application."""
        turn = f"{PREFIX}/calls/{{call_id}}/{{turn:digits}}"
        webhooks = self._webhooks
        return Starlette(
            routes=[
                self._post(f"{PREFIX}/voice", lambda told, _request, _asked: webhooks.begin(told)),
                self._post(turn, lambda told, request, asked: webhooks.go_on(told, *_turn(request), asked)),
                self._post(
                    f"{turn}/dialled", lambda told, request, asked: webhooks.leg_over(told, *_turn(request), asked)
                ),
                Route(f"{PREFIX}/status", self._status, methods=["POST"]),
                Route(f"{PREFIX}/messages/{{message_id}}", self._message, methods=["POST"]),
                Route(f"{PREFIX}/sounds/{{until:digits}}/{{signature}}/{{name}}.wav", self._sound, methods=["GET"]),
                Route(f"{PREFIX}/numbers/{{until:digits}}/{{signature}}/{{name}}.wav", self._number, methods=["GET"]),
            ]
        )

    def _post(self, path: str, answer: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            return await _explained(self._answered(request, answer))

        return Route(path, endpoint, methods=["POST"])

    async def _answered(self, request: Request, answer: Answer) -> Response:
        url = self._links.base + _path_of(request)
        form = self._signed(request, url, await _body(request))
        told, asked = told_by(form), _asked(request)
        try:
            document = await run_in_threadpool(answer, told, request, asked)
        except Exception as error:
            _tell(error)
            again = retry_of(url.partition("?")[0], asked)
            document = await run_in_threadpool(self._webhooks.sorry) if again is None else again
        return _twiml(document)

    async def _status(self, request: Request) -> Response:
        async def noted() -> Response:
            form = self._signed(request, self._links.base + _path_of(request), await _body(request))
            await run_in_threadpool(self._webhooks.status, told_by(form))
            return Response(status_code=204)

        return await _explained(noted())

    async def _message(self, request: Request) -> Response:
        async def noted() -> Response:
            form = self._signed(request, self._links.base + _path_of(request), await _body(request))
            # An error is the carrier's cue to report once more.
            await run_in_threadpool(self._reported, request.path_params["message_id"], report_by(form))
            return Response(status_code=204)

        return await _explained(noted())

    def _signed(self, request: Request, url: str, body: bytes) -> Form:
        """The form, if the carrier has signed it. Raises Refused, BadForm."""
        signature = request.headers.get(SIGNATURE)
        if not signature:
            raise Refused
        form = form_of(body)
        if not any(validator.validate(url, form, signature) for validator in self._validators):
            raise Refused
        return form

    def _may_have(self, request: Request, kind: str) -> str | None:
        """The name of the sound that a signed URL asks for."""
        name, signature = request.path_params["name"], request.path_params["signature"]
        until = request.path_params["until"]
        return name if self._links.is_genuine(kind, name, until, signature, self._now().timestamp()) else None

    async def _sound(self, request: Request) -> Response:
        name = self._may_have(request, "sounds")
        if name is None:
            return Response(status_code=403)
        path = self._sounds / f"{name}.wav"
        if not SOUND.fullmatch(name) or not path.is_file():
            return Response(status_code=404)
        return FileResponse(path, media_type="audio/wav", headers=CACHED)

    async def _number(self, request: Request) -> Response:
        name = self._may_have(request, "numbers")
        if name is None:
            return Response(status_code=403)
        try:
            sound = await run_in_threadpool(self._webhooks.number, name)
        except (AudioError, SQLAlchemyError) as error:
            log.error("digits cannot be said", kind=type(error).__name__)
            return Response(status_code=503)
        if sound is None:
            return Response(status_code=404)
        return Response(sound, media_type="audio/wav", headers=UNKEPT)


async def _explained(answering: Awaitable[Response]) -> Response:
    """The answer, or the status that tells what is wrong with the request; nothing of it is repeated."""
    try:
        return await answering
    except Refused:
        log.warning("a request without the carrier's signature")
        return Response(status_code=403)
    except TooLarge:
        return Response(status_code=413)
    except BadForm as error:
        log.warning("a webhook that cannot be understood", reason=str(error))
        return Response(status_code=400)
    except (TimeoutError, ClientDisconnect):
        return Response(status_code=408)
    except SQLAlchemyError as error:
        _tell(error)
        return Response(status_code=503)


def _tell(error: Exception) -> None:
    """A fault of ours costs its caller a moment, and no call."""
    if isinstance(error, SQLAlchemyError):
        log.error("a call cannot be kept", reason=reason_of(error))
    else:
        log.error("a webhook failed", exc_info=error)


async def _body(request: Request) -> bytes:
    """What was posted. Raises TooLarge before more of it is read than a webhook has; TimeoutError."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > MOST_BYTES:
        raise TooLarge
    body = bytearray()
    async with asyncio.timeout(BODY_SECONDS):
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                raise TooLarge
    return bytes(body)


def _path_of(request: Request) -> str:
    """Path and query as they were sent: what was signed."""
    path = request.scope["raw_path"].partition(b"?")[0].decode("ascii", "replace")
    query = request.scope["query_string"].decode("ascii", "replace")
    return f"{path}?{query}" if query else path


def _turn(request: Request) -> tuple[str, int]:
    return request.path_params["call_id"], request.path_params["turn"]


def _asked(request: Request) -> Asked:
    asked = request.query_params
    again = asked.get("again", "")
    is_number = again.isdecimal() and len(again) <= MOST_RETRIES_DIGITS
    return Asked("full" in asked, "said" in asked, int(again) if is_number else 0)


def _twiml(document: str) -> Response:
    return Response(document, media_type="application/xml", headers=UNKEPT)
