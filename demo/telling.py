"""Telling people what calls do: a line per event."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

Tell = Callable[[str], None]

SHOWN_CHARACTERS_OF_ID = 8


def tell_transcript(stream: IO[bytes], tell: Tell) -> threading.Thread:
    """Tell every transcript line that an IVR process prints, until the stream ends."""

    def read() -> None:
        for raw in stream:
            with suppress(ValueError):
                tell(sentence(json.loads(raw)))

    thread = threading.Thread(target=read, name="transcript", daemon=True)
    thread.start()
    return thread


def sentence(line: dict[str, Any]) -> str:
    """A transcript line for people."""
    # Ids begin with a time, in which several calls may come.
    call = str(line["call"])[-SHOWN_CHARACTERS_OF_ID:]
    match line:
        case {"type": "prompt", "lang": lang, "text": text}:
            return f"  {call}  hears ({lang})  {text}"
        case {"type": "gather", "digits": None, "length": length}:
            return f"  {call}  keys        {'•' * length or 'nothing, or star'}"
        case {"type": "gather", "digits": ""}:
            return f"  {call}  is silent"
        case {"type": "gather", "digits": digits}:
            return f"  {call}  keys        {digits}"
        case {"type": "consent", "given": given}:
            return f"  {call}  {'agrees' if given else 'does not agree'} to be recorded"
        case {"type": "consent_withdrawn"}:
            return f"  {call}  does not want to be recorded any more"
        case {"type": "auth", "level": level}:
            return f"  {call}  level       {level}"
        case {"type": "transfer", "topic": topic, "queue": queue}:
            return f"  {call}  waits for a consultant: topic {topic}, queue {queue}"
        case {"type": "queue_left", "outcome": outcome}:
            return f"  {call}  is back from the queue: {outcome}"
        case {"type": "survey"}:
            return f"  {call}  is asked about the conversation"
        case {"type": "hangup", "cause": cause}:
            return f"  {call}  call over   {cause}"
        case _:
            return f"  {call}  {line['type']}"
