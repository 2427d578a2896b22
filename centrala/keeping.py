"""Where recordings lie, for commands that destroy them or prove that they were destroyed."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from centrala.context import Failure, fail
from recordings import tombstones
from recordings.archive import Archive
from recordings.catalogue import recordings
from recordings.faults import KeyMissing
from recordings.key_encryption import KeyEncryption, read_keys
from recordings.key_store import KeyStore
from recordings.purge import Places
from storage.database import reason_of
from storage.home import Home
from storage.installation import Installation

KEYS_URL = "CENTRALA_KEYS_URL"
LONGEST_NODE = 80


def open_places(opened: Installation, environ: Mapping[str, str]) -> Places:
    """The places of an installation. Raises Failure: the database of recordings' keys is missing or unusable.

    It is made only where there never were recordings: in an empty one all keys would seem to be destroyed.
    """
    address = keys_address(opened.home, environ)
    if not _is_there(address):
        if _ever_recorded(opened):
            fail(
                f"{_shown(address)}: recordings' keys are missing; put their database back from its backup, or name "
                f"it with {KEYS_URL}. Nothing was destroyed"
            )
        Path(str(make_url(address).database)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = _open_keys(address, opened.home, environ)
    return Places(opened.database, Archive(opened.home.archive, keys), opened.home.recordings)


def keys_address(home: Home, environ: Mapping[str, str]) -> str:
    """The address of the database that holds recordings' keys."""
    beside = URL.create("sqlite", database=str(home.path / "keys" / "recording-keys.db"))
    return environ.get(KEYS_URL) or beside.render_as_string()


def this_node() -> str:
    """The name of this machine."""
    return socket.gethostname()[:LONGEST_NODE]


def _open_keys(address: str, home: Home, environ: Mapping[str, str]) -> KeyStore:
    try:
        # Nothing is unwrapped to be destroyed: recordings can go even where the keys that wrap are lost.
        wrapping = read_keys(home.secrets / "recording-keys", environ) or KeyEncryption({})
        return KeyStore(address, wrapping)
    except KeyMissing as error:
        raise Failure(str(error)) from error
    except SQLAlchemyError as error:
        raise Failure(f"{_shown(address)}: recordings' keys cannot be used: {reason_of(error)}") from error


def _is_there(address: str) -> bool:
    """Whether there is a database, as far as can be seen from outside."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        fail(f"{KEYS_URL}: no address of a database; write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")
    return url.get_backend_name() != "sqlite" or Path(str(url.database)).exists()


def _ever_recorded(opened: Installation) -> bool:
    with opened.database.reading() as connection:
        kept = connection.execute(select(recordings.c.id).limit(1)).first()
        return kept is not None or tombstones.head(connection) != tombstones.NOTHING


def _shown(address: str) -> str:
    return make_url(address).render_as_string(hide_password=True)
