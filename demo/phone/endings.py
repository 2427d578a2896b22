"""How a call ended: who ended it, by which status or cause, in which words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from demo.phone.messages import Headers

_CAUSE = re.compile(r"Q\.850\s*;.*?cause\s*=\s*(\d+)", re.IGNORECASE)


class EndedBy(Enum):
    """Who ended a call."""

    US = "us"
    THEM = "them"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended.

    `status` is the SIP status that refused or cancelled it, None for a BYE; `cause` the Q.850 cause in the
    Reason header (16: normal clearing), None where none came; `reason` that header, or the status' words.
    """

    by: EndedBy
    status: int | None = None
    cause: int | None = None
    reason: str = ""


def ending_of(headers: Headers, by: EndedBy, status: int | None = None, words: str = "") -> Ending:
    """Read how a call ended from the message that ended it (Reason header: RFC 3326)."""
    reason = headers.text("reason")
    match = _CAUSE.search(reason)
    return Ending(by, status, int(match[1]) if match else None, reason or words)
