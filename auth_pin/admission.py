"""Letting attempts through, one after another over all processes, before a PIN is looked at.

In the caller's transaction: what is let through counts as a failure from its end on, whatever becomes of the process.
Rows are locked in one order (buckets, failures, attempt), so that nobody waits for one another.
"""

from __future__ import annotations

from sqlalchemy import Connection

from audit import entries
from audit.entries import CALLER, Action, Entry
from auth_pin import attempts, buckets, failures
from auth_pin.attempts import Attempt, Outcome
from auth_pin.limits import Decision, Limits, Standing, decide


def admit(connection: Connection, limits: Limits, attempt: Attempt, caller: str) -> int:
    """Count an attempt and let it through (0), or refuse it: the seconds that must pass first.

    `caller` is the pseudonym of the caller's number. What happens depends on that and on the claim alone, never on
    whether there is such a profile. An attempt that was let through before, and that a process died over, is let
    through again and counts once.
    """
    full_at, service_full_at = buckets.find(connection, caller, attempt.at)
    again = attempts.was_let_through(connection, attempt)
    known = Standing(failures.find(connection, attempt.claim), full_at, service_full_at)
    counted = again and known.failures is not None
    decision = Decision(0, known) if counted else decide(limits, known, attempt.at)
    _store(connection, decision.standing, attempt.claim, caller)
    attempts.begin(connection, attempt, Outcome.LIMITED if decision.seconds else Outcome.PENDING)
    if decision.seconds:
        _tell(connection, attempt, Action.LOGIN_DELAYED)
    return decision.seconds


def finish(connection: Connection, attempt: Attempt, *, right: bool) -> None:
    """Say how an attempt ended that was let through; a success clears the failures at its identifier."""
    failures.clear(connection, attempt.claim, right=right)
    attempts.finish(connection, attempt, Outcome.ACCEPTED if right else Outcome.REFUSED)
    _tell(connection, attempt, Action.LOGIN_ACCEPTED if right else Action.LOGIN_REFUSED)


def _tell(connection: Connection, attempt: Attempt, action: Action) -> None:
    """Tell the audit, which knows the call and nobody: who was claimed to call is between the caller and the PIN."""
    entries.append(connection, Entry(attempt.at, CALLER, action, f"call:{attempt.call_id}", None, f"try {attempt.seq}"))


def _store(connection: Connection, standing: Standing, claim: str, caller: str) -> None:
    buckets.store(connection, caller, standing.caller, standing.service)
    if standing.failures is not None:
        failures.store(connection, claim, standing.failures)
