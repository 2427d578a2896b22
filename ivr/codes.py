"""Codes that consultants key on their telephones. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Codes:
    """What consultants hear when they have keyed a code on their telephones: names of prompts (None: a tone)."""

    logged_in: str
    logged_out: str
    on_break: str
    back: str
    ready: str
    not_logged_in: str
    no_agent: str
    not_here: str
    unknown: str
    unrecorded: str | None = None
    logging_in: str | None = None
    questions: str | None = None
    authorised: str | None = None
    unauthorised: str | None = None
