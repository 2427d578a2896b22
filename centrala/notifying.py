"""Sending text messages by the carrier, and telling callers whom nobody has reached.

Whatever goes wrong between asking the carrier and its answer, a message is not sent twice: what has no answer is looked
for among what the carrier has, before it is tried again.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import requests
import structlog
from sqlalchemy import Connection
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from centrala.settings import Messages, Settings, Twilio
from ivr.library import Library
from routing import callbacks, text_messages
from routing.phone_numbers import Allowed, Refused, check
from routing.text_messages import ANSWER, Limits, State, TextMessage, digest
from storage.database import Database

ANSWER_SECONDS = 10.0
# Of a try that another one follows, and of the last one.
MISSED_TEMPLATE, GIVEN_UP_TEMPLATE = "callback-missed", "callback-given-up"
# Clocks differ, and the carrier tells whole seconds.
SKEW = timedelta(seconds=30)
MOST_LISTED = 50
SERVICE = "MG"
BAD_REQUEST, TIMEOUT, TOO_MANY, CLIENT_ERRORS = 400, 408, 429, range(400, 500)

# The carrier's words for what we have fewer of: https://www.twilio.com/docs/messaging/api/message-resource
STATES: dict[str, State] = {
    "accepted": "sent",
    "scheduled": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "undelivered",
    "canceled": "undelivered",
}

# Its lines hold numbers and texts.
logging.getLogger("twilio").setLevel(logging.CRITICAL)

log = structlog.get_logger()


class NotSent(Exception):
    """A message that may not be sent; the text is for people."""


def make_client(account: str, token: str, twilio: Twilio, http_client: TwilioHttpClient | None = None) -> Client:
    """The carrier's API where the settings say that the account's data is."""
    chosen = http_client or TwilioHttpClient(timeout=ANSWER_SECONDS)
    messages = twilio.messages
    region = messages.region if messages is not None and messages.region else twilio.region
    # A process's own environment must not send data elsewhere.
    return Client(account, token, region=region, edge=twilio.edge, http_client=chosen, environment={})


@dataclass(frozen=True, slots=True)
class Outbox:
    """Messages that are to be sent, within the limits of the settings."""

    database: Database
    library: Library
    settings: Messages
    countries: tuple[str, ...]
    now: Callable[[], datetime]

    def request(self, number: str, template: str, lang: str, key: str, call_id: str | None = None) -> TextMessage:
        """Have a message sent, about a call; with a key that there is already nothing happens. Raises NotSent."""
        message = self._made(number, template, lang, key, call_id)
        with self.database.writing() as connection:
            return text_messages.request(connection, message, self._limits)

    def _made(self, number: str, template: str, lang: str, key: str, call_id: str | None) -> TextMessage:
        found = check(number, Allowed(self.countries, frozenset({"mobile"})))
        if isinstance(found, Refused):
            raise NotSent(f"the number is {found.reason}: text messages go to mobile numbers of {self.countries[0]}")
        if self.text(template, lang) is None:
            raise NotSent(f'menus.yaml has no message "{template}" in "{lang}"')
        at = self.now()
        return TextMessage(str(uuid.uuid4()), key, found.number, template, lang, at, at, call_id=call_id)

    @property
    def _limits(self) -> Limits:
        return Limits(self.settings.per_number_a_day, self.settings.a_day)

    def text(self, template: str, lang: str) -> str | None:
        """The words of a template, as the menus have them now."""
        return self.library.current.messages.get((template, lang))

    def remind(self) -> None:
        """Tell those whom a callback has not reached that they will be called again, once for each try."""
        with self.database.reading() as connection:
            waiting = callbacks.waiting_callbacks(connection)
        for one in waiting:
            if one.tries and one.next_try_at is not None and one.next_try_at > self.now():
                self._remind(one)

    def _remind(self, one: callbacks.Callback) -> None:
        key = _key_of(one)
        with self.database.reading() as connection:
            is_known = text_messages.find_by_key(connection, key) is not None
        if not is_known:
            # This is asked every few seconds: a fixed line is nothing to tell of, and what menus lack is told at once.
            with contextlib.suppress(NotSent), self.database.writing() as connection:
                message = self._made(one.number, MISSED_TEMPLATE, one.lang, key, one.call_id)
                # One of the day's messages is left for the last word: who expects no call any more has to know.
                limits = replace(self._limits, per_number=self._limits.per_number - 1)
                text_messages.request(connection, message, limits)

    def give_up(self, connection: Connection, one: callbacks.Callback) -> None:
        """Have somebody told who will not be called any more, in the transaction that says so."""
        with contextlib.suppress(NotSent):
            key = f"{_keys_of(one.call_id)}given-up"
            message = self._made(one.number, GIVEN_UP_TEMPLATE, one.lang, key, one.call_id)
            text_messages.request(connection, message, self._limits)

    def is_outdated(self, connection: Connection, message: TextMessage) -> bool:
        """Whether it is a reminder that had to wait until its callback was over, being made, or reminded of anew."""
        call_id = message.call_id or ""
        if message.template != MISSED_TEMPLATE or not message.key.startswith(_keys_of(call_id)):
            return False
        one = callbacks.find(connection, call_id)
        if one is None or one.state != "waiting" or one.line_at is not None:
            return True
        newest = text_messages.find_by_key(connection, _key_of(one))
        return newest is not None and newest.key != message.key and newest.state != "refused"

    def untold(self) -> tuple[tuple[str, str], ...]:
        """What the menus have no words for, of what is told of callbacks: templates and languages."""
        current = self.library.current
        wanted = itertools.product((MISSED_TEMPLATE, GIVEN_UP_TEMPLATE), current.languages)
        return tuple(one for one in wanted if one not in current.messages)


def _keys_of(call_id: str) -> str:
    """How the keys of what is told of a callback begin."""
    return f"callback:{call_id}:"


def _key_of(one: callbacks.Callback) -> str:
    """The key of the reminder after its last try."""
    return f"{_keys_of(one.call_id)}{one.tries}"


class Sender:
    """Has the carrier send what is due. Any number of processes may."""

    def __init__(self, outbox: Outbox, client: Client, report_url: Callable[[str], str]) -> None:
        self._outbox = outbox
        self._client = client
        self._report_url = report_url
        self._blamed: int | None = None
        self._in_the_dark = False

    def deliver(self, stops: Callable[[], bool] = lambda: False) -> int:
        """Send what is due, and find out about what has no answer, until it stops; how many were sent."""
        with self._outbox.database.reading() as connection:
            waiting = text_messages.due(connection, self._outbox.now())
            open_ = text_messages.unanswered(connection, self._outbox.now())
        looked = map(self._find_out, itertools.takewhile(lambda _: not stops(), open_))
        self._tell_of_looking([fault for fault in looked if fault is not None])
        return sum(map(self._send, itertools.takewhile(lambda _: not stops(), waiting)))

    def _send(self, message: TextMessage) -> bool:
        text = self._outbox.text(message.template, message.lang)
        if text is None:
            return self._refuse(message, "no-template")
        with self._outbox.database.writing() as connection:
            if self._outbox.is_outdated(connection, message):
                text_messages.refused(connection, message, "outdated", self._outbox.now())
                return False
            claimed = text_messages.claim(connection, message, text, self._outbox.now())
        if claimed is None:
            return False
        try:
            made = self._client.messages.create(
                to=message.number,
                body=text,
                status_callback=self._report_url(message.id),
                **_as_sender(self._outbox.settings.sender),
            )
        except TwilioRestException as error:
            return self._not_taken(claimed, error)
        except (TwilioException, requests.RequestException, OSError, ValueError) as error:
            log.warning("a text message has no answer", message=message.id, kind=type(error).__name__)
            return False
        self._blamed = None
        self._report(message.id, made.sid, made.status)
        return True

    def _not_taken(self, message: TextMessage, error: TwilioRestException) -> bool:
        if error.status == BAD_REQUEST:
            return self._refuse(message, str(error.code or error.status))
        if error.status == TIMEOUT or error.status not in CLIENT_ERRORS:
            # It may have been sent all the same.
            log.warning("a text message has no answer", message=message.id, status=error.status)
            return False
        if error.status != TOO_MANY:
            self._blame(error)
        with self._outbox.database.writing() as connection:
            text_messages.again(connection, message, self._outbox.now())
        return False

    def _blame(self, error: TwilioRestException) -> None:
        """The fault is the account's, its token's or its region's: told once, not with each message."""
        if error.status != self._blamed:
            log.error(
                "the carrier takes no text messages: see twilio: account:, region: and the token of the settings",
                status=error.status,
                code=error.code,
            )
        self._blamed = error.status

    def _refuse(self, message: TextMessage, code: str) -> bool:
        log.warning("a text message was refused", message=message.id, code=code)
        with self._outbox.database.writing() as connection:
            text_messages.refused(connection, message, code, self._outbox.now())
        return False

    def _tell_of_looking(self, faults: Sequence[str]) -> None:
        """When it begins and when it is over, as the same messages are looked for every few seconds."""
        if faults and not self._in_the_dark:
            log.warning(
                "text messages cannot be looked for at the carrier: they wait", kind=faults[0], count=len(faults)
            )
        elif self._in_the_dark and not faults:
            log.info("it is known again what has become of text messages")
        self._in_the_dark = bool(faults)

    def _find_out(self, message: TextMessage) -> str | None:
        """Whether the carrier has sent it, by what it has sent to the number since; what kept it from telling."""
        try:
            there = self._client.messages.list(to=message.number, limit=MOST_LISTED)
        except (TwilioException, requests.RequestException, OSError, ValueError) as error:
            return type(error).__name__
        with self._outbox.database.writing() as connection:
            unknown = [one for one in there if not text_messages.knows(connection, one.sid)]
            found = sent_as(message, self._outbox.settings.sender, unknown)
            if found is None:
                text_messages.again(connection, message, self._outbox.now())
            else:
                state = STATES.get(str(found.status), "sent")
                text_messages.reported(connection, message.id, found.sid, state, self._outbox.now())
        return None

    def _report(self, id: str, carrier_id: str, status: object) -> None:
        report(self._outbox.database, id, carrier_id, str(status), None, self._outbox.now())


def sent_as(message: TextMessage, sender: str, there: Sequence[MessageInstance]) -> MessageInstance | None:
    """Which of what the carrier has sent to the number is the last try of a message, if any.

    It came from our sender about when we tried. The same words are the best sign; but the carrier may keep them with
    other characters, and better one message too few than one twice.
    """
    assert message.tried_at is not None, "it was claimed"
    first, last = message.tried_at - SKEW, message.tried_at + ANSWER - SKEW

    def is_it(one: MessageInstance) -> bool:
        is_ours = sender in (one.from_, one.messaging_service_sid)
        return is_ours and one.date_created is not None and first <= one.date_created <= last

    def likeness(one: MessageInstance) -> tuple[bool, datetime]:
        return digest(one.body or "") != message.words, one.date_created

    return min(filter(is_it, there), key=likeness, default=None)


def _as_sender(sender: str) -> dict[str, str]:
    """A number or a name sends by itself, a messaging service by one of its numbers."""
    return {"messaging_service_sid" if sender.startswith(SERVICE) else "from_": sender}


def report(database: Database, id: str, carrier_id: str, status: str, code: str | None, at: datetime) -> None:
    """What the carrier tells of a message; a word that it did not have before means nothing."""
    state = STATES.get(status)
    if state is not None:
        with database.writing() as connection:
            text_messages.reported(connection, id, carrier_id, state, at, code)


def countries_of(settings: Settings) -> tuple[str, ...]:
    """Where messages may go: where callers may be called back."""
    return tuple(settings.callbacks.countries)
