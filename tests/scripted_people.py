"""Everybody of the scripts' world who may authenticate, for whom they may speak, and who has to wait."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from auth_pin import failures, identifiers, mandates
from auth_pin.buckets import auth_buckets
from auth_pin.limits import Failures
from auth_pin.mandates import Entry
from auth_pin.profiles import State, add
from centrala.service import profile_keys
from ivr.definition import Flow
from ivr.scripts import besieged, profiles
from storage.installation import Installation


def add_everybody(installation: Installation, flow: Flow, at: datetime) -> None:
    """Make their profiles and mandates."""
    keys = profile_keys(installation)
    for profile in profiles(flow):
        subject = add(installation.database, keys, profile.identifier, profile.pin, State.CONFIRMED, at)
        entries = [Entry(subject, payer, place, None) for place, payer in enumerate(profile.payers, start=1)]
        with installation.database.writing() as connection:
            mandates.store(connection, keys.identifier, entries)


def besiege(installation: Installation, flow: Flow, at: datetime) -> None:
    """Have so many PINs tried just now by others at the identifiers of those who have to wait; nobody else waits."""
    key = installation.key("identifier")
    with installation.database.writing() as connection:
        connection.execute(delete(auth_buckets))
        for identifier in besieged(flow):
            failures.store(connection, identifiers.claim(key, identifier), Failures(99, at))
