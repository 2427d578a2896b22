"""Text messages: what is to be sent to whom, what has become of it, and how often a number may be written to.

Each has a key of whoever wants it, and is sent once however often it is asked for. It is claimed before the carrier is
asked to send it; where no answer came nobody knows whether it was sent, until the carrier is asked what it has. The
digest of its words is kept with the claim: the menus may have other words by then, or none.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    String,
    Table,
    func,
    select,
    text,
    update,
)

from storage.database import Instant, metadata
from storage.upsert import upsert

State = Literal["waiting", "sending", "sent", "delivered", "undelivered", "refused"]
# As a message goes on; reports that come late turn nothing back.
RANKS = {"waiting": 0, "sending": 1, "sent": 2, "delivered": 3, "undelivered": 3, "refused": 3}
OVER = ("delivered", "undelivered", "refused")
DAY = timedelta(days=1)
MOST_TRIES = 5
# After a try that the carrier did not take; each following pause is twice as long.
FIRST_PAUSE = timedelta(minutes=1)
# A message in the middle of being sent for so long has no answer any more.
ANSWER = timedelta(minutes=2)

LIMITS = int.from_bytes(b"messages")  # PostgreSQL's advisory locks are named by 64-bit numbers
_SENDING = text("state = 'sending'")

text_messages = Table(
    "text_messages",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("key", String(120), nullable=False),
    Column("number", String(20), nullable=False),
    Column("template", String(40), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("call_id", String(36)),
    Column("requested_at", Instant, nullable=False),
    Column("state", String(12), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Instant),
    Column("tried_at", Instant),
    Column("words", String(64)),
    Column("carrier_id", String(64)),
    Column("code", String(20)),
    Column("over_at", Instant),
    CheckConstraint(
        "state IN ('waiting', 'sending', 'sent', 'delivered', 'undelivered', 'refused')", name="text_message_state"
    ),
    Index("ix_text_messages_key", "key", unique=True),
    Index("ix_text_messages_number", "number"),
    Index("ix_text_messages_call_id", "call_id"),
    Index("ix_text_messages_next_try_at", "next_try_at"),
    Index("ix_text_messages_requested_at", "requested_at"),
    Index("ix_text_messages_carrier_id", "carrier_id"),
    Index("ix_text_messages_tried_at", "tried_at", sqlite_where=_SENDING, postgresql_where=_SENDING),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many messages a number gets in 24 hours, and all numbers together."""

    per_number: int
    in_all: int


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A message to a number (E.164): a template of the menu file in a language.

    `call_id` is the call that it is about, where there is one; `words` is the digest of what was last sent.
    `carrier_id` is what the carrier calls it, `code` the carrier's, or our own, reason why it was not delivered.
    """

    id: str
    key: str
    number: str
    template: str
    lang: str
    requested_at: datetime
    next_try_at: datetime | None
    state: State = "waiting"
    tries: int = 0
    tried_at: datetime | None = None
    words: str | None = None
    carrier_id: str | None = None
    code: str | None = None
    over_at: datetime | None = None
    call_id: str | None = None


def request(connection: Connection, message: TextMessage, limits: Limits) -> TextMessage:
    """Keep a message that is to be sent, and give it as it is kept; one that has its key already stays as it was."""
    _one_at_a_time(connection)
    since = message.requested_at - DAY
    if find_by_key(connection, message.key) is None and _are_spent(connection, message.number, since, limits):
        message = _refused(message, "limit")
    connection.execute(upsert(connection, text_messages, key=("key",), changing=()), asdict(message))
    found = find_by_key(connection, message.key)
    assert found is not None, "it has just been kept"
    return found


def _one_at_a_time(connection: Connection) -> None:
    """Until this transaction ends nobody else asks for a message. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LIMITS)))


def _refused(message: TextMessage, code: str) -> TextMessage:
    values = asdict(message) | {"state": "refused", "code": code, "next_try_at": None, "over_at": message.requested_at}
    return TextMessage(**values)


def _are_spent(connection: Connection, number: str, since: datetime, limits: Limits) -> bool:
    c = text_messages.c
    counted = select(func.count()).where(c.requested_at > since, c.state != "refused")
    to_number = connection.execute(counted.where(c.number == number)).scalar_one()
    return to_number >= limits.per_number or connection.execute(counted).scalar_one() >= limits.in_all


def find_by_key(connection: Connection, key: str) -> TextMessage | None:
    """The message with that key."""
    found = matching(connection, text_messages.c.key == key)
    return found[0] if found else None


def find(connection: Connection, id: str) -> TextMessage | None:
    """The message of that id."""
    found = matching(connection, text_messages.c.id == id)
    return found[0] if found else None


def due(connection: Connection, at: datetime) -> tuple[TextMessage, ...]:
    """Those to be sent now, the oldest first."""
    c = text_messages.c
    return matching(connection, (c.state == "waiting") & (c.next_try_at <= at))


def unanswered(connection: Connection, at: datetime) -> tuple[TextMessage, ...]:
    """Those that the carrier was asked to send, and nobody knows what has become of it."""
    c = text_messages.c
    return matching(connection, (c.state == "sending") & (c.tried_at <= at - ANSWER))


def newest(connection: Connection, limit: int) -> tuple[TextMessage, ...]:
    """The newest, newest first."""
    query = select(text_messages).order_by(text_messages.c.requested_at.desc()).limit(limit)
    return tuple(_message(row) for row in connection.execute(query))


def matching(connection: Connection, where: ColumnElement[bool]) -> tuple[TextMessage, ...]:
    """Those of which that is so, the oldest first."""
    query = select(text_messages).where(where).order_by(text_messages.c.requested_at, text_messages.c.id)
    return tuple(_message(row) for row in connection.execute(query))


def claim(connection: Connection, message: TextMessage, body: str, at: datetime) -> TextMessage | None:
    """The message as it is this process's to send with that body; None: another one was quicker."""
    c = text_messages.c
    mine = (c.id == message.id) & (c.state == "waiting") & (c.tries == message.tries)
    tries, words = message.tries + 1, digest(body)
    values = {"state": "sending", "tries": tries, "tried_at": at, "words": words, "next_try_at": None}
    if connection.execute(update(text_messages).where(mine).values(**values)).rowcount == 0:
        return None
    return replace(message, state="sending", tries=tries, tried_at=at, words=words, next_try_at=None)


def digest(body: str) -> str:
    """What is kept of a body, by which it is known again."""
    return hashlib.sha256(body.encode()).hexdigest()


def again(connection: Connection, message: TextMessage, at: datetime) -> None:
    """The carrier has not taken it: later once more, or never, where it was tried often enough."""
    tries = message.tries
    if tries >= MOST_TRIES:
        return _change(connection, message, state="undelivered", code="not-taken", over_at=at)
    pause = FIRST_PAUSE * 2 ** (tries - 1)
    return _change(connection, message, state="waiting", next_try_at=at + pause)


def refused(connection: Connection, message: TextMessage, code: str, at: datetime) -> None:
    """It will never be sent."""
    _change(connection, message, state="refused", code=code[:20], next_try_at=None, over_at=at)


def reported(
    connection: Connection, id: str, carrier_id: str, state: State, at: datetime, code: str | None = None
) -> None:
    """What the carrier tells of a message; what it has told before, or told later, changes nothing.

    It holds whichever try it is about: what the carrier has must not be sent once more.
    """
    found = _locked(connection, id)
    if found is None or found.carrier_id not in (None, carrier_id) or RANKS[state] <= RANKS[found.state]:
        return
    values: dict[str, object] = {"state": state, "carrier_id": carrier_id, "code": code, "next_try_at": None}
    _change(connection, found, **values, over_at=at if state in OVER else None)


def knows(connection: Connection, carrier_id: str) -> bool:
    """Whether some message is the carrier's of that id."""
    query = select(text_messages.c.id).where(text_messages.c.carrier_id == carrier_id)
    return connection.execute(query).first() is not None


def _locked(connection: Connection, id: str) -> TextMessage | None:
    """The message of that id, which nobody else changes until this transaction ends."""
    row = connection.execute(select(text_messages).where(text_messages.c.id == id).with_for_update()).first()
    return None if row is None else _message(row)


def _change(connection: Connection, message: TextMessage, **values: object) -> None:
    """Change a message that is still as it was: its try may have been found out, and be followed by another."""
    c = text_messages.c
    as_it_was = (c.id == message.id) & (c.state == message.state) & (c.tries == message.tries)
    connection.execute(update(text_messages).where(as_it_was).values(**values))


def _message(row: object) -> TextMessage:
    values = dict(row._mapping)  # type: ignore[attr-defined]
    return TextMessage(**values | {"state": cast("State", values["state"])})
