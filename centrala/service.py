"""Putting the parts together: a runner over an installation."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from auth_pin import profiles
from auth_pin.authentication import Authenticator
from auth_pin.faults import PinKeyMissing, ProfileUnreadable
from auth_pin.keys import Keys
from auth_pin.limits import Bucket, Limits
from auth_pin.mandates import Mandates
from centrala import context
from centrala.pin_changes import make_audited
from centrala.pin_keys import open_profile_keys
from centrala.settings import Bucket as BucketSettings
from centrala.settings import Settings
from ivr.audio import PromptStore
from ivr.herald import Herald
from ivr.library import Library
from ivr.promises import Terms
from ivr.runner import Runner
from ivr.services import Identity
from ivr.surroundings import Draw, Hears, Observer, Variant, always, as_it_is
from routing.phone_numbers import Allowed, MayCall, check
from routing.surveys import is_drawn
from storage.installation import Installation

log = structlog.get_logger()


def make_runner(
    installation: Installation,
    library: Library,
    *,
    node: str,
    now: Callable[[], datetime],
    hours_at: Callable[[], datetime] | None = None,
    observe: Observer | None = None,
    terms: Terms = Terms(),  # noqa: B008 (it is frozen)
    draw: Draw = is_drawn,
    hears: Hears = always,
    limits: Limits = Limits(),  # noqa: B008 (it is frozen)
    variant: Variant = as_it_is,
) -> Runner:
    """A runner that keeps its calls in the installation's database. Raises context.Failure: a key is missing."""
    return Runner(
        installation.database,
        library,
        make_authenticator(installation, limits),
        make_mandates(installation),
        node=node,
        now=now,
        hours_at=hours_at,
        observe=observe,
        terms=terms,
        draw=draw,
        variant=variant,
        hears=hears,
    )


def profile_keys(installation: Installation) -> Keys:
    """The keys of the installation's profiles. Raises context.Failure."""
    with context.explained(PinKeyMissing):
        return open_profile_keys(installation, os.environ, context.now())


def make_authenticator(
    installation: Installation,
    limits: Limits = Limits(),  # noqa: B008 (it is frozen)
) -> Authenticator:
    """Who lets callers log in. Raises context.Failure."""

    def tell(reason: str) -> None:
        log.error("a PIN cannot be verified, and its caller is refused", reason=reason)

    return Authenticator(installation.database, profile_keys(installation), tell, limits, make_audited(installation))


def make_mandates(installation: Installation) -> Mandates:
    """For which payers callers may speak."""

    def tell(reason: str) -> None:
        log.error("a payer cannot be offered or shown", reason=reason)

    return Mandates(installation.database, installation.key("identifier"), tell)


def guessing_limits(settings: Settings) -> Limits:
    """How many PINs callers may try."""
    found = settings.authentication.limits
    return Limits(_bucket(found.caller), _bucket(found.service))


def _bucket(bucket: BucketSettings) -> Bucket:
    return Bucket(bucket.capacity, timedelta(hours=1) / bucket.per_hour)


def callback_terms(settings: Settings) -> Terms:
    """On which terms callers are called back."""
    found = settings.callbacks
    allowed = Allowed(tuple(found.countries), frozenset(found.kinds))
    pauses = tuple(timedelta(seconds=seconds) for seconds in found.pauses_seconds)
    every_kind = replace(allowed, kinds=frozenset({"mobile", "fixed", "internet"}))
    checked = (check(number, every_kind) for number in settings.sip.numbers)
    return Terms(allowed, pauses, frozenset(one.number for one in checked if isinstance(one, MayCall)))


def make_identify(installation: Installation) -> Callable[[str, str | None], Identity | None]:
    """Who a caller of the level `full` is, by the pseudonym of their profile, for the consultant's telephone.

    With the payer whom the call is about, by its reference, if the caller may still speak for it.
    """
    mandates = make_mandates(installation)

    def identify(subject: str, payer: str | None) -> Identity | None:
        try:
            identifier = profiles.identifier_of(installation.database, installation.key("identifier"), subject)
        except ProfileUnreadable as error:
            log.error("an identifier cannot be shown", reason=str(error))
            return None
        if identifier is None:
            return None
        return Identity(identifier, payer and mandates.number_of(subject, payer, context.now()))

    return identify


def make_herald(installation: Installation, library: Library, store: PromptStore, settings: Settings) -> Herald:
    """Who tells waiting callers about their queue."""
    return Herald(
        installation.database,
        library,
        folder=installation.home.asterisk / "news",
        write=store.join,
        wrap_up=settings.queues.wrap_up_seconds,
        interval=settings.queues.news_seconds,
        now=context.now,
    )


def make_prompt_store(installation: Installation, settings: Settings) -> PromptStore:
    """The installation's prompts, spoken as the settings say. Raises context.Failure."""
    speech = settings.prompts
    if speech.recorded and not speech.recorded.is_dir():
        context.fail(f"{speech.recorded}: no such folder; mend prompts: recorded: in the settings")
    return PromptStore(
        installation.home.prompts,
        voices=speech.voices,
        words_per_minute=speech.words_per_minute,
        recorded=speech.recorded,
    )
