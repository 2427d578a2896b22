"""pydantic's complaints turned into faults that a supervisor understands."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from ivr.menus import schema
from ivr.menus.document import Document, Path
from ivr.menus.faults import Fault
from ivr.menus.phrases import HoursPhrases, Phrases, WaitingPhrases, WhisperPhrases

STEP_TYPES: dict[str, type[BaseModel]] = {
    "menu": schema.Menu,
    "message": schema.Message,
    "opening": schema.Opening,
    "authentication": schema.Authentication,
    "change-pin": schema.PinChange,
    "offices": schema.Offices,
    "transfer": schema.Transfer,
    "resume": schema.Resume,
    "callback": schema.Callback,
    "promised": schema.Promised,
    "cancel-callback": schema.Cancellation,
    "survey": schema.Survey,
    "assistant": schema.Assistant,
    "end": schema.End,
}


SECTIONS: dict[str, type[BaseModel]] = {
    "recording": schema.Recording,
    "gathering": schema.Gathering,
    "queueing": schema.Queueing,
    "callbacks": schema.Callbacks,
    "speech": schema.Speech,
    "codes": schema.Codes,
    "hours": schema.Hours,
    "queues": schema.Queue,
    "topics": schema.Topic,
    "phrases": Phrases,
}

# The models of phrases that are by language.
PHRASES: dict[str, type[BaseModel]] = {"hours": HoursPhrases, "waiting": WaitingPhrases}


def fault(document: Document, details: ErrorDetails) -> Fault:
    """pydantic's complaint as a fault of the file."""
    path = data_path(details)
    at_key = details["type"] == "extra_forbidden" or details["loc"][-1:] == ("[key]",)
    line, column = document.mark(path) if at_key or details["type"] == "missing" else document.value_mark(path)
    message, hint = _words(details, path)
    return Fault(line, column, message, hint)


def data_path(details: ErrorDetails) -> Path:
    """pydantic's location without what is not in the file: the tag of a step's type and its mark for keys."""
    path = details["loc"]
    if path[-1:] == ("[key]",) and details["type"] != "extra_forbidden":
        path = path[:-1]
    if len(path) > 2 and path[0] == "steps" and path[2] in STEP_TYPES:
        return path[:2] + path[3:]
    return path


def _words(details: ErrorDetails, path: Path) -> tuple[str, str]:
    name = next((part for part in reversed(path) if isinstance(part, str)), "the file")
    value = details["input"]
    match details["type"]:
        case "missing" if isinstance(path[-1], int):
            return f"{name}: too few values", ""
        case "too_long":
            return f"{name}: too many values", ""
        case "missing":
            return f'the field "{name}" is missing', f'add "{name}:" here'
        case "extra_forbidden":
            return f'unknown field "{name}"', _nearest(str(name), fields_around(details["loc"]))
        case "string_type" if is_number(value):
            return f"{name}: a number where text is expected", "put digits in quotes"
        case "int_type" | "int_from_float":
            return f"{name}: a whole number expected", ""
        case "string_type":
            return f"{name}: text expected", ""
        case "union_tag_not_found":
            return f'the step "{name}" has no type', f"add type: {' | '.join(STEP_TYPES)}"
        case "union_tag_invalid":
            given = cast("dict[str, Any]", value).get("type")
            return f'the step "{name}" has the unknown type "{given}"', _nearest(str(given), tuple(STEP_TYPES))
        case "value_error":
            message, *hint = details["ctx"]["error"].args
            return f"{name}: {message}", "".join(hint)
        case "too_short":
            return f"{name}: must not be empty", ""
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"{name}: fields expected, indented below it", ""
        case "list_type" | "tuple_type":
            return f"{name}: a list expected, [like, this]", ""
        case _:
            return f"{name}: {details['msg'].removeprefix('Input ')}", ""


def is_number(value: object) -> bool:
    """Whether the value is a number; for Python, true and false are numbers too."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _nearest(word: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(word, known, n=1)
    return f'did you mean "{close[0]}"?' if close else f"known: {', '.join(known)}" if known else ""


def model_around(location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model whose field is at pydantic's location, or None where entries bear names of their own."""
    if len(location) == 1:
        return schema.MenuFile
    if location[0] == "steps":
        return _model_in_step(location)
    if location[0] == "queues" and "overflow" in location[2:-1]:
        return schema.Overflow
    if location[0] == "queues" and "ways" in location[2:-1]:
        return schema.Ways
    if location[:1] == ("phrases",) and location[1] in PHRASES:
        return PHRASES[str(location[1])] if len(location) == len(("phrases", "hours", "language", "field")) else None
    if location[:2] == ("phrases", "whisper"):
        return WhisperPhrases if len(location) == len(("phrases", "whisper", "field")) else None
    if location[:2] == ("queueing", "leaving") and location[2:]:
        return schema.Leaving
    return SECTIONS.get(str(location[0]))


def _model_in_step(location: tuple[int | str, ...]) -> type[BaseModel] | None:
    if not location[3:]:
        return None
    if "options" in location[:-1]:
        return schema.Choice if location[2] == "offices" else schema.Option
    if "questions" in location[3:-1]:
        return schema.Question
    if "payers" in location[3:-1]:
        return schema.Choice if "consultant" in location[4:-1] else schema.Payers
    return STEP_TYPES[str(location[2])]


def fields_around(location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The fields that the model around an unknown field has."""
    model = model_around(location)
    return tuple(model.model_fields) if model else ()
