"""Following Asterisk by its manager interface, in one of the IVR processes that reach it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial

from centrala import context
from centrala.callback_lines import CallbackLines
from centrala.leadership import Leadership, Term
from centrala.lost_calls import LostCalls
from centrala.setting_values import parts
from centrala.settings import Manager, Settings
from ivr.audio import PromptStore
from ivr.library import Library
from ivr.runner import Runner
from routing.agent_watch import AgentWatch
from routing.ami import Ami
from routing.asterisk.plan import manager_password
from routing.caller_requests import CallerRequests
from routing.caller_wake import CallerWake
from routing.queues import group_of
from routing.recording_renewal import RecordingRenewal
from storage.installation import Installation

LEASE = "asterisk"
REACH_SECONDS = 2.0

# What is done by whoever leads: made for each term, entered before the connection is tried, left when the term is over.
Led = Callable[[Ami, Term], AbstractContextManager[object]]


def following(
    settings: Settings, installation: Installation, library: Library, runner: Runner, store: PromptStore, node: str
) -> AbstractContextManager[object]:
    """Take part in following agents, lost calls and callbacks, as the process `node`; nothing without a manager.

    Calls need none of it: without a connection they go on, and what was missed is read once there is one.
    """
    manager = settings.asterisk.ami
    if manager is None:
        return nullcontext()
    database = installation.database

    def lost_calls(ami: Ami, term: Term) -> LostCalls:
        return LostCalls(ami, database, runner, installation.home.spool)

    def agents(ami: Ami, term: Term) -> AgentWatch:
        return AgentWatch(ami, database, context.now, term.holds)

    def lines(ami: Ami, term: Term) -> CallbackLines:
        notes, codec = installation.home.spool, settings.sip.codecs[0]
        return CallbackLines(ami, database, library, runner.promises, store, notes, codec, context.now, term.holds)

    def wake(ami: Ami, term: Term) -> CallerWake:
        return CallerWake(ami, context.now, partial(is_ours, library))

    def asked(ami: Ami, term: Term) -> CallerRequests:
        return CallerRequests(ami, database, context.now, term.holds)

    def recordings(ami: Ami, term: Term) -> RecordingRenewal:
        return RecordingRenewal(ami)

    led: list[Led] = [lost_calls, agents, lines, wake, asked, recordings]
    lead = partial(_leading, manager, manager_password(installation.key("sip"), manager.user), led)
    return Leadership(database, LEASE, node, context.now, able=partial(_reached, manager), lead=lead)


@contextmanager
def _leading(manager: Manager, password: str, led: list[Led], term: Term) -> Iterator[Callable[[], bool]]:
    """The connection to Asterisk with all that needs it; what is given tells whether there is one."""
    ami = Ami(parts(manager.listen), manager.user, password)
    with ExitStack() as stack:
        for one in [make(ami, term) for make in led]:
            stack.enter_context(one)
        stack.enter_context(ami)
        yield lambda: ami.connected


def _reached(manager: Manager) -> bool:
    """Whether Asterisk's manager listens where this process runs."""
    try:
        socket.create_connection(parts(manager.listen), REACH_SECONDS).close()
    except OSError:
        return False
    return True


def is_ours(library: Library, name: str) -> bool:
    """Whether Asterisk's queue of that name is one of the menus that run now."""
    return group_of(library.current.queues, name) is not None
