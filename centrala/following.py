"""Following Asterisk by its manager interface, in the one IVR process that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from centrala import context
from centrala.callback_lines import CallbackLines
from centrala.lost_calls import LostCalls
from centrala.settings import Settings, parts
from ivr.audio import PromptStore
from ivr.library import Library
from ivr.runner import Runner
from routing.agent_watch import AgentWatch
from routing.ami import Ami
from routing.asterisk.plan import manager_password
from routing.queues import wrap_up_in
from storage.installation import Installation


@contextmanager
def following(
    settings: Settings, installation: Installation, library: Library, runner: Runner, store: PromptStore, listen: str
) -> Iterator[Ami | None]:
    """The connection to Asterisk, with those who follow agents and lost calls; None where another process does.

    Calls need none of it: without a connection they go on, and what was missed is read once there is one.
    """
    manager = settings.asterisk.ami
    if manager is None or settings.manager_reader != listen:
        yield None
        return
    ami = Ami(parts(manager.listen), manager.user, manager_password(installation.key("sip"), manager.user))
    agents = AgentWatch(ami, installation.database, context.now, partial(wrap_up_of, library, settings))
    lost_calls = LostCalls(ami, installation.database, runner, installation.home.spool)
    lines = CallbackLines(ami, installation.database, library, runner.promises, store, context.now)
    with lost_calls, agents, lines, ami:
        yield ami


def wrap_up_of(library: Library, settings: Settings, name: str) -> int:
    """Seconds of wrap-up after a call of Asterisk's queue of that name, by the menus that run now."""
    return wrap_up_in(library.current.queues, name, settings.queues.wrap_up_seconds)
