"""Reading on after a fault of shape, so that one run finds every fault of a file.

What is misspelt or unquoted is read as what was probably meant; an entry that cannot be read is replaced by a blank
one, so that its name stays known. A file that was mended is never used: it only lets the other checks run.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ivr.menus import schema
from ivr.menus.document import Document, Path
from ivr.menus.faults import Fault
from ivr.menus.shape import data_path, fault, fields_around, is_number, model_around

ROUNDS = 4

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """The file as far as it could be read. `complete` is unset when entries of it are blanks."""

    file: schema.MenuFile | None
    faults: tuple[Fault, ...]
    complete: bool


def read_file(document: Document) -> Reading:
    """The file in its shape, mended where it must be, with every fault of its shape."""
    data, complete = document.data, True
    faults: list[Fault] = []
    for _ in range(ROUNDS):
        try:
            return Reading(schema.MenuFile.model_validate(data), tuple(faults), complete)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        # Unknown fields first and alone: one that is misspelt leaves another one missing.
        unknown = [details for details in errors if details["type"] == "extra_forbidden"]
        faults += [fault(document, details) for details in unknown or errors]
        if not isinstance(data, dict):
            break
        data = deepcopy(data)
        for details in unknown:
            _read_as_nearest(data, document, data_path(details), fields_around(details["loc"]))
        if not unknown:
            lost = _mend(data, errors)
            if lost is None or not _blank(data, lost):
                break
            complete = complete and not lost
    return Reading(None, tuple(faults), False)


def _read_as_nearest(data: Data, document: Document, path: Path, known: tuple[str, ...]) -> None:
    around, name = _at(data, path[:-1]), str(path[-1])
    value = around.pop(name)
    for near in get_close_matches(name, known, n=1):
        if near not in around:
            around[near] = value
            document.move(path, (*path[:-1], near))


def _mend(data: Data, errors: list[ErrorDetails]) -> set[Path] | None:
    """Mend single values; the entries that cannot be mended are returned, or None if it is not one of those."""
    lost: set[Path] = set()
    for details in errors:
        path = data_path(details)
        if details["type"] == "string_type" and is_number(details["input"]):
            _at(data, path[:-1])[path[-1]] = str(details["input"])
        elif len(path) > 1 and path[0] in BLANKS:
            lost.add(path[:2])
        elif not _leave_to_default(data, path, details["loc"]):
            return None
    return lost


def _at(data: Data, path: Path) -> Any:
    found: Any = data
    for part in path:
        found = found[part]
    return found


def _leave_to_default(data: Data, path: Path, location: tuple[int | str, ...]) -> bool:
    model = model_around(location)
    field = model.model_fields.get(str(path[-1])) if model else None
    if field is None or field.is_required():
        return False
    _at(data, path[:-1]).pop(path[-1], None)
    return True


def _blank(data: Data, lost: set[Path]) -> bool:
    """Put blanks in the place of entries; whether that was possible."""
    if lost and not (isinstance(data.get("languages"), list) and all(_has_entries(data, name) for name in BLANKS)):
        return False
    for section, name in lost:
        data[str(section)][name] = BLANKS[str(section)](data)
    return True


def _has_entries(data: Data, section: str) -> bool:
    entries = data.get(section)
    return isinstance(entries, dict) and bool(entries)


def _texts(data: Data) -> Data:
    return {str(lang): "-" for lang in data["languages"]}


BLANKS = {
    "hours": lambda data: {"open": {"mon": ["00:00-24:00"]}},
    "queues": lambda data: {"hours": next(iter(data["hours"])), "agents": ["00"], "label": _texts(data)},
    "topics": lambda data: {"queue": next(iter(data["queues"])), "label": _texts(data)},
    "steps": lambda data: {"type": "end", "play": [next(iter(data["prompts"]))], "cause": "blank"},
    "prompts": _texts,
}
