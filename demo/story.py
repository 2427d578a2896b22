"""The demonstration call: a caller listens, asks for a consultant, hears the notice, talks, and is thanked."""

from __future__ import annotations

from collections.abc import Sequence

from demo.phone import Call, Exchange, IncomingCall, Phone, sounds

LISTENS_SECONDS = 4.0
TALKS_SECONDS = 7.0
PATIENCE_SECONDS = 120.0
CALLER_HERTZ = 440
KEYS = ("0", "2")


def play(exchange: Exchange, sip: tuple[str, int], number: str, desks: Sequence[Phone]) -> None:
    """Dial, choose a consultant for pensions, and talk until the consultant hangs up.

    Raises PhoneTimeoutError when the call gets stuck.
    """
    caller = Phone(exchange, "600100200", sip)
    call = caller.dial(number, ani="600100200")
    call.wait_up()
    for turn, key in enumerate(KEYS, start=1):
        _listen(call, turn * LISTENS_SECONDS)
        call.press(key)
    call.wait_until(lambda: call.ended or _answered(desks), PATIENCE_SECONDS, "a consultant to answer")
    call.play(sounds.tone(CALLER_HERTZ, seconds=1.0, amplitude=2000))
    for consultant in _answered(desks):
        _listen(consultant, TALKS_SECONDS)
        consultant.hang_up()
    call.wait_ended(PATIENCE_SECONDS)


def _answered(desks: Sequence[Phone]) -> list[IncomingCall]:
    return [call for phone in desks for call in phone.incoming if call.up]


def _listen(call: Call, seconds: float) -> None:
    """Until so much of the call has been heard."""
    call.wait_until(lambda: call.ended or call.recording.seconds >= seconds, PATIENCE_SECONDS, f"{seconds} s of sound")
