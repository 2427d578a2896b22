"""Consent to be recorded as calls give it, and what the virtual assistant records with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from ivr.definition import Flow
from ivr.events import Event, Reentered
from ivr.live import Live
from ivr.lookups import assistant_at, is_assisted, place
from ivr.state import AtConfirmation, AtMenu, Position, State
from ivr.waits import Gather, Wait
from recordings import consents, parts
from recordings.catalogue import Purpose
from recordings.consents import Consent
from recordings.parts import RecordingPart


def keep(connection: Connection, live: Live, before: State, events: tuple[Event, ...], at: datetime) -> None:
    """Keep what the call's newest turn, to which these events led, has decided and ended."""
    after, flow = live.turn.state, live.flow
    if after.consent is not None and before.consent is None:
        _decided(connection, live, Purpose.CONSULTANT_CALL, after.consent, flow.recording.wording, at)
    if after.assistant is not None and before.assistant is None:
        wording = assistant_at(flow, place(before.position)).wording
        _decided(connection, live, Purpose.VIRTUAL_ASSISTANT, after.assistant, wording, at)
    is_taken_over = isinstance(events[0], Reentered)
    if _can_be_recorded(flow, before.position) and (is_taken_over or not is_recorded(live.turn.wait)):
        parts.end(connection, live.call_id, Purpose.VIRTUAL_ASSISTANT, at)


def _decided(connection: Connection, live: Live, purpose: Purpose, given: bool, wording: str, at: datetime) -> None:
    consents.store(connection, Consent(live.call_id, purpose, at, given, wording, live.turn.state.lang))


def is_recorded(wait: Wait) -> bool:
    """Whether what is said and heard at a wait is recorded by the gateway."""
    return isinstance(wait, Gather) and wait.recorded


def _can_be_recorded(flow: Flow, position: Position) -> bool:
    """Whether it may have been recorded there: consent may have been withdrawn meanwhile."""
    return isinstance(position, AtMenu | AtConfirmation) and is_assisted(flow, position.step)


def begun(connection: Connection, live: Live, caller_file: str, other_file: str, at: datetime) -> None:
    """A gateway records from the call's newest turn on; files are names in Home.recordings."""
    files = caller_file, other_file
    part = RecordingPart(live.call_id, live.seq, "", at, at, *files, purpose=Purpose.VIRTUAL_ASSISTANT)
    parts.store(connection, part)
