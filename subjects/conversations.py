"""What happened in a call, turn by turn, in words: what was keyed and what was heard.

What could not be read, since it was damaged or its menus are gone, is told as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ivr import codec
from ivr.definition import Flow
from ivr.events import Event, OfficeFound
from ivr.flow import start
from ivr.library import Library, UnknownVersion
from ivr.live import Live
from ivr.lookups import offices_at
from ivr.menus.faults import MenuError
from ivr.prompts import Prompt
from ivr.questions import address
from ivr.state import AtAddress
from ivr.transcript import lines
from ivr.turns import Turn

Line = dict[str, Any]


def told(library: Library, version: str, rows: Iterable[Any]) -> Iterator[Line]:
    """The lines of one call, from its rows in the turn log."""
    try:
        flow = library.flow(version)
    except (MenuError, UnknownVersion):
        yield {"type": "unreadable", "reason": "the menus that this call went through cannot be read any more"}
        return
    before = start(flow)
    for row in rows:
        try:
            events = codec.decode(row.events)
            turn = _turn(flow, row, events)
        except codec.CodecError:
            yield {"at": row.at.isoformat(), "type": "unreadable", "reason": "this turn is damaged"}
            continue
        for line in lines(Live(row.call_id, flow, row.seq, turn), before, events):
            yield {"at": row.at.isoformat(), **line}
        before = turn.state


def _turn(flow: Flow, row: Any, events: tuple[Event, ...]) -> Turn:
    state, names = codec.decode(row.state), codec.decode(row.prompts)
    said = tuple(_prompt(flow, name, state.lang) for name in names)
    for office in (event for event in events if isinstance(event, OfficeFound)):
        if isinstance(state.position, AtAddress):
            filled = address(flow, offices_at(flow, state.position.step), office)
            said = tuple(filled if prompt.name == filled.name else prompt for prompt in said)
    return Turn(state, said, codec.decode(row.wait))


def _prompt(flow: Flow, name: str, lang: str) -> Prompt:
    """A prompt in the language of the call; those that offer another one are in that."""
    in_others = (prompt for (other, _), prompt in flow.prompts.items() if other == name)
    return flow.prompts.get((name, lang)) or next(in_others, None) or Prompt(name, lang, "")
