"""A small SIP telephone with RTP, for loopback: it calls, answers, presses keys, plays and records."""

from demo.phone import sounds
from demo.phone.call import Call, CallState
from demo.phone.endings import EndedBy, Ending
from demo.phone.exchange import Exchange
from demo.phone.g711 import Codec
from demo.phone.incoming import Answer, IncomingCall, Reaction, Refuse, Ring
from demo.phone.outgoing import OutgoingCall
from demo.phone.phone import Phone, Settings
from demo.phone.recording import Recording
from demo.phone.waiting import PhoneTimeoutError

__all__ = [
    "Answer",
    "Call",
    "CallState",
    "Codec",
    "EndedBy",
    "Ending",
    "Exchange",
    "IncomingCall",
    "OutgoingCall",
    "Phone",
    "PhoneTimeoutError",
    "Reaction",
    "Recording",
    "Refuse",
    "Ring",
    "Settings",
    "sounds",
]
