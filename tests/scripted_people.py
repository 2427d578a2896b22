"""Everybody of the scripts' world who may authenticate, and for whom they may speak."""

from __future__ import annotations

from datetime import datetime

from auth_pin import mandates
from auth_pin.mandates import Entry
from auth_pin.profiles import State, add
from centrala.service import profile_keys
from ivr.definition import Flow
from ivr.scripts import profiles
from storage.installation import Installation


def add_everybody(installation: Installation, flow: Flow, at: datetime) -> None:
    """Make their profiles and mandates."""
    keys = profile_keys(installation)
    for profile in profiles(flow):
        subject = add(installation.database, keys, profile.identifier, profile.pin, State.CONFIRMED, at)
        entries = [Entry(subject, payer, place, None) for place, payer in enumerate(profile.payers, start=1)]
        with installation.database.writing() as connection:
            mandates.store(connection, keys.identifier, entries)
