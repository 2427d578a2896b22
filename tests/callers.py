"""A caller who drives the flow alone: every service answers at once, nothing is stored."""

from __future__ import annotations

from ivr.definition import Flow
from ivr.events import (
    CallbackCancelled,
    CallbackSought,
    CalledBack,
    Event,
    Heard,
    HoursChecked,
    HungUp,
    Keyed,
    LoginAsked,
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
    Reentered,
    SecretKeyed,
    SentOn,
    SpeechChecked,
    Started,
    SurveyDrawn,
)
from ivr.flow import start, step
from ivr.prompts import Prompt
from ivr.state import Position
from ivr.turns import Ignored, Turn
from ivr.waits import (
    CancelCallback,
    CheckHours,
    CheckSpeech,
    DrawSurvey,
    FindCallback,
    FindNumber,
    FindOffice,
    FindPayers,
    StorePin,
    VerifyOldPin,
    VerifyPin,
    Wait,
)

SUBJECT = "profile-1"
CLAIM = "claim-1"
NUMBER = NumberFound("+48600100200", "600100200")


class Caller:
    """A call to `flow`. `prompts` is what was heard since the last event.

    `is_open` is whether consultants work, `drawn` whether this caller is one of those whom surveys ask, `number_known`
    whether the caller's number can be called, `awaited` whether it is to be, `payers` for whom the caller may speak:
    the references of payers, or None for too many. The call begins with `begins`. While the profile is `usable` another
    PIN can be stored, and while somebody is `heard` what is said counts.
    """

    def __init__(
        self,
        flow: Flow,
        *,
        is_open: bool = True,
        lang: str | None = None,
        drawn: bool = False,
        number_known: bool = True,
        awaited: bool = False,
        begins: CalledBack | None = None,
        payers: tuple[str, ...] | None = (),
    ) -> None:
        self.flow = flow
        self.number_known = number_known
        self.awaited = awaited
        self.payers = payers
        self.usable = True
        self.heard = True
        self.is_open = is_open
        self.drawn = drawn
        self.state = start(flow)
        self.prompts: tuple[Prompt, ...] = ()
        self.wait: Wait
        self._happen(begins or Started(lang))

    @property
    def position(self) -> Position:
        """Where the call stands."""
        return self.state.position

    @property
    def said(self) -> tuple[str, ...]:
        """The names of what was heard since the last event."""
        return tuple(prompt.name for prompt in self.prompts)

    def keys(self, *gathers: str) -> Caller:
        """Key something at each of the next gathers."""
        for digits in gathers:
            self._happen(Keyed(digits))
        return self

    def says(self, *choices: str, sure: int = 100) -> Caller:
        """Say what stands for these keys; nothing of them is words that are no phrase."""
        return self._happen(Heard(choices, sure if choices else 0))

    def silent(self, times: int = 1) -> Caller:
        """Key nothing until the timeout."""
        for _ in range(times):
            self._happen(NoInput())
        return self

    def identifier(self, length: int = 8, claim: str | None = CLAIM) -> Caller:
        """Key an identifier of so many digits."""
        return self._happen(SecretKeyed(length, claim))

    def pin(self, length: int = 6, *, right: bool) -> Caller:
        """Key a PIN of so many digits, the right one or a wrong one."""
        return self._happen(SecretKeyed(length), PinVerified(SUBJECT) if right else PinRefused())

    def new_pin(self, *, weakness: str | None = None) -> Caller:
        """Key a new PIN, or one that has a weakness; or the same one again."""
        return self._happen(NewPinKeyed() if weakness is None else NewPinRefused(weakness))

    def another_pin(self) -> Caller:
        """Key another PIN where the same one is asked for again."""
        return self._happen(NewPinDiffers())

    def delayed(self, seconds: int) -> Caller:
        """Key a PIN that is not looked at, since too many were tried."""
        return self._happen(SecretKeyed(6), PinDelayed(seconds))

    def number(self, found: NumberFound | None) -> Caller:
        """Key a number that can be called, or one that cannot."""
        return self._happen(found or NumberRefused())

    def payer(self, reference: str | None) -> Caller:
        """Key the number of a payer that the caller may speak for, or of another one."""
        return self._happen(PayerRefused() if reference is None else PayerKeyed(reference))

    def listens(self) -> Caller:
        """Hear what cannot be cut short to its end."""
        return self._happen(Played())

    def returns(self, outcome: str, topic: str = "") -> Caller:
        """Come back from a queue, or from a colleague of another topic."""
        return self._happen(QueueLeft(outcome, topic))

    def sent_on(self, topic: str) -> Caller:
        """Be sent on by a consultant."""
        return self._happen(SentOn(topic))

    def asked_to_log_in(self, agent: str) -> Caller:
        """Be asked to log in by the consultant."""
        return self._happen(LoginAsked(agent))

    def fails(self, times: int) -> Caller:
        """Key wrong PINs, hearing each result but the last to its end."""
        for _ in range(times - 1):
            self.identifier().pin(right=False).listens()
        return self.identifier().pin(right=False)

    def taken_over(self) -> Caller:
        """Go on in another process."""
        return self._happen(Reentered())

    def hangs_up(self) -> Caller:
        """Hang up."""
        return self._happen(HungUp())

    def _happen(self, event: Event, verdict: Event | None = None) -> Caller:
        turn = self._stepped(event)
        self.prompts = turn.prompts
        while (answer := self._answer(turn.wait, verdict)) is not None:
            turn = self._stepped(answer)
            self.prompts += turn.prompts
        self.wait = turn.wait
        return self

    def _stepped(self, event: Event) -> Turn:
        turn = step(self.flow, self.state, event)
        assert not isinstance(turn, Ignored), turn.reason
        self.state = turn.state
        return turn

    def _answer(self, wait: Wait, verdict: Event | None) -> Event | None:
        match wait:
            case CheckHours():
                return HoursChecked(self.is_open)
            case CheckSpeech():
                return SpeechChecked(self.heard)
            case DrawSurvey():
                return SurveyDrawn(self.drawn)
            case FindOffice(name, postal_code):
                found = self.flow.offices[name].serving(postal_code)
                return (
                    OfficeFound(found.name, found.street, found.postal_code, found.city) if found else OfficeNotFound()
                )
            case VerifyPin():
                return verdict
            case VerifyOldPin():
                return verdict
            case StorePin():
                return PinStored(self.usable)
            case FindPayers():
                return ManyPayers() if self.payers is None else PayersFound(self.payers)
            case FindNumber():
                return NUMBER if self.number_known else NumberRefused()
            case FindCallback():
                return CallbackSought(self.awaited)
            case CancelCallback():
                return CallbackCancelled()
            case _:
                return None
