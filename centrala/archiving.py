"""Recordings and the rest of the installation: their keys, and what is known of the calls that they are of."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from centrala.context import SERVICE_ZONE
from centrala.settings import Recordings
from ivr import calls
from recordings import parts
from recordings.archive import Archive
from recordings.catalogue import Purpose
from recordings.faults import KeyMissing, RecordingFault
from recordings.identity import of_call
from recordings.intake import Conversation, Fate, Intake, Rules, alone
from recordings.key_encryption import VARIABLE, KeyEncryption, make_key, read_keys
from recordings.key_store import KeyStore
from recordings.parts import RecordingPart
from routing import visits
from storage.database import Database, reason_of
from storage.home import Home
from storage.installation import Installation

KEYS_URL = "CENTRALA_KEYS_URL"
PAGE = 500
MOST_KEYS_A_DAY = 100


@contextmanager
def open_archive(opened: Installation, environ: Mapping[str, str], today: date) -> Iterator[Archive]:
    """The archive with its keys; where there has never been any, a first key is made, and said so on stderr.

    Raises RecordingFault: the database of keys cannot be used; KeyMissing: a key that wraps is not there; OSError.
    """
    home = opened.home
    given = read_keys(key_folder(home), environ)
    with open_keys(home, environ, given or KeyEncryption({})) as keys:
        wrapping = keys.wrapped_by()
        if missing := sorted(wrapping.keys() - (given.keys.keys() if given else ())):
            raise KeyMissing(
                f"{', '.join(missing)}: missing, but recordings' keys are wrapped with it; put it back from your "
                f"backup into {key_folder(home)}, or into {VARIABLE}"
            )
        if given is not None:
            yield Archive(home.archive, keys)
            return
    with alone(home):
        # Another process may have been quicker.
        if read_keys(key_folder(home), environ) is None:
            make_new_key(home, f"{today:%Y-%m-%d}")
    with open_archive(opened, environ, today) as archive:
        yield archive


@contextmanager
def open_keys(home: Home, environ: Mapping[str, str], encryption: KeyEncryption) -> Iterator[KeyStore]:
    """The database of keys. Raises RecordingFault, OSError."""
    url = _keys_url(home, environ)
    try:
        store = KeyStore(url, encryption)
    except (ArgumentError, ModuleNotFoundError, ValueError) as error:
        raise RecordingFault(f"{KEYS_URL}: no address of a database ({type(error).__name__})") from None
    except SQLAlchemyError as error:
        raise RecordingFault(f"the database of recordings' keys cannot be used: {reason_of(error)}") from None
    with closing(store):
        yield store


def _keys_url(home: Home, environ: Mapping[str, str]) -> str:
    named = environ.get(KEYS_URL)
    if named and named == home.database_url:
        raise RecordingFault(f"{KEYS_URL}: the keys need a database of their own, with backups of its own")
    if named:
        return named
    folder = home.path / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    return URL.create("sqlite", database=str(folder / "recording-keys.db")).render_as_string()


def key_folder(home: Home) -> Path:
    """Where the keys that wrap lie, unless the environment has them."""
    return home.secrets / "recording-keys"


def make_new_key(home: Home, id: str) -> None:
    """Make a key that wraps, and say so on stderr. Raises OSError."""
    path = make_key(key_folder(home), id)
    print(f"made the recording key {path}; keep a copy of it apart from the databases", file=sys.stderr)


def next_key_id(today: date, current: str) -> str:
    """The id of a new key: the day's, or what comes next in the alphabet after the one that wraps now."""
    stems = (f"{today:%Y-%m-%d}", current)
    numbered = (f"{stem}-{number:02}" for stem in stems for number in range(2, MOST_KEYS_A_DAY))
    return next(id for id in chain((stems[0],), numbered) if id > current)


def rules(settings: Recordings) -> Rules:
    """The settings as the intake takes them."""
    years = {purpose: int(getattr(settings.years, purpose)) for purpose in Purpose}
    return Rules(settings.format, years, SERVICE_ZONE)


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
