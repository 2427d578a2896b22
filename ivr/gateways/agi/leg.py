"""A carrier's leg at this gateway: taken by its channel, and the dialplan told at once."""

from __future__ import annotations

import re
from collections.abc import Callable

from ivr.gateways.agi.dialplan import only
from ivr.gateways.agi.protocol import SafeAGI
from ivr.live import Live

# Asterisk's unique id of a channel: Unix time and a number, behind the system's name if it has one.
UNIQUE_ID = re.compile(r"[!-~]{1,150}")

# The call of a carrier's leg, by its id, what the leg tells of it, and its channel; None if the leg is refused.
TakeLeg = Callable[[str, str, str], Live | None]


def no_leg(_call_id: str, _told: str, _channel: str) -> None:
    """No carrier sends any."""


def taken(agi: SafeAGI, take: TakeLeg, call_id: str, told: str) -> Live | None:
    """The call of the leg on this channel; None if it is refused. Raises AGIHangup.

    From then on the end of the channel is the end of the call, of which only the dialplan tells: it has to know before
    anything else can go wrong.
    """
    channel = only(UNIQUE_ID, agi.env.get("agi_uniqueid", ""))
    live = take(call_id, told, channel) if channel else None
    if live is not None:
        agi.ask("SET VARIABLE", "LEG_TAKEN", "yes")
    return live
