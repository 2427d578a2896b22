"""Making transcripts for as long as the process lives, or of all that wait, once.

Recognising takes a processor, which calls need, and libvosk can end its process: so this is a process of its own, and
whatever ends it the next one goes on where it was.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from centrala import keeping
from centrala.context import now, today
from ivr import calls
from recordings import transcripts
from recordings.archive import Archive
from recordings.catalogue import Recording
from recordings.faults import RecordingFault
from recordings.transcribing import Recogniser, transcribe
from speech.models import ModelFolder
from storage.database import reason_of
from storage.installation import Installation

PAGE = 50
LOOK_SECONDS = 10.0
LONGEST_PAUSE = timedelta(minutes=5).total_seconds()
MADE, FAILED, NO_MODEL, GONE = "made", "failed", "no model", "gone"

log = structlog.get_logger()


@dataclass(slots=True)
class Transcribing:
    """Transcribes what ended from `begin` on, each by the model of its language; imported ones by the first model.

    `again`: once more what could not be transcribed.
    """

    opened: Installation
    environ: Mapping[str, str]
    folders: Mapping[str, ModelFolder]
    begin: datetime
    stop: threading.Event
    again: bool = False
    _recognisers: dict[str, Recogniser] = field(default_factory=dict)
    _said: str = ""

    def once(self) -> Counter[str]:
        """Transcribe all that waits; how many went which way.

        Raises RecordingFault, UnusableModel, SQLAlchemyError, OSError.
        """
        counts: Counter[str] = Counter()
        with keeping.open_archive(self.opened, self.environ, today()) as archive:
            after = self.begin, ""
            while not self.stop.is_set() and (page := self._page(after)):
                for one in page:
                    if self.stop.is_set():
                        break
                    counts[self._transcribe(archive, one)] += 1
                after = page[-1].ended_at, page[-1].id
        return counts

    def stay(self) -> None:
        """Transcribe what there is, again and again, until `stop` is set; what stands in the way is told once."""
        pause, counts = LOOK_SECONDS, Counter[str]()
        while not self.stop.is_set():
            try:
                counts, before = self.once(), counts
                # What waits for a model is met at each look, and told once.
                if counts[MADE] or counts[FAILED] or counts != before:
                    log.info("transcripts", **{name.replace(" ", "_"): number for name, number in counts.items()})
                self._said, pause = "", LOOK_SECONDS
            except (RecordingFault, SQLAlchemyError, OSError) as error:
                self._failed(error)
                pause = min(pause * 2, LONGEST_PAUSE)
            self.stop.wait(pause)

    def _page(self, after: transcripts.Place) -> tuple[Recording, ...]:
        with self.opened.database.reading() as connection:
            return transcripts.waiting(connection, after, PAGE, again=self.again)

    def _transcribe(self, archive: Archive, recording: Recording) -> str:
        recogniser = self._recogniser(self._lang(recording))
        if recogniser is None:
            return NO_MODEL
        database, at = self.opened.database, now()
        with database.writing() as connection:
            if not transcripts.begin(connection, recording.id, at, recogniser.model):
                return GONE
        made = transcribe(archive, self.opened.home.recordings, recording, recogniser, at)
        with database.writing() as connection:
            if not transcripts.store(connection, made):
                return GONE
        return FAILED if made.fault else MADE

    def _lang(self, recording: Recording) -> str:
        with self.opened.database.reading() as connection:
            call = calls.find(connection, recording.call_id or "")
        return next(iter(self.folders)) if call is None else call.lang

    def _recogniser(self, lang: str) -> Recogniser | None:
        folder = self.folders.get(lang)
        if folder is not None and lang not in self._recognisers:
            # libvosk takes memory, which who transcribes nothing does not need.
            from speech.dictation import Dictation
            from speech.recognition import Model

            self._recognisers[lang] = Recogniser(_name(folder.path), partial(Dictation, Model(folder)))
        return self._recognisers.get(lang)

    def _failed(self, error: Exception) -> None:
        reason = reason_of(error) if isinstance(error, SQLAlchemyError) else _reason(error)
        if reason != self._said:
            log.error("transcripts cannot be made; it is tried again", reason=reason)
        self._said = reason


def _name(folder: Path) -> str:
    return folder.resolve().name[:80]


def _reason(error: Exception) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
