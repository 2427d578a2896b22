"""Which of Asterisk's channels is a caller's, and what the dialplan keeps on it. Nothing here knows a connection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from routing.ami import Event

# Asterisk's words for a variable that is not set.
UNSET = "(null)"


@dataclass(frozen=True, slots=True)
class CallerChannel:
    """A caller's channel by its name, with the variables that were asked for; those that are not set are empty."""

    name: str
    variables: Mapping[str, str]


def asked_for(agent: str) -> str:
    """The variables by which `channel_of` finds a caller and tells what state the conversation with `agent` is in."""
    return f"CALL_ID,CALLER,WITH,LEFT_ALONE,LEVEL,WHISPER_AUTHORISED,CAPTION,LANG,{place_of(agent)}"


def place_of(agent: str) -> str:
    """The variable, on a caller's channel, that names the channel of a consultant who is in the conversation."""
    return f"AT_{agent}"


def channel_of(call_id: str, channels: Iterable[Event]) -> CallerChannel | None:
    """The caller's among all channels, as Status lists them; consultants' and Local ones have the call's id as well."""
    for event in channels:
        given = (value.partition("=") for value in event.values.get("Variable", ()))
        known = {name: "" if value == UNSET else value for name, _, value in given}
        name = event.headers.get("Channel", "")
        if name and (known.get("CALL_ID"), known.get("CALLER")) == (call_id, name):
            return CallerChannel(name, known)
    return None
