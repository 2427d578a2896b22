"""What must happen when a script is played: the flow's own answer, without a gateway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ivr.definition import PAYER_KEYS, Flow
from ivr.events import (
    CallbackCancelled,
    CallbackSought,
    Event,
    HoursChecked,
    HungUp,
    Keyed,
    ManyPayers,
    NewPinDiffers,
    NewPinKeyed,
    NewPinRefused,
    NoInput,
    NumberFound,
    NumberRefused,
    PayerKeyed,
    PayerRefused,
    PayersFound,
    PinDelayed,
    PinRefused,
    PinStored,
    PinVerified,
    Played,
    QueueLeft,
    SecretKeyed,
    SpeechChecked,
    Started,
    SurveyDrawn,
)
from ivr.exploration import Exploration, Said, Transition
from ivr.exploration.moves import AWAITED, LISTENED, LONGEST_DELAY, NUMBER, OWN_NUMBER, office_answer, weaknesses
from ivr.exploration.names import transition
from ivr.flow import GIVE_UP, start, step
from ivr.lookups import pin_change_at
from ivr.prompts import ENDING, digit_name
from ivr.scripts.script import (
    SILENCE,
    TERMINATOR,
    Act,
    HangUp,
    Key,
    Listen,
    Queue,
    Script,
    besieged,
    payer_numbers,
    profiles,
    right_pin,
    weak_pin,
)
from ivr.state import (
    AtIdentifier,
    AtNewPin,
    AtNumber,
    AtNumberChoice,
    AtPayerChoice,
    AtPayerNumber,
    AtPin,
    AtPinAgain,
    AtPromise,
    AtVerification,
    Position,
    State,
)
from ivr.telling import delay
from ivr.turns import Turn
from ivr.waits import (
    CancelCallback,
    CheckHours,
    CheckSpeech,
    DrawSurvey,
    FindCallback,
    FindNumber,
    FindOffice,
    FindPayers,
    Gather,
    PlayOut,
    ServiceWait,
    StorePin,
    Transfer,
    VerifyOldPin,
    VerifyPin,
    Wait,
)
from routing.estimates import MINUTE

# Of each payer's number in the scripts' world so many digits are said.
LAST_DIGITS = 3
HORIZON = timedelta(days=14)
TICK = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Happened:
    """One turn: its events, the state after it, and what is said. Everybody's pseudonym is the same."""

    events: tuple[Event, ...]
    state: State
    prompts: Said


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of a flow's transitions scripts cover, and which they miss."""

    covered: int
    missed: tuple[Transition, ...]

    def __str__(self) -> str:
        total = f"covered {self.covered} of {self.covered + len(self.missed)} transitions"
        return "\n".join([total, *(f"  missed: {missed}" for missed in self.missed)])


@dataclass(frozen=True, slots=True)
class _Step:
    before: State
    event: Event
    turn: Turn


def expected(flow: Flow, script: Script) -> tuple[Happened, ...]:
    """What happens, turn by turn, the answered call first.

    Raises ValueError where an act does not fit what the call waits for.
    """
    return tuple(
        happened(
            tuple(one.event for one in steps),
            steps[-1].turn.state,
            tuple(prompt for one in steps for prompt in one.turn.prompts),
        )
        for steps in _played(flow, script)
    )


def spoken(flow: Flow, prompts: Said) -> Said:
    """What is heard of prompts that are expected: of a payer's number, which stands there whole, the last digits."""
    return tuple(
        part
        for prompt in prompts
        for part in (
            (flow.prompts[digit_name(digit), prompt.lang] for digit in prompt.text[-LAST_DIGITS:])
            if prompt.name == ENDING
            else (prompt,)
        )
    )


def happened(events: tuple[Event, ...], state: State, prompts: Said) -> Happened:
    """A turn as a runner's observer is told of it, fit to be compared with an expected one."""
    return Happened(tuple(map(_nameless_event, events)), _nameless_state(state), prompts)


def coverage(flow: Flow, exploration: Exploration, scripts: Iterable[Script]) -> Coverage:
    """Play the scripts and count the transitions that they make."""
    made = {transition for script in scripts for transition in transitions(flow, script)}
    missed = tuple(transition for transition in exploration.transitions if transition not in made)
    return Coverage(len(exploration.transitions) - len(missed), missed)


def transitions(flow: Flow, script: Script) -> frozenset[Transition]:
    """The transitions that a script makes."""
    return frozenset(
        transition(flow, one.before, one.event, one.turn.state) for steps in _played(flow, script) for one in steps
    )


def moment(flow: Flow, script: Script, after: datetime) -> datetime | None:
    """A time within two weeks at which opening hours are as the script needs them; None if there is none."""
    at = after
    while at < after + HORIZON:
        if all(flow.hours[name].is_open(at) == is_so for name, is_so in script.circumstances if name in flow.hours):
            return at
        at += TICK
    return None


def _played(flow: Flow, script: Script) -> Iterator[tuple[_Step, ...]]:
    steps = _turn(flow, script, start(flow), Started(), "")
    yield steps
    for act in script.acts:
        turn = steps[-1].turn
        word = act.word if isinstance(act, Key) else ""
        steps = _turn(flow, script, turn.state, _event(flow, act, turn.wait, turn.state.position), _number(word))
        yield steps


def _turn(flow: Flow, script: Script, state: State, event: Event, keyed: str) -> tuple[_Step, ...]:
    """An event, and the answers of the services that follow it."""
    steps: tuple[_Step, ...] = ()
    while True:
        turn = step(flow, state, event)
        if not isinstance(turn, Turn):
            raise ValueError(turn.reason)
        steps = (*steps, _Step(state, event, turn))
        if not isinstance(turn.wait, ServiceWait):
            return steps
        state, event = turn.state, _answer(flow, script, turn.wait, keyed)


def _event(flow: Flow, act: Act, wait: Wait, position: Position) -> Event:
    """What an act is to the flow. An identifier is its own pseudonym here."""
    match act, wait:
        case HangUp(), _:
            return HungUp()
        case Listen(), PlayOut():
            return Played()
        case Queue(outcome), Transfer():
            return QueueLeft(outcome)
        case Key(word), Gather() if word == SILENCE:
            return NoInput()
        case Key(word), Gather(secret=True):
            return _secret(flow, _number(word), position)
        case Key(word), Gather():
            return Keyed(_number(word))
        case _:
            raise ValueError(f"{act} does not fit {wait}")


def _number(word: str) -> str:
    return word.partition(TERMINATOR)[0] or TERMINATOR


def _secret(flow: Flow, digits: str, position: Position) -> Event:
    if GIVE_UP in digits:
        return Keyed(GIVE_UP)
    if isinstance(position, AtPayerNumber) and digits.isdecimal():
        return PayerKeyed(digits) if digits in payer_numbers(len(PAYER_KEYS) + 1) else PayerRefused()
    if isinstance(position, AtNumber):
        return NUMBER if digits == NUMBER.spoken else NumberRefused()
    if isinstance(position, AtNewPin):
        return _new_pin(digits, pin_change_at(flow, position.step).pin_digits)
    if isinstance(position, AtPinAgain):
        return NewPinKeyed() if digits == right_pin(len(digits)) else NewPinDiffers()
    if not digits.isdecimal():
        return SecretKeyed(0)
    return SecretKeyed(len(digits), digits if isinstance(position, AtIdentifier) else None)


def _new_pin(digits: str, length: int) -> Event:
    """Those that scripts refuse are known one by one; in scripts everybody changes their PIN into the same one."""
    reasons = (reason for reason in weaknesses(length) if digits == weak_pin(reason, length))
    reason = next(reasons, "length" if len(digits) != length else None)
    return NewPinKeyed() if reason is None else NewPinRefused(reason)


def _answer(flow: Flow, script: Script, wait: ServiceWait, keyed: str) -> Event:
    match wait:
        case CheckHours(hours):
            return HoursChecked(script.circumstance(hours, True))
        case CheckSpeech():
            return SpeechChecked(script.circumstance(LISTENED, True))
        case DrawSurvey():
            return SurveyDrawn(script.drawn)
        case FindOffice(name, postal_code):
            return office_answer(flow.offices[name], postal_code)
        case FindPayers():
            payers = payer_numbers(script.payers)
            return PayersFound(payers) if len(payers) <= len(PAYER_KEYS) else ManyPayers()
        case FindNumber():
            return NUMBER if script.circumstance(OWN_NUMBER, True) else NumberRefused()
        case FindCallback():
            return CallbackSought(script.circumstance(AWAITED, False))
        case CancelCallback():
            return CallbackCancelled()
        case VerifyOldPin():
            return PinVerified(SOMEBODY) if keyed == right_pin(len(keyed)) else PinRefused()
        case StorePin():
            return PinStored(True)
        case VerifyPin(claim) if claim in besieged(flow):
            return PinDelayed(LONGEST_DELAY)
        case VerifyPin(claim):
            known = ((one.identifier, one.pin) for one in profiles(flow))
            return PinVerified(claim) if (claim, keyed) in known else PinRefused()


# Pseudonyms are made with an installation's own key, so two installations never agree on them.

SOMEBODY = "somebody"


def _nameless_event(event: Event) -> Event:
    match event:
        case SecretKeyed(length, str()):
            return SecretKeyed(length, SOMEBODY)
        case PinVerified():
            return PinVerified(SOMEBODY)
        case PinDelayed(seconds):
            # It is told so; what is left of it depends on when that was.
            return PinDelayed(delay(seconds) * MINUTE)
        case PayersFound(payers):
            return PayersFound((SOMEBODY,) * len(payers))
        case PayerKeyed():
            return PayerKeyed(SOMEBODY)
        case NumberFound():
            return NUMBER
        case _:
            return event


def _nameless_state(state: State) -> State:
    subject = None if state.subject is None else SOMEBODY
    payer = None if state.payer is None else SOMEBODY
    return replace(state, subject=subject, payer=payer, position=_nameless_position(state.position))


def _nameless_position(position: Position) -> Position:
    match position:
        case AtPin() | AtVerification():
            return replace(position, claim=SOMEBODY)
        case AtPayerChoice(name, payers):
            return AtPayerChoice(name, (SOMEBODY,) * len(payers))
        case AtNumberChoice(name, _, spoken):
            return AtNumberChoice(name, NUMBER.number, NUMBER.spoken[-len(spoken) :])
        case AtPromise(name):
            return AtPromise(name, NUMBER.number)
        case _:
            return position
