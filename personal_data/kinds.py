"""The kinds of personal data, each with a term of its own."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from recordings.catalogue import Purpose
from recordings.retention import Term


class Kind(StrEnum):
    """A kind of personal data. Recordings have a term for each purpose."""

    CALLS = "calls"
    TURNS = "turns"
    CONSENTS = "consents"
    AUTH_ATTEMPTS = "auth_attempts"
    AUTH_LIMITS = "auth_limits"
    CALLBACKS = "callbacks"
    MESSAGES = "messages"
    SURVEYS = "surveys"
    AGENT_CHANGES = "agent_changes"
    SCORES = "scores"
    HOLDS = "holds"
    MANDATES = "mandates"
    UNCONFIRMED_PROFILES = "unconfirmed_profiles"
    AUDIT = "audit"
    QUARANTINE = "quarantine"
    ORPHANS = "orphans"
    CONSULTANT_CALL = "recording.consultant_call"
    VIRTUAL_ASSISTANT = "recording.virtual_assistant"
    VIDEO_VISIT = "recording.video_visit"


Terms = Mapping[Kind, Term]
"""A term for every kind."""

RECORDINGS = {Kind(f"recording.{purpose}"): purpose for purpose in Purpose}
"""Kinds that are recordings, with what was recorded."""

PROMISED = frozenset({*RECORDINGS, Kind.QUARANTINE})
"""Kinds whose last day is written down with each of them when it is taken in, and stands."""
