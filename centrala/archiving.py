"""Taking in what was recorded of calls, with what is known of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from centrala.context import SERVICE_ZONE
from centrala.settings import Recordings
from ivr import calls
from personal_data.kinds import RECORDINGS, Kind, Terms
from recordings import parts
from recordings.catalogue import Purpose
from recordings.identity import of_call
from recordings.intake import Conversation, Fate, Intake, Rules
from recordings.parts import RecordingPart
from routing import visits
from storage.database import Database

PAGE = 500


def rules(settings: Recordings, terms: Terms) -> Rules:
    """The settings, and the terms in force, as the intake takes them."""
    years = {purpose: terms[kind].count for kind, purpose in RECORDINGS.items()}
    return Rules(settings.format, years, SERVICE_ZONE, terms[Kind.QUARANTINE])


def take_in(database: Database, intake: Intake, at: datetime) -> Iterator[tuple[RecordingPart, Fate]]:
    """Take in every part that is over, one after another.

    Raises EncoderFault, KeyMissing, OSError; what was taken in before stays so.
    """
    after = ("", -1)
    while True:
        with database.reading() as connection:
            page = parts.unsettled(connection, after, PAGE)
            known = [conversation(connection, part) for part in page]
        for part, about in zip(page, known, strict=True):
            yield part, intake.take_part(part, about, at)
        if len(page) < PAGE:
            return
        after = (page[-1].call_id, page[-1].seq)


def conversation(connection: Connection, part: RecordingPart) -> Conversation:
    """What is known of a part of a call. A colleague who was asked has no stay of their own: the one before counts."""
    row = calls.find(connection, part.call_id)
    stays = [visit for visit in visits.of_call(connection, part.call_id) if visit.seq <= part.seq]
    stay = stays[-1] if stays else None
    return Conversation(
        origin=of_call(part.call_id, part.seq),
        call_id=part.call_id,
        purpose=Purpose.CONSULTANT_CALL,
        topic=(stay.topic if stay else None) or (row.topic if row else None),
        queue=stay.queue if stay else None,
        consultant=part.agent,
        level=row.auth_level if row else None,
        caller=row.ani if row else None,
        ended_at=part.ended_at,
    )
