"""Following Asterisk by its manager interface, in the one IVR process that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from centrala import context
from centrala.lost_calls import LostCalls
from centrala.settings import Settings, parts
from ivr.runner import Runner
from routing.agent_watch import AgentWatch
from routing.ami import Ami
from routing.asterisk.plan import manager_password
from storage.installation import Installation


@contextmanager
def following(settings: Settings, installation: Installation, runner: Runner, listen: str) -> Iterator[Ami | None]:
    """The connection to Asterisk, with those who follow agents and lost calls; None where another process does.

    Calls need none of it: without a connection they go on, and what was missed is read once there is one.
    """
    manager = settings.asterisk.ami
    if manager is None or settings.manager_reader != listen:
        yield None
        return
    ami = Ami(parts(manager.listen), manager.user, manager_password(installation.key("sip"), manager.user))

    def wrap_up(queue: str) -> int:
        return settings.queues.wrap_up_seconds

    agents = AgentWatch(ami, installation.database, context.now, wrap_up)
    with LostCalls(ami, runner, installation.home.spool), agents, ami:
        yield ami
