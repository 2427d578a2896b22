"""What is counted: stays in queues, changes of consultants' states, and what became of calls in the IVR."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ANSWERED = "answered"
ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Stay:
    """A call's stay in a queue, from joining it until it left or its conversation was over.

    `outcome` and `left_at` are None while it lasts. `foretold`: whether the wait was as the caller had been told, None
    where nothing was told or proved. `transferred`: another stay of the same call followed the conversation. `wrap_up`:
    seconds that the consultant took afterwards, None where that is not on record. `called_back`: the caller was called,
    and has waited for nothing on the line.
    """

    call_id: str
    seq: int
    queue: str
    topic: str
    joined_at: datetime
    answered_at: datetime | None = None
    left_at: datetime | None = None
    agent: str | None = None
    outcome: str | None = None
    foretold: bool | None = None
    transferred: bool = False
    wrap_up: float | None = None
    called_back: bool = False

    @property
    def is_over(self) -> bool:
        """Whether the call has left, to wherever."""
        return self.left_at is not None

    @property
    def was_answered(self) -> bool:
        """Whether a consultant talked to the caller, and the conversation is over."""
        return self.is_over and self.answered_at is not None

    @property
    def was_abandoned(self) -> bool:
        """Whether the caller hung up before anybody answered."""
        return self.is_over and self.answered_at is None and self.outcome == ABANDONED

    def waited(self, now: datetime | None = None) -> float:
        """Seconds until the answer, else until the call left, else until `now`."""
        until = self.answered_at or self.left_at or now
        # Clocks of two machines may differ by a little; nobody waits for less than nothing.
        return max(0.0, (until - self.joined_at).total_seconds()) if until else 0.0

    @property
    def talked(self) -> float:
        """Seconds of conversation; 0 where there was none or it still lasts."""
        if self.answered_at is None or self.left_at is None:
            return 0.0
        return max(0.0, (self.left_at - self.answered_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Promise:
    """A callback that was asked for: `state` is one of waiting, kept, not_reached, cancelled."""

    queue: str
    topic: str
    state: str


@dataclass(frozen=True, slots=True)
class Change:
    """A consultant's state from `at` on."""

    agent: str
    state: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """A call that is over, as far as the IVR alone goes.

    `asked`: the caller asked for a consultant, in opening hours or not, or was led to one. `informed`: recorded
    information or an office's address was played; of whoever has asked this need not be known. `broken`: the call
    ended by a failure of ours.
    """

    call_id: str
    started_at: datetime
    informed: bool
    asked: bool
    broken: bool = False

    @property
    def is_contained(self) -> bool:
        """Whether the call ended in the IVR with what it gives and without asking for anybody."""
        return self.informed and not self.asked and not self.broken
