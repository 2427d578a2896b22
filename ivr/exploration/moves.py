"""What can happen to a call at a wait, each event in the flow's own words, and where it leads.

A *move* is one event at a wait that a gateway carries out, together with the answers of the services that follow it:
what a runner commits as one turn.

Callers come in three kinds: one whose identifier and PIN belong together (`KNOWN`), one whose do not (`STRANGER`), and
one at whose identifier too many PINs were tried (`BESIEGED`).
An old PIN is right or wrong; that none is looked at takes several tries, and is left out. A new one can be stored.
Opening hours and the draw of a survey are answered both ways; whoever has logged in may speak for nobody, for some
payers or for many. Offices are looked up in the flow's own tables, so that a postal code that no table leaves out is
never "not found".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ivr.definition import CONSULTANT_KEY, Flow
from ivr.events import (
    WEAKNESSES,
    CallbackCancelled,
    CallbackSought,
    Event,
    Heard,
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
    OfficeFound,
    OfficeNotFound,
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
from ivr.exploration.names import Transition, transition
from ivr.flow import GIVE_UP, step
from ivr.flow.survey import ACCEPT
from ivr.lookups import authentication_at, menu_at, pin_change_at, question_at, spoken_at
from ivr.prompts import Prompt
from ivr.sayings import NO_KEY, YES_KEY
from ivr.state import (
    AfterAddress,
    AtAddress,
    AtAssistantConsent,
    AtAssistantNotice,
    AtConfirmation,
    AtConsent,
    AtDelay,
    AtIdentifier,
    AtKnown,
    AtMenu,
    AtNewPin,
    AtNotice,
    AtNumber,
    AtNumberChoice,
    AtOldPin,
    AtPayerChoice,
    AtPayerNumber,
    AtPin,
    AtPinAgain,
    AtPostalCode,
    AtPromise,
    AtResult,
    AtSurveyOffer,
    AtSurveyQuestion,
    InQueue,
    New,
    PinPosition,
    State,
)
from ivr.turns import Turn
from ivr.waiting import POSTAL_CODE_DIGITS
from ivr.waits import (
    CancelCallback,
    CheckHours,
    CheckSpeech,
    DrawSurvey,
    FindCallback,
    FindNumber,
    FindOffice,
    FindPayers,
    ServiceWait,
    StorePin,
    VerifyOldPin,
    VerifyPin,
)
from routing.offices import Offices

KEYS = "1234567890*#"
SHORT_CODE = "123"
LENGTHS_OF_DATES = (4, 6, 8)

KNOWN = "known"
STRANGER = "stranger"
BESIEGED = "besieged"
SUBJECT = "subject"
LONGEST_DELAY = 3600

# Circumstances of a call: its caller's number may be called; is to be called back; its caller speaks for payers, for
# more than there are keys; is among those whom a survey asks.
OWN_NUMBER = "number known"
AWAITED = "callback promised"
REPRESENTS = "speaks for payers"
MANY = "speaks for many payers"
DRAWN = "drawn"
# Somebody listens for what callers say.
LISTENED = "listened"
# The number that is keyed, or called from.
NUMBER = NumberFound("+48600100200", "600100200")
# The payers of somebody who may speak for some.
PAYERS = ("payer-1", "payer-2")

Said = tuple[Prompt, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """An event and the service answers after it; `turn` holds all that is said on the way.

    `circumstances` are what services were asked for that stays as it is during a call, and whether it is so: opening
    hours by their name, OWN_NUMBER, AWAITED, REPRESENTS, MANY, DRAWN and LISTENED.
    """

    events: tuple[Event, ...]
    turn: Turn
    transitions: tuple[Transition, ...]
    circumstances: tuple[tuple[str, bool], ...] = ()


def moves(flow: Flow, state: State, events: Iterable[Event]) -> Iterator[Move]:
    """The moves that begin with the events, in a state that waits for a gateway."""
    for event in events:
        yield from _answered(flow, _first(flow, state, event))


def events_at(flow: Flow, state: State, outcomes: tuple[str, ...]) -> tuple[Event, ...]:
    """Every event that a gateway can report in `state`, one of a kind; `outcomes` are the ways out of a queue."""
    match state.position:
        case New():
            return (Started(),)
        case AtMenu() | AtConsent() | AfterAddress() | AtNumberChoice() | AtPayerChoice():
            return (*map(Keyed, KEYS), NoInput(), HungUp())
        case AtConfirmation():
            return (Keyed(YES_KEY), NoInput(), HungUp())
        case AtSurveyOffer() | AtAssistantConsent() as position:
            keys = (ACCEPT,) if isinstance(position, AtSurveyOffer) else (YES_KEY, NO_KEY, CONSULTANT_KEY)
            return (*map(Keyed, _with_a_wrong_one(keys)), NoInput(), HungUp())
        case AtSurveyQuestion(name, question):
            return (*map(Keyed, _with_a_wrong_one(question_at(flow, name, question).keys)), NoInput(), HungUp())
        case AtIdentifier(name):
            return (*_identifiers(flow, name), Keyed(GIVE_UP), NoInput(), HungUp())
        case AtPin(name):
            digits = authentication_at(flow, name).pin_digits
            return (*(SecretKeyed(length) for length in (digits, digits - 1, 0)), Keyed(GIVE_UP), NoInput(), HungUp())
        case position if isinstance(position, PinPosition):
            return (
                *_pins(position, pin_change_at(flow, position.step).pin_digits),
                Keyed(GIVE_UP),
                NoInput(),
                HungUp(),
            )
        case AtPostalCode(name):
            return (*map(Keyed, _postal_codes(flow.offices[name])), NoInput(), HungUp())
        case AtNumber():
            return (NUMBER, NumberRefused(), Keyed(GIVE_UP), NoInput(), HungUp())
        case AtPayerNumber():
            return (PayerKeyed(PAYERS[0]), PayerRefused(), SecretKeyed(0), Keyed(GIVE_UP), NoInput(), HungUp())
        case AtResult() | AtDelay() | AtKnown() | AtAddress() | AtNotice() | AtAssistantNotice() | AtPromise():
            return (Played(), HungUp())
        case InQueue():
            return (*map(QueueLeft, outcomes), HungUp())
        case _:
            return ()


def spoken_events(flow: Flow, state: State) -> tuple[Event, ...]:
    """What can be said in `state`: each option, not well, and what is none; after one miss another one."""
    at = state.position
    if isinstance(at, AtAssistantConsent):
        return (Heard((), 0),)
    if flow.speech is None or not isinstance(at, AtMenu) or not spoken_at(flow, state, at.step):
        return ()
    options = menu_at(flow, at.step).options.items()
    doubtful = [Heard((key,), flow.speech.unsure) for key, option in options if option.meant is not None]
    return (*([] if state.misses or state.no_inputs or state.no_matches else doubtful), Heard((), 0))


def _with_a_wrong_one(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The keys, and one that is not among them: a survey is met once in a call, and its wrong keys are all alike."""
    return (*keys, *[key for key in KEYS if key not in keys][:1])


def _identifiers(flow: Flow, name: str) -> tuple[Event, ...]:
    fewest, most = authentication_at(flow, name).identifier_digits
    return (
        SecretKeyed(fewest, KNOWN),
        SecretKeyed(fewest, STRANGER),
        SecretKeyed(fewest, BESIEGED),
        SecretKeyed(most, STRANGER),
        SecretKeyed(max(fewest - 1, 0), STRANGER),
        SecretKeyed(0),
    )


def _pins(position: PinPosition, digits: int) -> tuple[Event, ...]:
    match position:
        case AtOldPin():
            return (SecretKeyed(digits), SecretKeyed(digits - 1))
        case AtNewPin():
            return (NewPinKeyed(), *map(NewPinRefused, weaknesses(digits)))
        case AtPinAgain():
            return (NewPinKeyed(), NewPinDiffers())
        case _:
            return ()


def _postal_codes(offices: Offices) -> tuple[str, ...]:
    """One postal code with an office, one without, one too short, and the way back."""
    codes = (*offices.starts[:1], *unserved(offices)[:1])
    return (*codes, SHORT_CODE, GIVE_UP)


def weaknesses(digits: int) -> tuple[str, ...]:
    """What can be wrong with a new PIN; only some lengths have dates."""
    return tuple(reason for reason in WEAKNESSES if reason != "date" or digits in LENGTHS_OF_DATES)


def unserved(offices: Offices) -> tuple[str, ...]:
    """Postal codes that no office serves, at most one between two ranges; none where the table covers them all."""
    last = 10**POSTAL_CODE_DIGITS - 1
    after = (0, *(int(end) + 1 for end in offices.ends))
    found = (f"{code:0{POSTAL_CODE_DIGITS}}" for code in after if code <= last)
    return tuple(code for code in found if offices.serving(code) is None)


def _first(flow: Flow, state: State, event: Event) -> Move:
    turn = step(flow, state, event)
    assert isinstance(turn, Turn), f"{event} means something at {state.position}"
    return Move((event,), turn, (transition(flow, state, event, turn.state),))


def _answered(flow: Flow, move: Move) -> Iterator[Move]:
    """The move, once every service that it waits for has answered."""
    wait = move.turn.wait
    if not isinstance(wait, ServiceWait):
        yield move
        return
    for answer in answers(flow, wait):
        after = _first(flow, move.turn.state, answer)
        longer = Move(
            move.events + after.events,
            replace(after.turn, prompts=move.turn.prompts + after.turn.prompts),
            move.transitions + after.transitions,
            move.circumstances + circumstances(wait, answer),
        )
        yield from _answered(flow, longer)


def circumstances(wait: ServiceWait, answer: Event) -> tuple[tuple[str, bool], ...]:
    """What an answer tells of the circumstances of a call."""
    match wait, answer:
        case CheckHours(hours), HoursChecked(is_open):
            return ((hours, is_open),)
        case FindNumber(), NumberFound():
            return ((OWN_NUMBER, True),)
        case FindNumber(), _:
            # Nobody can be promised a call who cannot be called.
            return ((OWN_NUMBER, False), (AWAITED, False))
        case FindCallback(), CallbackSought(found):
            return ((AWAITED, True), (OWN_NUMBER, True)) if found else ((AWAITED, False),)
        case FindPayers(), PayersFound(payers):
            return ((REPRESENTS, True), (MANY, False)) if payers else ((REPRESENTS, False),)
        case FindPayers(), ManyPayers():
            return ((REPRESENTS, True), (MANY, True))
        case DrawSurvey(), SurveyDrawn(asked):
            return ((DRAWN, asked),)
        case CheckSpeech(), SpeechChecked(heard):
            return ((LISTENED, heard),)
        case _:
            return ()


def answers(flow: Flow, wait: ServiceWait) -> tuple[Event, ...]:
    """What a service can answer."""
    match wait:
        case CheckHours():
            return (HoursChecked(True), HoursChecked(False))
        case CheckSpeech():
            return (SpeechChecked(True), SpeechChecked(False))
        case DrawSurvey(share):
            possible = {True: share > 0, False: share < 100}
            return tuple(SurveyDrawn(asked) for asked in possible if possible[asked])
        case VerifyPin(claim):
            return (verdict(claim),)
        case VerifyOldPin():
            return (PinVerified(SUBJECT), PinRefused())
        case StorePin():
            return (PinStored(True),)
        case FindPayers():
            return (PayersFound(()), PayersFound(PAYERS), ManyPayers())
        case FindOffice(name, postal_code):
            return (office_answer(flow.offices[name], postal_code),)
        case FindNumber():
            return (NUMBER, NumberRefused())
        case FindCallback():
            return (CallbackSought(False), CallbackSought(True))
        case CancelCallback():
            return (CallbackCancelled(),)


def verdict(claim: str) -> Event:
    """What comes of a PIN, by the kind of caller."""
    if claim == BESIEGED:
        return PinDelayed(LONGEST_DELAY)
    return PinVerified(SUBJECT) if claim == KNOWN else PinRefused()


def office_answer(offices: Offices, postal_code: str) -> Event:
    """What the search for a postal code finds."""
    office = offices.serving(postal_code)
    if office is None:
        return OfficeNotFound()
    return OfficeFound(office.name, office.street, office.postal_code, office.city)
