"""A new installation with recordings as Asterisk leaves them, and what is left of them later."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select

from recordings import catalogue, consents, parts, rejected, withdrawal
from recordings.archive import Archive
from recordings.catalogue import Purpose, Recording, recordings
from recordings.consents import Consent
from recordings.identity import id_of, of_call, of_file
from recordings.intake import Conversation, Fate, Intake, Rules, Step, Terms
from recordings.key_encryption import KeyEncryption
from recordings.key_store import KeyStore
from recordings.parts import RecordingPart
from recordings.purge import Places
from recordings.records import tombstones
from recordings.rejected import Rejected
from recordings.withdrawal import Find, Withdrawn
from storage.database import Database
from storage.home import Home
from storage.installation import Installation
from tests.recordings.conftest import FIRST_KEY, NOW
from tests.recordings.sounds import tone, write

WARSAW = ZoneInfo("Europe/Warsaw")
CALL = "0f5a2f60-8a0b-4d60-9d3e-111111111111"
OTHER_CALL = "0f5a2f60-8a0b-4d60-9d3e-222222222222"
ENDED = datetime(2026, 11, 28, 11, 30, tzinfo=UTC)
RULES = Rules("wav", WARSAW, lambda _: Terms(dict.fromkeys(Purpose, 3)))
IMPORTED = Conversation(
    of_file("0" * 64), None, Purpose.VIDEO_VISIT, "doctors", None, None, None, None, ENDED - timedelta(days=400)
)
CALLER, CONSULTANT = tone(1.5), tone(2, hertz=700)


@dataclass(slots=True)
class Place:
    """An installation, and a key store beside it."""

    home: Home
    database: Database
    rules: Rules = RULES
    keys: str = "keys.db"
    reached: list[Step] = field(default_factory=list)
    at_step: Callable[[Step], None] = lambda _: None

    @contextmanager
    def archive(self) -> Iterator[Archive]:
        """Its archive."""
        with closing(KeyStore(f"sqlite:///{self.home.path / self.keys}", KeyEncryption(FIRST_KEY))) as keys:
            yield Archive(self.home.archive, keys)

    def records(self, *, consent: bool | None = True, seq: int = 4, call_id: str = CALL) -> RecordingPart:
        """A conversation that Asterisk has recorded and that was closed in the account."""
        name = str(seq) if call_id == CALL else f"{call_id}-{seq}"
        files = (f"{name}-caller.wav", f"{name}-a.wav")
        part = RecordingPart(call_id, seq, "1701", ENDED - timedelta(minutes=2), ENDED, *files)
        write(self.home.recordings / part.caller_file, CALLER)
        write(self.home.recordings / part.agent_file, CONSULTANT)
        with self.database.writing() as connection:
            parts.store(connection, part)
            if consent is not None:
                decision = Consent(call_id, Purpose.CONSULTANT_CALL, part.started_at, consent, "2026-1", "pl")
                consents.store(connection, decision)
        return part

    def takes(self, part: RecordingPart, at: datetime = NOW) -> Fate:
        """Take a part in."""
        with self.archive() as archive:
            intake = Intake(self.database, archive, self.home, self.rules, self._reach)
            return intake.take_part(part, about(part), at)

    def _reach(self, step: Step) -> None:
        self.reached.append(step)
        self.at_step(step)

    def withdraws(self, find: Find) -> Withdrawn:
        """Withdraw consent to what is found."""
        with self.archive() as archive:
            places = Places(self.database, archive, self.home)
            return withdrawal.withdraw(places, find, NOW, NOW.astimezone(WARSAW).date())

    def sound(self) -> bytes:
        """What the archive holds of the conversation."""
        with self.archive() as archive:
            return b"".join(archive.sound(id_of(of_call(CALL, 4))))

    def waveform(self) -> bytes:
        """Its waveform."""
        with self.archive() as archive:
            return archive.waveform(id_of(of_call(CALL, 4)))

    @property
    def row(self) -> Recording | None:
        """Its row in the catalogue."""
        with self.database.reading() as connection:
            return catalogue.of_origin(connection, of_call(CALL, 4))

    @property
    def rows(self) -> int:
        """How many rows the catalogue has."""
        with self.database.reading() as connection:
            return connection.execute(select(func.count()).select_from(recordings)).scalar_one()

    @property
    def rejected(self) -> Rejected | None:
        """Why it was not taken in."""
        with self.database.reading() as connection:
            return rejected.of_origin(connection, of_call(CALL, 4))

    @property
    def unsettled(self) -> tuple[RecordingPart, ...]:
        """What is still to be done."""
        with self.database.reading() as connection:
            return parts.unsettled(connection, ("", -1), 10)

    @property
    def plain(self) -> list[str]:
        """The plain files that lie where Asterisk writes."""
        return sorted(path.name for path in self.home.recordings.iterdir())

    @property
    def sealed(self) -> list[str]:
        """The files in the archive."""
        return sorted(path.name.partition(".")[2] for path in self.home.archive.rglob("*.*"))

    @property
    def key_ids(self) -> list[str]:
        """The recordings that have a key."""
        with closing(KeyStore(f"sqlite:///{self.home.path / 'keys.db'}", KeyEncryption(FIRST_KEY))) as keys:
            return list(keys.ids())

    @property
    def quarantined(self) -> list[str]:
        """The files in the quarantine."""
        return sorted(path.name.partition(".")[2] for path in self.home.quarantine.iterdir())

    def bury(self, origin: str) -> None:
        """Have it on record that the recording was destroyed."""
        day = date(2026, 11, 1)
        stone = {"number": 1, "recording_id": id_of(origin), "sha256": "0" * 64, "policy": "p", "decision": "withdrawn"}
        days = {"ended_at": ENDED, "keep_until": day, "purged_at": NOW, "previous": "0" * 64, "hash": "1" * 64}
        with self.database.writing() as connection:
            connection.execute(insert(tombstones), stone | days)


def place(installation: Installation) -> Place:
    """The place of an installation."""
    return Place(installation.home, installation.database)


def about(part: RecordingPart) -> Conversation:
    """What is known of the conversation besides its sound."""
    origin = of_call(part.call_id, part.seq)
    known = ("pensions", "pensions-uk", part.agent, "full", "600100200")
    return Conversation(origin, part.call_id, Purpose.CONSULTANT_CALL, *known, part.ended_at)


def age(path: Path, at: datetime) -> None:
    """Have a file last written then."""
    os.utime(path, (at.timestamp(), at.timestamp()))
