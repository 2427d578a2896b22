"""What the carrier's webhooks tell, as far as it is used. Pure.

Source: https://www.twilio.com/docs/voice/twiml (request parameters), https://www.twilio.com/docs/voice/twiml/gather
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict

from ivr.events import Event, Keyed, NoInput
from ivr.waits import Gather

CALL_SID = re.compile(r"CA[0-9a-f]{32}")
MESSAGE_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
CODE = re.compile(r"\d{1,6}")
KEYS = re.compile(r"[0-9A-D*#]{0,64}")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ufffd]")
MOST_FIELDS = 200
MOST_CHARACTERS = 80
TERMINATOR = "#"
# The call is over.
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_KEYPAD = {
    letter: key
    for key, letters in zip("23456789", ["ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ"], strict=True)
    for letter in letters
}
# A number that is withheld is sent as a word, or as the keys that spell it.
WITHHELD = ("ANONYMOUS", "RESTRICTED", "BLOCKED", "PRIVATE", "UNKNOWN", "UNAVAILABLE")
_NOBODY = frozenset({*WITHHELD, *("".join(_KEYPAD[letter] for letter in word) for word in WITHHELD)})

Form = ImmutableMultiDict[str, str]


class BadForm(ValueError):
    """A webhook tells what no carrier would; the message names the field, and never what is in it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A webhook about a call. `keys` are what was keyed, `finished` the key that ended it early."""

    carrier_id: str
    ani: str = ""
    dnis: str = ""
    status: str = ""
    keys: str = field(default="", repr=False)
    finished: str = ""


def form_of(body: bytes) -> Form:
    """The fields of a form. Raises BadForm."""
    try:
        text = body.decode("utf-8")
        return Form(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise BadForm("the body is no form") from error


def told_by(form: Form) -> Told:
    """What a form tells. Raises BadForm."""
    carrier_id, keys = form.get("CallSid", ""), form.get("Digits", "")
    if not CALL_SID.fullmatch(carrier_id):
        raise BadForm("CallSid is no id of a call")
    if not KEYS.fullmatch(keys):
        raise BadForm("Digits holds what no telephone has")
    return Told(
        carrier_id,
        ani=_number(form.get("From", "")),
        dnis=_number(form.get("To", "")),
        status=form.get("CallStatus", ""),
        keys=keys,
        finished=form.get("FinishedOnKey", ""),
    )


@dataclass(frozen=True, slots=True)
class Report:
    """What has become of a text message: the carrier's id of it, its word, and the code of an error."""

    carrier_id: str
    status: str
    code: str | None


def report_by(form: Form) -> Report:
    """What a form tells of a message. Raises BadForm."""
    carrier_id, status, code = (form.get(name, "") for name in ("MessageSid", "MessageStatus", "ErrorCode"))
    if not MESSAGE_SID.fullmatch(carrier_id):
        raise BadForm("MessageSid is no id of a message")
    return Report(carrier_id, status, code if CODE.fullmatch(code) else None)


def _number(text: str) -> str:
    printable = UNPRINTABLE.sub("", text)[:MOST_CHARACTERS]
    return "" if printable.removeprefix("+").upper() in _NOBODY else printable


def keyed(told: Told, gather: Gather) -> Event:
    """What was keyed, as the flow learns it: a number without its terminator, a lone terminator as itself."""
    digits = told.keys
    if gather.max_digits > 1:
        digits = digits.partition(TERMINATOR)[0] if digits != TERMINATOR else digits
    if not digits:
        return Keyed(TERMINATOR) if TERMINATOR in (told.finished, told.keys[:1]) else NoInput()
    return Keyed(digits[: gather.max_digits])
