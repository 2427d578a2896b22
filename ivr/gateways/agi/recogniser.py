"""Whether a recogniser can be asked, for all calls of a process: keys go on where it cannot."""

from __future__ import annotations

import threading

import structlog

log = structlog.get_logger()


class Recogniser:
    """A recogniser behind Asterisk, as one process knows it: by its languages, and by whether it answers.

    Nobody who calls finds out whether it is back: that is looked for from outside (`centrala.speech_watch`). Safe to
    share between threads.
    """

    def __init__(self, languages: frozenset[str] = frozenset()) -> None:
        self._languages = languages
        self._lock = threading.Lock()
        self._answers = False
        self._faults = 0

    @property
    def answers(self) -> bool:
        """Whether it answered when it was last asked."""
        return self._answers

    @property
    def faults(self) -> int:
        """How many times it was found not to answer."""
        return self._faults

    def knows(self, lang: str) -> bool:
        """Whether phrases of a language can be listened for now."""
        return self._answers and lang in self._languages

    def found(self) -> None:
        """It answers."""
        with self._lock:
            if not self._answers:
                log.info("speech is there", languages=sorted(self._languages))
            self._answers = True

    def lost(self, reason: str) -> None:
        """It does not answer: until it is found again, keys alone count."""
        with self._lock:
            if self._answers:
                self._faults += 1
                log.error("speech is away, keys go on", reason=reason)
            self._answers = False
