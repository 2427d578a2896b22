"""Where recordings and their keys lie, and the one way to open them.

The database of keys and the first key that wraps are made where there never was a recording. Anywhere else it is a
fault that they are missing: in an empty database every key would seem to be destroyed.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import date, datetime
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from audit import entries
from audit.entries import Action
from audit.pseudonyms import pseudonym
from recordings import key_backups, tombstones
from recordings.archive import Archive
from recordings.catalogue import kept, recordings
from recordings.faults import KeyMissing, RecordingFault
from recordings.intake import alone
from recordings.key_backups import Backup, Gone
from recordings.key_encryption import VARIABLE, KeyEncryption, read_keys
from recordings.key_store import KeyStore
from recordings.purge import Places
from recordings.wrapped_keys import WrappedKey, WrappedKeys
from storage.chain import NOTHING
from storage.database import Database
from storage.home import Home
from storage.installation import Installation, find_mark, keep_mark, without_passwords
from storage.key_ring import make_key

KEYS_URL = "CENTRALA_KEYS_URL"
MARK = "recording-keys"
MOST_KEYS_A_DAY = 100


@contextmanager
def open_archive(opened: Installation, environ: Mapping[str, str], today: date) -> Iterator[Archive]:
    """The archive, to seal and to hear; where there has never been any, a first key is made, and said so on stderr.

    Raises RecordingFault: the database of keys cannot be used; KeyMissing: it, or a key that wraps, is gone; OSError.
    """
    home = opened.home
    given = read_keys(key_folder(home), environ)
    with open_keys(opened, environ, given or KeyEncryption({})) as keys:
        _check_wrapping(opened, given, keys.wrapping())
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
def open_places(opened: Installation, environ: Mapping[str, str], *, make: bool = True) -> Iterator[Places]:
    """All places, to destroy what is there; without `make` only to look: nothing is made or written.

    Nothing is unwrapped to be destroyed: recordings can go even where the keys that wrap are lost.

    Raises RecordingFault: the database of keys cannot be used; KeyMissing: it is gone; OSError.
    """
    with open_keys(opened, environ, KeyEncryption({}), make=make) as keys:
        yield Places(opened.database, Archive(opened.home.archive, keys), opened.home)


@contextmanager
def open_keys(
    opened: Installation, environ: Mapping[str, str], encryption: KeyEncryption, *, make: bool = True
) -> Iterator[KeyStore]:
    """The database of keys. Raises RecordingFault, KeyMissing, OSError."""
    with _connected(opened, environ, encryption) as store:
        _prepare(opened, store, make)
        yield store


@contextmanager
def _connected(opened: Installation, environ: Mapping[str, str], encryption: KeyEncryption) -> Iterator[KeyStore]:
    url = _keys_url(opened.home, environ)
    try:
        store = KeyStore(url, encryption, make=False)
    except (ArgumentError, ModuleNotFoundError, ValueError) as error:
        raise RecordingFault(
            f"{KEYS_URL}: no address of a database ({type(error).__name__}); write sqlite:///FILE or "
            f"postgresql://USER:PASSWORD@HOST/DATABASE"
        ) from None
    with closing(store):
        yield store


@contextmanager
def open_lost_keys(opened: Installation, environ: Mapping[str, str], encryption: KeyEncryption) -> Iterator[KeyStore]:
    """The database of keys, made where it is gone: they are about to be put back. Raises RecordingFault, OSError."""
    with _connected(opened, environ, encryption) as store:
        _make(opened, store)
        keep_mark(opened.database, MARK, _marked(store, find_mark(opened.database, MARK)))
        yield store


def not_kept(database: Database) -> Gone:
    """Which keys are of no recording that is kept: it was destroyed, or never came into the catalogue."""

    def gone(keys: Sequence[WrappedKey]) -> frozenset[str]:
        ids = frozenset(key.id for key in keys)
        with database.reading() as connection:
            return ids - kept(connection, ids)

    return gone


def erased(database: Database, people: WrappedKeys) -> Gone:
    """Which keys are of people whom the audit knows to be erased."""

    def gone(keys: Sequence[WrappedKey]) -> frozenset[str]:
        with database.reading() as connection:
            return frozenset(key.id for key in keys if _is_erased(connection, people.opened(key)))

    return gone


def _is_erased(connection: Connection, key: bytes) -> bool:
    return entries.is_told(connection, pseudonym(key), Action.PERSON_ERASED)


def back_keys_up(store: KeyStore, folder: Path, days: int, now: datetime) -> tuple[Backup, tuple[Backup, ...]]:
    """Make a backup of the keys, and destroy those older than so many days: which ones.

    Raises RecordingFault, OSError.
    """
    made = key_backups.make(store, folder, now)
    return made, key_backups.expire(folder, days, now)


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


def _prepare(opened: Installation, store: KeyStore, make: bool) -> None:
    """Make the database of keys if it may be made. Raises KeyMissing: it is gone, or is another catalogue's."""
    known = find_mark(opened.database, MARK)
    if not store.is_there():
        if known or _ever_recorded(opened):
            raise KeyMissing(
                f"{without_passwords(store.url)}: recordings' keys are missing; put their database back from its "
                f"backup, or name it with {KEYS_URL}: all machines of one catalogue share it"
            )
        if make:
            _make(opened, store)
    elif make:
        # One that an older version made has no room for people's keys.
        store.prepare()
    mark = store.mark()
    if make and None in (known, mark):
        mark = _marked(store, known)
        known = keep_mark(opened.database, MARK, mark)
    if known and (mark or known) != known:
        raise KeyMissing(
            f"{without_passwords(store.url)}: these are not the keys of this catalogue's recordings; name theirs with "
            f"{KEYS_URL}: all machines of one catalogue share it"
        )


def ensure_marked(opened: Installation, environ: Mapping[str, str]) -> None:
    """Have the catalogue know its keys before a transaction in which they are opened: that would wait for itself.

    Keys that cannot be opened are a fault of whoever needs them.
    """
    if find_mark(opened.database, MARK) is None:
        with suppress(RecordingFault), open_places(opened, environ):
            pass


def _marked(store: KeyStore, known: str | None) -> str:
    """The mark of the keys; where they have none it is the one that the catalogue knows, or a new one."""
    mark = store.mark()
    if mark is None:
        mark = known or secrets.token_hex(16)
        store.set_mark(mark)
    return mark


def _make(opened: Installation, store: KeyStore) -> None:
    """Make the database of keys."""
    if store.url == _beside(opened.home):
        _folder(opened.home).mkdir(mode=0o700, exist_ok=True)
    store.prepare()


def _check_wrapping(opened: Installation, given: KeyEncryption | None, wrapping: frozenset[str]) -> None:
    """Raises KeyMissing where a key that wraps must have been, and is not."""
    folder = key_folder(opened.home)
    if missing := sorted(wrapping - frozenset(given.keys if given else ())):
        raise KeyMissing(
            f"{', '.join(missing)}: missing, but recordings' keys are wrapped with it; put it back from your "
            f"backup into {folder}, or into {VARIABLE}"
        )
    if given is None and _ever_recorded(opened):
        raise KeyMissing(
            f"{folder}: the keys that wrap are missing; put them back from your backup, or name others with {VARIABLE}"
        )


def _ever_recorded(opened: Installation) -> bool:
    with opened.database.reading() as connection:
        any_row = connection.execute(select(recordings.c.id).limit(1)).first()
        return any_row is not None or tombstones.head(connection) != NOTHING


def _keys_url(home: Home, environ: Mapping[str, str]) -> str:
    named = environ.get(KEYS_URL)
    if named and named == home.database_url:
        raise RecordingFault(f"{KEYS_URL}: the keys need a database of their own, with backups of its own")
    return named or _beside(home)


def _beside(home: Home) -> str:
    return URL.create("sqlite", database=str(_folder(home) / "recording-keys.db")).render_as_string()


def _folder(home: Home) -> Path:
    return home.path / "keys"
