"""Everybody of the scripts' world who may authenticate, and for whom they may speak."""

from __future__ import annotations

from datetime import datetime

from auth_pin import mandates
from auth_pin.keys import Keys
from auth_pin.mandates import Entry
from auth_pin.profiles import State, add
from ivr.definition import Flow
from ivr.scripts import profiles
from storage.installation import Installation


def add_everybody(installation: Installation, flow: Flow, at: datetime) -> None:
    """Make their profiles and mandates."""
    keys = Keys(identifier=installation.key("identifier"), pin=installation.key("pin"))
    for profile in profiles(flow):
        subject = add(installation.database, keys, profile.identifier, profile.pin, State.CONFIRMED, at)
        entries = [Entry(subject, payer, place, None) for place, payer in enumerate(profile.payers, start=1)]
        with installation.database.writing() as connection:
            mandates.store(connection, keys.identifier, entries)
