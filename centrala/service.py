"""Putting the parts together: a runner over an installation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from auth_pin.authentication import Authenticator
from centrala import context
from centrala.settings import Settings
from ivr.audio import PromptStore
from ivr.library import Library
from ivr.runner import Observer, Runner
from storage.installation import Installation


def make_runner(
    installation: Installation,
    library: Library,
    *,
    node: str,
    now: Callable[[], datetime],
    hours_at: Callable[[], datetime] | None = None,
    observe: Observer | None = None,
) -> Runner:
    """A runner that keeps its calls in the installation's database."""
    authenticator = Authenticator(
        installation.database, identifier_key=installation.key("identifier"), pin_key=installation.key("pin")
    )
    return Runner(installation.database, library, authenticator, node=node, now=now, hours_at=hours_at, observe=observe)


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
