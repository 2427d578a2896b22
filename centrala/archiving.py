"""Taking in what was recorded of calls, with what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from sqlalchemy import Connection

from centrala.context import SERVICE_ZONE
from centrala.settings import Recordings
from ivr import calls
from personal_data import decisions
from personal_data.kinds import RECORDINGS, Kind, Terms
from recordings import intake, parts
from recordings.catalogue import Purpose
from recordings.identity import of_call
from recordings.intake import Conversation, Rules
from recordings.parts import RecordingPart
from routing import visits
from storage.database import Database

PAGE = 500

Taken = TypeVar("Taken")


def rules(settings: Recordings, wanted: Terms) -> Rules:
    """The settings, and the terms in force, as the intake takes them; `wanted` are those of the settings."""

    def in_force(connection: Connection) -> intake.Terms:
        terms = decisions.terms(connection, wanted)
        years = {purpose: terms[kind].count for kind, purpose in RECORDINGS.items()}
        return intake.Terms(years, terms[Kind.QUARANTINE])

    return Rules(settings.format, SERVICE_ZONE, in_force)


# Takes a part in, of which that is known: what became of it.
Take = Callable[[RecordingPart, Conversation], Taken]


def take_in(database: Database, take: Take[Taken]) -> Iterator[tuple[RecordingPart, Taken]]:
    """Take in every part that is over, one after another. Raises what `take` does; what it took before stays so."""
    after = ("", -1)
    while True:
        with database.reading() as connection:
            page = parts.unsettled(connection, after, PAGE)
            known = [conversation(connection, part) for part in page]
        for part, about in zip(page, known, strict=True):
            yield part, take(part, about)
        if len(page) < PAGE:
            return
        after = (page[-1].call_id, page[-1].seq)


def conversation(connection: Connection, part: RecordingPart) -> Conversation:
    """What is known of a part of a call. A colleague who was asked has no stay of their own: the one before counts.

    With the virtual assistant a caller has no topic yet.
    """
    row = calls.find(connection, part.call_id)
    is_assisted = part.purpose == Purpose.VIRTUAL_ASSISTANT
    stays = [visit for visit in visits.of_call(connection, part.call_id) if visit.seq <= part.seq]
    stay = stays[-1] if stays and not is_assisted else None
    return Conversation(
        origin=of_call(part.call_id, part.seq),
        call_id=part.call_id,
        purpose=part.purpose,
        topic=None if is_assisted else (stay.topic if stay else None) or (row.topic if row else None),
        queue=stay.queue if stay else None,
        consultant=part.agent or None,
        level=row.auth_level if row else None,
        caller=row.ani if row else None,
        ended_at=part.ended_at,
    )
