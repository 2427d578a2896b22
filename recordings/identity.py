"""What recordings are called: an id made from where they came from, so that taking one in again makes no second one."""

from __future__ import annotations

from uuid import UUID, uuid5

_NAMESPACE = UUID("6f6c2b0e-6f5c-4b5e-9a3d-2a1f0c7d9e54")


def id_of(origin: str) -> str:
    """The id of the recording that came from there."""
    return str(uuid5(_NAMESPACE, origin))


def of_call(call_id: str, seq: int) -> str:
    """The origin of a part of a call."""
    return f"{parts_of(call_id)}{seq}"


def parts_of(call_id: str) -> str:
    """What the origins of all parts of a call begin with."""
    return f"call:{call_id}/"


def call_of(origin: str) -> str | None:
    """The call that an origin is of; None where it is of a file."""
    kind, _, rest = origin.partition(":")
    return rest.rpartition("/")[0] if kind == "call" else None


def of_file(sha256: str) -> str:
    """The origin of a file of another archive: its content, wherever it lies and whatever it is called."""
    return f"import:{sha256}"
