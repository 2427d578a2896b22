"""Consent to be recorded, given and withdrawn, and the way back from a queue."""

from __future__ import annotations

from ivr.definition import NONE, SUBSTITUTE, Flow
from ivr.events import Authorised, ConsentWithdrawn, Event, Keyed, NoInput, Played, QueueLeft, SentOn
from ivr.flow.tries import no_input, no_match, not_recorded
from ivr.flow.walking import go, to_queue, turn
from ivr.lookups import place, say, transfer_at, way_to_topic
from ivr.state import AtConsent, AtNotice, InQueue, State, replace
from ivr.turns import Ignored, Turn
from ivr.waiting import wait_at


def consenting(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """The notice is heard, and consent given or not."""
    match state.position, event:
        case AtNotice(name), Played() if flow.recording.ask:
            return turn(flow, state, AtConsent(name), say(flow, state, flow.recording.question))
        case (AtNotice(name), Played()) | (AtConsent(name), Keyed("1")):
            return to_queue(flow, replace(state, consent=True), name, ())
        case AtConsent(name), Keyed("2"):
            return not_recorded(flow, state, name)
        case AtConsent(), Keyed():
            return no_match(flow, state)
        case AtConsent(), NoInput():
            return no_input(flow, state)
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def told_late(flow: Flow, state: State, event: ConsentWithdrawn | Authorised) -> Turn | Ignored:
    """What was told in a conversation. The call stays where it is, and nothing is said: whoever told it knows."""
    return _withdrawn(flow, state) if isinstance(event, ConsentWithdrawn) else _authorised(flow, state)


def _withdrawn(flow: Flow, state: State) -> Turn | Ignored:
    """Nothing of the call is recorded from now on."""
    if not (state.consent or state.assistant):
        return Ignored("nobody has agreed to be recorded")
    unrecorded = replace(state, consent=False, assistant=False if state.assistant else state.assistant)
    return Turn(unrecorded, (), wait_at(flow, unrecorded))


def _authorised(flow: Flow, state: State) -> Turn | Ignored:
    """Control questions give the level `substitute`, for this call, and take none away."""
    if state.auth_level != NONE:
        return Ignored(f"the level is {state.auth_level} already")
    known = replace(state, auth_level=SUBSTITUTE)
    return Turn(known, (), wait_at(flow, known))


def back_from_queue(flow: Flow, state: State, at: InQueue, event: QueueLeft | SentOn) -> Turn:
    """The call goes on after a queue, by that queue's own ways where it has any."""
    match event, way_to_topic(flow, event.topic):
        case SentOn(), str(sent_to):
            return go(flow, state, sent_to, ())
        case QueueLeft(outcome, topic), str(left_to):
            way = flow.queueing.after(outcome, transfer_at(flow, left_to).queue)
            return go(flow, replace(state, topic=topic), way, ())
        case _:
            outcome = event.outcome if isinstance(event, QueueLeft) else "answered"
            return go(flow, state, flow.queueing.after(outcome, transfer_at(flow, at.step).queue), ())
