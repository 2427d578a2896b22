"""Data -> MenuFile: pydantic's complaints turned into faults that a supervisor understands."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ivr.menus import schema
from ivr.menus.document import Document, Path
from ivr.menus.faults import Fault

STEP_TYPES: dict[str, type[BaseModel]] = {
    "menu": schema.Menu,
    "message": schema.Message,
    "opening": schema.Opening,
    "authentication": schema.Authentication,
    "offices": schema.Offices,
    "transfer": schema.Transfer,
    "end": schema.End,
}


def validate(document: Document) -> tuple[schema.MenuFile | None, list[Fault]]:
    """The file's shape, or the faults in it."""
    try:
        return schema.MenuFile.model_validate(document.data), []
    except ValidationError as error:
        return None, [_fault(document, details) for details in error.errors(include_url=False)]


def _fault(document: Document, details: ErrorDetails) -> Fault:
    path = _data_path(details["loc"])
    at_key = details["type"] == "extra_forbidden" or details["loc"][-1:] == ("[key]",)
    line, column = document.mark(path) if at_key or details["type"] == "missing" else document.value_mark(path)
    message, hint = _words(details, path)
    return Fault(line, column, message, hint)


def _data_path(location: tuple[int | str, ...]) -> Path:
    """pydantic's location without what is not in the file: the tag of a step's type and its mark for keys."""
    path = tuple(part for part in location if part != "[key]")
    if len(path) > 2 and path[0] == "steps" and path[2] in STEP_TYPES:
        return path[:2] + path[3:]
    return path


def _words(details: ErrorDetails, path: Path) -> tuple[str, str]:
    name = path[-1] if path else "the file"
    value = details["input"]
    match details["type"]:
        case "missing":
            return f'the field "{name}" is missing', f'add "{name}:" here'
        case "extra_forbidden":
            return f'unknown field "{name}"', _nearest(str(name), _fields_around(details["loc"]))
        case "string_type" if isinstance(value, int | float):
            return f'{name}: a number where text is expected, "{value}" or the like', "put digits in quotes"
        case "string_type":
            return f"{name}: text expected", ""
        case "union_tag_not_found":
            return f'the step "{name}" has no type', f"add type: {' | '.join(STEP_TYPES)}"
        case "union_tag_invalid":
            given = cast("dict[str, Any]", value).get("type")
            return f'the step "{name}" has the unknown type "{given}"', _nearest(str(given), tuple(STEP_TYPES))
        case "value_error":
            return f"{name}: {details['ctx']['error']}", ""
        case "too_short":
            return f"{name}: must not be empty", ""
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"{name}: fields expected, indented below it", ""
        case "list_type" | "tuple_type":
            return f"{name}: a list expected, [like, this]", ""
        case _:
            return f"{name}: {details['msg'].removeprefix('Input ')}", ""


def _nearest(word: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(word, known, n=1)
    return f'did you mean "{close[0]}"?' if close else f"known: {', '.join(known)}" if known else ""


def _fields_around(location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The fields that the model around an unknown field has."""
    if len(location) == 1:
        return tuple(schema.MenuFile.model_fields)
    models: dict[str, type[BaseModel]] = {
        "recording": schema.Recording,
        "gathering": schema.Gathering,
        "queueing": schema.Queueing,
        "hours": schema.Hours,
        "queues": schema.Queue,
        "topics": schema.Topic,
        "phrases": schema.Phrases,
    }
    if location[0] == "steps" and len(location) > 3:
        around = schema.Option if "options" in location else STEP_TYPES[str(location[2])]
        return tuple(around.model_fields)
    model = models.get(str(location[0]))
    return tuple(model.model_fields) if model else ()
