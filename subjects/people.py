"""People as the service knows them: by a profile, by a telephone number, or by both."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from auth_pin import buckets, identifiers, profiles
from auth_pin.attempts import Outcome, auth_attempts
from ivr import calls
from recordings import catalogue, rejected
from recordings.identity import part_of
from routing.phone_numbers import normal_form, written_forms


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a profile or a number is of. `country` (ISO 3166-1) is that of numbers without one.

    `claim` is the pseudonym of the `identifier`; `subject` is None where there is no such profile, or no more; `erased`
    are those of theirs that there were, and of which a hold keeps calls. `number` is E.164; `callers` are
    the pseudonyms of all the forms in which it may have come with calls.
    """

    country: str
    identifier: str | None = field(default=None, repr=False)
    claim: str | None = None
    subject: str | None = None
    erased: frozenset[str] = frozenset()
    number: str | None = field(default=None, repr=False)
    callers: frozenset[str] = frozenset()

    @property
    def forms(self) -> frozenset[str]:
        """All the ways in which the number may stand in a row."""
        return written_forms(self.number, self.country) if self.number else frozenset()

    @property
    def subjects(self) -> frozenset[str]:
        """Their profiles, by which calls may be theirs."""
        return self.erased | {self.subject} if self.subject else self.erased

    @property
    def names(self) -> tuple[str, ...]:
        """What keys of their own are kept by; nobody else has them."""
        by_profile = (profile_name(self.claim),) if self.claim else ()
        return (*by_profile, number_name(self.number)) if self.number else by_profile


def found(
    connection: Connection, country: str, identifier_key: bytes, identifier: str | None, number: str | None
) -> Person:
    """The person with that identifier, number (E.164), or both. Raises IdentifierFault."""
    claim = None if identifier is None else identifiers.claim(identifier_key, identifier)
    profile = None if claim is None else profiles.find(connection, claim)
    erased = _erased(connection, claim) if claim else frozenset()
    forms = written_forms(number, country) if number else ()
    callers = frozenset(buckets.caller_name(identifier_key, form) for form in forms)
    return Person(country, identifier, claim, profile.subject if profile else None, erased, number, callers)


def _erased(connection: Connection, claim: str) -> frozenset[str]:
    """An erased profile is known by the logins in the calls that are held: these stay with the calls."""
    c, attempt = calls.calls.c, auth_attempts.c
    mine = select(attempt.call_id).where(attempt.claim == claim, attempt.outcome == Outcome.ACCEPTED)
    query = select(c.subject).where(c.erased_at.is_not(None), c.subject.is_not(None), c.id.in_(mine))
    return frozenset(connection.execute(query).scalars())


def profile_name(claim: str) -> str:
    """By what the key of a profile's person is kept."""
    return f"profile {claim}"


def number_name(number: str) -> str:
    """By what the key of a number's person is kept."""
    return f"number {number}"


def of_recording(connection: Connection, recording_id: str, country: str) -> str | None:
    """The name of the person who speaks in a recording, taken in or put aside; None where nobody is known.

    That is the profile that was authenticated in the call, else the caller's number. When the call is not there any
    more, it was erased, and its person is nobody's business.
    """
    recording = catalogue.find(connection, recording_id)
    if recording is not None and recording.call_id is None:
        return _of_number(recording.caller or "", country)
    aside = None if recording is not None else rejected.find_quarantined(connection, recording_id)
    part = None if aside is None else part_of(aside.origin)
    call_id = recording.call_id if recording is not None else part[0] if part else None
    return None if call_id is None else of_call(connection, call_id, country)


def of_call(connection: Connection, call_id: str, country: str) -> str | None:
    """The name of the person who called; None where nobody is known."""
    call = calls.find(connection, call_id)
    if call is None:
        return None
    if call.subject is None:
        return _of_number(call.ani, country)
    claim = profiles.claim_of(connection, call.subject)
    return None if claim is None else profile_name(claim)


def _of_number(text: str, country: str) -> str | None:
    number = normal_form(text, country)
    return None if number is None else number_name(number)
