"""Surveys: whose callers are asked, who was, and what they answered. No consultant is named in it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Connection, Index, String, Table

from storage.database import Instant, metadata
from storage.upsert import upsert

survey_offers = Table(
    "survey_offers",
    metadata,
    Column("call_id", String(36), primary_key=True),
    Column("topic", String(40), nullable=False),
    Column("callers", String(40), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_survey_offers_at", "at"),
)

survey_answers = Table(
    "survey_answers",
    metadata,
    Column("call_id", String(36), primary_key=True),
    Column("question", String(40), primary_key=True),
    Column("topic", String(40), nullable=False),
    Column("callers", String(40), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("at", Instant, nullable=False),
    Column("answer", String(1), nullable=False),
    Column("satisfied", Boolean, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A survey was offered to a caller of the group `callers`; once in a call."""

    call_id: str
    topic: str
    callers: str
    lang: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A question was answered by a key; `satisfied` is what that key meant."""

    call_id: str
    question: str
    topic: str
    callers: str
    lang: str
    at: datetime
    answer: str
    satisfied: bool


def is_drawn(call_id: str, share: int) -> bool:
    """Whether a call is among the `share` percent that are asked: for one call always the same."""
    return int.from_bytes(hashlib.sha256(call_id.encode()).digest()[:8]) % 100 < share


def offered(connection: Connection, offer: Offer) -> None:
    """Keep an offer; told twice it stays as it was."""
    connection.execute(upsert(connection, survey_offers, key=("call_id",), changing=()), asdict(offer))


def answered(connection: Connection, answer: Answer) -> None:
    """Keep an answer; told twice it stays as it was."""
    statement = upsert(connection, survey_answers, key=("call_id", "question"), changing=())
    connection.execute(statement, asdict(answer))
