"""A carrier on loopback that behaves as Twilio's documented requests do.

    line = Line("http://127.0.0.1:8080", ACCOUNT, token)
    call = CarriedCall(line, caller, ani="+48600100200", dnis="+48225601600")
    call.run()

Only documented verbs and attributes are known; anything else is an error, as a misspelt one would be ignored there.
Source: https://www.twilio.com/docs/voice/twiml
"""

from __future__ import annotations

from demo.carrier.call import Caller, CarriedCall, CarrierClock, HangsUp
from demo.carrier.line import Line, LineError
from demo.carrier.twiml import Dial, Gather, TwimlError, Verb

__all__ = [
    "Caller",
    "CarriedCall",
    "CarrierClock",
    "Dial",
    "Gather",
    "HangsUp",
    "Line",
    "LineError",
    "TwimlError",
    "Verb",
]
