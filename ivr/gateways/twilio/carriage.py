"""What webhooks do to calls: any process answers any of them, and a repeated or late one has no second effect.

Each webhook names the turn that it answers. If that is the call's newest, its event happens; else the newest turn is
told again. Between two webhooks a call lies in the database; a process remembers those that it has carried last for a
while (`memory.py`), which saves reading them and holds a new PIN until it is keyed again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ivr import calls, legs, stays
from ivr.calls import Superseded
from ivr.events import CUT_OFF, Event, Reentered
from ivr.gateways.twilio.memory import Memory
from ivr.runner import Arrival, Conversation, Live, Runner, ended, leave_queue
from ivr.state import AtPinAgain
from routing import visits
from storage.database import Database

GATEWAY = "twilio"

Happened = Callable[[Live], Event | None]


class Untold(Exception):
    """What has become of a leg is not known yet."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Which of the carrier's calls a webhook is about, and which turn of which of ours it answers."""

    carrier_id: str
    call_id: str
    turn: int


class Carriage:
    """The calls that the carrier brings. Safe to share between threads."""

    def __init__(self, runner: Runner, database: Database, now: Callable[[], datetime]) -> None:
        self._runner = runner
        self._database = database
        self._now = now
        self._memory = Memory()

    def begin(self, arrival: Arrival) -> Live:
        """A call comes in; told again if it has before."""
        assert arrival.carrier_id is not None, "a carrier's call has its id"
        known = self._known(arrival.carrier_id)
        if known is None:
            try:
                return self._remember(arrival.carrier_id, self._runner.arrive(arrival))
            except Superseded:
                # The same webhook, at the same time.
                known = self._known(arrival.carrier_id)
        live = None if known is None else self._runner.recall(known)
        if live is None:
            raise Superseded(arrival.call_id)
        return live

    def go_on(self, about: Webhook, happened: Happened) -> Live | None:
        """The call after what has happened at a turn; None if there is no such call.

        `happened` gives the event, or None where the same is to be heard again.
        """
        live = self._at(about)
        if live is None or live.seq != about.turn:
            return None if live is None else self._runner.recall(about.call_id)
        event: Event | None = happened(live)
        if isinstance(live.turn.state.position, AtPinAgain) and live.kept is None:
            # The process that held the new PIN was another one.
            event = Reentered()
        return self._after(about, live, lambda: None if event is None else self._runner.advance(live, event))

    def leg_over(self, about: Webhook, *, is_here: bool) -> Live | None:
        """The SIP leg of a turn has ended; None if there is no such call.

        Asterisk has told how before it ended the leg. Where it has not, the leg has failed, or Asterisk has, or the
        caller has just gone, about which a note is on its way: that is known once the caller `is_here` all the same.
        Raises Untold until then.
        """
        live = None if self._at(about) is None else self._runner.resume(about.call_id)
        if live is None:
            return None
        with self._database.reading() as connection:
            is_untold = visits.open_visit(connection, about.call_id) == about.turn and stays.lasts(live.turn.state)
            is_taken = legs.is_with_asterisk(connection, about.call_id)
            outcome = CUT_OFF if visits.talks(connection, about.call_id) else "failed"
        if is_untold and is_taken and not is_here:
            raise Untold
        stay = Conversation(outcome)
        return self._after(about, live, lambda: leave_queue(self._runner, live, stay) if is_untold else None)

    def _after(self, about: Webhook, live: Live, advance: Callable[[], Live | None]) -> Live | None:
        try:
            after = advance()
        except Superseded:
            self._memory.forget(about.call_id)
            after = None
        if after is None or after is live:
            return self._runner.recall(about.call_id)
        return self._remember(about.carrier_id, after)

    def gone(self, carrier_id: str) -> None:
        """The caller has hung up. Of whoever is in a queue or talks Asterisk tells, which knows more."""
        with self._database.reading() as connection:
            row = calls.of_carrier(connection, carrier_id)
            if row is None or row.ended_at is not None:
                return
            is_told = row.carrier_leg is not None and legs.is_with_asterisk(connection, row.id)
        self._memory.forget(row.id)
        if not is_told:
            self._runner.note_end(Arrival(row.id, GATEWAY, "", ""))

    def recall(self, call_id: str, turn: int) -> Live | None:
        """The call as it was after a turn."""
        live = self._runner.recall(call_id, turn)
        return live if live is not None and live.seq == turn else None

    def _known(self, carrier_id: str) -> str | None:
        with self._database.reading() as connection:
            return calls.carried(connection, carrier_id)

    def _at(self, about: Webhook) -> Live | None:
        """The call as this process remembers it, or as it was last committed; None if it is not the carrier's."""
        found = self._memory.find(about.call_id, self._now())
        if found is not None and found.live.seq >= about.turn:
            return found.live if found.carrier_id == about.carrier_id else None
        return self._runner.resume(about.call_id) if self._known(about.carrier_id) == about.call_id else None

    def _remember(self, carrier_id: str, live: Live) -> Live:
        if ended(live):
            self._memory.forget(live.call_id)
        else:
            self._memory.keep(carrier_id, live, self._now())
        return live
