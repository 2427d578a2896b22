"""What a script is made of, and the people in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle, islice

from ivr.definition import PAYER_KEYS, Authentication, Flow
from ivr.exploration.moves import DRAWN, LISTENED, MANY, PAYERS, REPRESENTS

SILENCE = "-"
TERMINATOR = "#"

# By what a person may speak for: nobody, some payers, many.
_KNOWN = {0: "246813579", len(PAYERS): "357924681", len(PAYER_KEYS) + 1: "468135792"}
_STRANGER = "975318642"
_BESIEGED = "864297531"
_PIN = "471155274"
_WRONG = "580266385"
# A payer's number, but for its last digit.
_PAYER = "90371846"


@dataclass(frozen=True, slots=True)
class Key:
    """Keys at a gather, as a word of `centrala call --keys`: `-` is silence, `#` ends a number."""

    word: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Hear what cannot be cut short, to its end."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A stay in a queue that ends so."""

    outcome: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang up instead of what the call waits for."""


Act = Key | Listen | Queue | HangUp


@dataclass(frozen=True, slots=True)
class Script:
    """What happens in one call, from the answer to its end.

    `circumstances` are those that the call asks for (`ivr.exploration.moves.Move`), and whether they are so.
    """

    acts: tuple[Act, ...]
    circumstances: tuple[tuple[str, bool], ...] = ()

    def circumstance(self, name: str, usual: bool) -> bool:
        """Whether that is so in this call; `usual` where it does not matter."""
        return dict(self.circumstances).get(name, usual)

    @property
    def drawn(self) -> bool:
        """Whether the caller is among those whom a survey asks."""
        return self.circumstance(DRAWN, False)

    @property
    def payers(self) -> int:
        """For how many payers the caller may speak, once known."""
        some = len(PAYER_KEYS) + 1 if self.circumstance(MANY, False) else len(PAYERS)
        return some if self.circumstance(REPRESENTS, False) else 0

    @property
    def keys(self) -> str:
        """The words for `centrala call --keys`."""
        return " ".join(act.word for act in self.acts if isinstance(act, Key))

    @property
    def gathers(self) -> int:
        """How many gathers the caller answers."""
        return sum(isinstance(act, Key) for act in self.acts)

    @property
    def keys_tell_all(self) -> bool:
        """Whether `centrala call --keys` plays the whole script.

        Nobody hangs up or is drawn, every queue answers, and somebody listens.
        """
        is_usual = not self.drawn and self.circumstance(LISTENED, True)
        return is_usual and all(isinstance(act, Key | Listen) or act == Queue("answered") for act in self.acts)

    def as_stranger(self, number: int) -> Script:
        """The script as it is played by the stranger of that number, so that nobody is refused in two scripts."""
        return replace(self, acts=tuple(_as_stranger(act, number) for act in self.acts))

    def __str__(self) -> str:
        told = "".join(f"{name if is_so else f'not {name}'}: " for name, is_so in self.circumstances)
        return told + " ".join(_told(act) for act in self.acts)


def _as_stranger(act: Act, number: int) -> Act:
    match act:
        case Key(word) if word == strange_identifier(len(word) - 1) + TERMINATOR:
            return Key(strange_identifier(len(word) - 1, number) + TERMINATOR)
        case _:
            return act


def _told(act: Act) -> str:
    match act:
        case Key(word):
            return word
        case Listen():
            return "(listen)"
        case Queue(outcome):
            return f"(queue: {outcome})"
        case HangUp():
            return "(hang up)"


@dataclass(frozen=True, slots=True)
class Profile:
    """Somebody who may authenticate in the scripts' world."""

    identifier: str
    pin: str
    payers: tuple[str, ...] = ()
    """The numbers of the payers that they may speak for."""


def profiles(flow: Flow) -> tuple[Profile, ...]:
    """Who may authenticate while scripts are played: for each length of identifier and PIN one profile.

    Where it is asked whom a call is about there are two more: one that speaks for some payers, and one for many.
    """
    logins = [step for step in flow.steps.values() if isinstance(step, Authentication)]
    found = {
        Profile(known_identifier(login.identifier_digits[0], many), right_pin(login.pin_digits), payer_numbers(many))
        for login in logins
        for many in (_KNOWN if login.payers else (0,))
    }
    return tuple(sorted(found, key=lambda profile: (profile.identifier, profile.pin)))


def known_identifier(length: int, payers: int = 0) -> str:
    """The identifier of somebody who may authenticate, and speak for so many payers."""
    return _digits(_KNOWN[payers], length)


def payer_numbers(many: int) -> tuple[str, ...]:
    """The numbers of the payers that somebody may speak for who speaks for so many."""
    return tuple(f"{_PAYER}{number}" for number in range(1, many + 1))


def strange_identifier(length: int, number: int = 0) -> str:
    """An identifier that nobody has, one of many. Only such a caller is refused, and no profile has to wait for it."""
    digits = _digits(_STRANGER, length)
    return digits and f"{(int(digits) + number) % 10**length:0{length}}"


def wrong_pin(length: int) -> str:
    """A PIN that nobody in the scripts has."""
    return _digits(_WRONG, length)


def weak_pin(reason: str, length: int) -> str:
    """A PIN that cannot be given, for one of `events.WEAKNESSES`."""
    weak = {
        "length": right_pin(length)[:-1],
        "repeated": "1" * length,
        "run": _digits("1234567890", length),
        "date": {4: "3112", 6: "311287", 8: "31121987"}.get(length, ""),
    }
    return weak[reason]


def besieged_identifier(length: int) -> str:
    """An identifier at which so many PINs were tried that the wait is as long as it can be."""
    return _digits(_BESIEGED, length)


def besieged(flow: Flow) -> frozenset[str]:
    """Those identifiers, of each length that scripts key."""
    logins = (step for step in flow.steps.values() if isinstance(step, Authentication))
    return frozenset(besieged_identifier(login.identifier_digits[0]) for login in logins)


def right_pin(length: int) -> str:
    """The PIN that everybody in the scripts has."""
    return _digits(_PIN, length)


def _digits(source: str, length: int) -> str:
    return "".join(islice(cycle(source), length))
