"""Commands of `centrala profiles` that change one profile, and the one that measures what verifying PINs costs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import click

from audit.entries import Action
from auth_pin import identifiers, pin_policy, pins, profiles, tuning
from auth_pin.faults import NoProfile
from auth_pin.profiles import State
from centrala.auditing import auditing
from centrala.commands.asking import NOT_HERE, States, asked
from centrala.context import fail, installation, settings
from centrala.forms import print_table
from centrala.importing import explained
from centrala.service import profile_keys
from storage.installation import Installation

TIME_COSTS = (1, 2, 3, 4)
# Where somebody writes an identifier they are told why not.
WITH_VALUES = {"allow_extra_args": True}


@click.command("set-pin", context_settings=WITH_VALUES)
@click.option("--by", help="Who does it (default: the user of this machine).")
@click.pass_context
def set_pin(ctx: click.Context, by: str | None) -> None:
    """Give a profile another PIN; the old one is over at once. The audit tells who did it.

    The identifier is asked for, then the PIN, twice; neither is shown. Without a terminal they are read from standard
    input: the identifier is its first line, the PIN its second.
    """
    if ctx.args:
        fail(NOT_HERE.format(command="set-pin", lines="two lines, the identifier and the PIN"))
    opened, digits = installation(), settings().authentication.pin_digits
    with explained():
        keys = profile_keys(opened)
        claim = _claim(opened)
        pin = asked("PIN")
        pin_policy.check(pin, digits)
        pin_hash = pins.hashed(keys.pin, pin)
        with auditing(opened, by) as auditor, opened.database.writing() as connection:
            subject = profiles.set_pin(connection, keys, claim, pin_hash)
            auditor.tell_of_profile_with(connection, Action.PIN_SET, claim)
    click.echo(f"profile {subject}: PIN set")


@click.command("set-state", context_settings=WITH_VALUES)
@click.argument("state", type=States)
@click.option("--by", help="Who does it (default: the user of this machine).")
@click.pass_context
def set_state(ctx: click.Context, state: str, by: str | None) -> None:
    """Put a profile into STATE; only a confirmed one can log in, from the next PIN on. The audit tells who did it.

    The identifier is asked for and not shown, or is the first line of standard input.
    """
    if ctx.args:
        fail(NOT_HERE.format(command=f"set-state {state}", lines="a line with the identifier"))
    opened = installation()
    with explained():
        claim = _claim(opened)
        with auditing(opened, by) as auditor, opened.database.writing() as connection:
            subject = profiles.set_state(connection, claim, State(state))
            auditor.tell_of_profile_with(connection, Action.PROFILE_STATE_SET, claim, state)
    click.echo(f"profile {subject}: {state}")


@click.command("tune")
def tune() -> None:
    """Measure how long hashing a PIN takes on this machine, and advise how many to hash at once.

    Run it while nothing else works the machine. A login costs one hash. The cost (Argon2id, 19 MiB, t=2) is fixed: all
    hashes must cost the same, or the time that a login takes would tell whether its profile exists.
    """
    print_table([["time cost", "a hash takes"], *([f"t={cost}", _milliseconds(cost)] for cost in TIME_COSTS)])
    click.echo()
    processors = len(os.sched_getaffinity(0))
    loads = [tuning.load_of(number, _clock) for number in _numbers(processors)]
    header = ["at once", "logins a second", "memory"]
    mebibytes = pins.ARGON2ID.memory_cost // 1024
    rows = [[str(load.at_once), f"{load.a_second:.1f}", f"{load.at_once * mebibytes} MiB"] for load in loads]
    print_table([header, *rows])
    best, now = tuning.recommended(loads), settings().authentication.hashes_at_once
    click.echo(f"\nt={pins.ARGON2ID.time_cost} is used, and fixed: see --help")
    click.echo(f"recommended for each process: authentication: hashes_at_once: {best} (now {now})")


def _claim(opened: Installation) -> str:
    """The claim of the profile whose identifier is asked for. Raises IdentifierFault, NoProfile."""
    claim = identifiers.claim(opened.key("identifier"), asked("Identifier", twice=False))
    with opened.database.reading() as connection:
        if profiles.find(connection, claim) is None:
            raise NoProfile(profiles.NO_PROFILE)
    return claim


def _milliseconds(time_cost: int) -> str:
    return f"{1000 * tuning.seconds_of(time_cost, _clock):.0f} ms"


def _numbers(processors: int) -> list[int]:
    """One, and twice as many as long as there are processors for it, and as many as there are."""
    powers = (2**exponent for exponent in range(processors.bit_length()))
    return sorted({*powers, processors})


_clock: Callable[[], float] = time.perf_counter
