"""The installation's folder: where all state lives, and the secret keys that belong to it.

Everything an installation knows lies under one folder, so that two installations, or a test and a live one, never
meet. The database may live elsewhere (PostgreSQL); the keys never do.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from storage.files import write_whole

KEY_NAMES = ("identifier", "pin", "sip")
KEY_BYTES = 32


class HomeError(Exception):
    """The installation cannot be opened; the message says where, why and what to do."""


@dataclass(frozen=True, slots=True)
class Home:
    """An installation's folder and the address of its database.

    `path` is CENTRALA_HOME (default `var/` in the working folder); `database_url` is CENTRALA_DATABASE_URL
    (default an SQLite file in `path`).
    """

    path: Path
    database_url: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Home:
        """The home that the environment names."""
        path = Path(environ.get("CENTRALA_HOME") or "var").absolute()
        # An address gives some characters a meaning, and a folder's name may hold them.
        beside = URL.create("sqlite", database=str(path / "centrala.db"))
        return cls(path, environ.get("CENTRALA_DATABASE_URL") or beside.render_as_string())

    @property
    def secrets(self) -> Path:
        """The folder of the secret keys, mode 0700."""
        return self.path / "secrets"

    @property
    def prompts(self) -> Path:
        """The cache of rendered prompts."""
        return self.path / "prompts"

    @property
    def spool(self) -> Path:
        """Notes that the dialplan leaves about callers who have gone."""
        return self.path / "spool"

    @property
    def recordings(self) -> Path:
        """Finished and running recordings, as Asterisk writes them."""
        return self.path / "recordings"

    @property
    def archive(self) -> Path:
        """Recordings that are kept, sealed; their keys are elsewhere."""
        return self.path / "archive"

    @property
    def quarantine(self) -> Path:
        """Recordings that could not be taken in."""
        return self.path / "quarantine"

    @property
    def asterisk(self) -> Path:
        """Asterisk's own run folder: rendered configuration, logs, database."""
        return self.path / "asterisk"

    def make_folders(self) -> None:
        """Make the folders that do not exist yet; only their owner may enter.

        Raises HomeError when that is impossible.
        """
        try:
            mine = (self.secrets, self.prompts, self.spool, self.recordings, self.archive, self.quarantine)
            for folder in (self.path, *mine, self.asterisk):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise HomeError(
                f"{self.path}: cannot be made or entered ({error.strerror}); choose another with CENTRALA_HOME"
            ) from error

    def key(self, name: str) -> bytes:
        """The secret key `name`. Raises HomeError when it is missing or damaged."""
        path = self.secrets / f"{name}.key"
        try:
            key = bytes.fromhex(path.read_text("ascii").strip())
        except FileNotFoundError:
            raise HomeError(f"{path}: missing; put it back from your backup of {self.secrets}") from None
        except (OSError, ValueError) as error:
            raise HomeError(f"{path}: unreadable ({error}); put it back from your backup") from error
        if len(key) != KEY_BYTES:
            raise HomeError(f"{path}: holds {len(key)} bytes instead of {KEY_BYTES}; put it back from your backup")
        return key

    def missing_keys(self) -> tuple[str, ...]:
        """The names of the keys that this home lacks."""
        return tuple(name for name in KEY_NAMES if not (self.secrets / f"{name}.key").exists())

    def make_keys(self) -> None:
        """Make the keys that are missing, files of mode 0600, and say so on stderr."""
        for name in self.missing_keys():
            path = self.secrets / f"{name}.key"
            write_whole(path, (secrets.token_bytes(KEY_BYTES).hex() + "\n").encode("ascii"))
            print(f"made the secret key {path}; keep a copy of it apart from the database", file=sys.stderr)
