"""What recordings are called: an id made from where they came from, so that taking one in again makes no second one."""

from __future__ import annotations

import re
from uuid import UUID, uuid5

CALL = "call:"
"""What the origin of a recorded call begins with; its sides are the caller's, left, and the consultant's."""

_BEGINNING = 8
_TIME = re.compile(r"[0-9a-f]{8}-")
_NAMESPACE = UUID("6f6c2b0e-6f5c-4b5e-9a3d-2a1f0c7d9e54")


def id_of(origin: str) -> str:
    """The id of the recording that came from there.

    It begins as the id of its call does, with the second in which that came: recordings that are due on one day are
    neighbours in the catalogue and among the keys, and millions that are kept lie elsewhere.
    """
    made = str(uuid5(_NAMESPACE, origin))
    call = call_of(origin)
    return made if call is None or not _TIME.match(call) else call[:_BEGINNING] + made[_BEGINNING:]


def of_call(call_id: str, seq: int) -> str:
    """The origin of a part of a call."""
    return f"{parts_of(call_id)}{seq}"


def part_of(origin: str) -> tuple[str, int] | None:
    """The call and the turn that a recording came from; None where it was imported."""
    kind, _, rest = origin.partition(":")
    call_id, _, seq = rest.rpartition("/")
    return (call_id, int(seq)) if kind == "call" and seq.isdecimal() else None


def parts_of(call_id: str) -> str:
    """What the origins of all parts of a call begin with."""
    return f"{CALL}{call_id}/"


def call_of(origin: str) -> str | None:
    """The call of which that is a part; None of what was imported."""
    part = part_of(origin)
    return None if part is None else part[0]


def of_file(sha256: str) -> str:
    """The origin of a file of another archive: its content, wherever it lies and whatever it is called."""
    return f"import:{sha256}"
