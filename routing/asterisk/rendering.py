"""Plan -> Asterisk's configuration files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from routing.asterisk.groups import logging_in, served, wrap_up_of
from routing.asterisk.plan import (
    END_LOOKS,
    ENTRY_SECONDS,
    KEY_SECONDS,
    MOST_ENTRIES,
    NEWS,
    NOBODY_SECONDS,
    RESTART_SECONDS,
    WHISPER_LOOKS,
    Plan,
    manager_password,
    phone_password,
)
from routing.hours import Hours, holidays_of
from routing.queues import LEVELS, Queue
from routing.waiting import FIRST_MOMENT, HIGHEST_PRIORITY, PRIORITY_PER_SECOND

# What the manager's user is told of: that Asterisk has booted; queues' members; queues' calls; who is in which
# bridge. It holds callers' numbers, but nothing that was keyed.
MANAGER_EVENTS = (
    *("FullyBooted", "QueueMemberAdded", "QueueMemberRemoved", "QueueMemberStatus", "QueueMemberPause"),
    *("AgentCalled", "AgentConnect", "AgentComplete", "AgentRingNoAnswer", "AgentDump"),
    *("QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon"),
    *("BridgeEnter", "BridgeLeave", "Hangup"),
)
YEARS_OF_HOLIDAYS = 5
# The keys * and # may stand alone, as an extension.
PLAIN = re.compile(r"[\w./:+@=;, -]*|[*#]")
NOT_IN_PATHS = re.compile(r"[;,]")

# By these a running Asterisk takes a new configuration. `core reload` will not do: it reads the telephones several
# times at once, which leaves every tenth new one unavailable to its queue until the next reload.
RELOAD = (
    *("module reload res_pjsip.so", "dialplan reload", "queue reload all", "manager reload"),
    "module reload features",
)


class RenderError(Exception):
    """A value that Asterisk's configuration cannot hold, or a folder that cannot be written."""


def render(plan: Plan, today: date) -> Mapping[str, str]:
    """The text of every configuration file by name. Raises RenderError."""
    environment = Environment(
        loader=PackageLoader("routing.asterisk"),
        undefined=StrictUndefined,
        finalize=_plain,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    values = {
        "plan": plan,
        "node_count": len(plan.nodes),
        "entry_seconds": ENTRY_SECONDS,
        "nobody_seconds": NOBODY_SECONDS,
        "restart_seconds": RESTART_SECONDS,
        "most_entries": MOST_ENTRIES,
        "end_looks": END_LOOKS,
        "whisper_looks": WHISPER_LOOKS,
        "key_seconds": KEY_SECONDS,
        "news": NEWS,
        "highest_priority": HIGHEST_PRIORITY,
        "priority_per_second": PRIORITY_PER_SECOND,
        "first_second": int(FIRST_MOMENT.timestamp()),
        "passwords": {extension: phone_password(plan.key, extension) for extension in plan.extensions},
        "manager_events": MANAGER_EVENTS,
        "manager_password": manager_password(plan.key, plan.manager.user) if plan.manager else "",
        "served": served(plan),
        "levels": {queue.name: _levels(queue) for queue in plan.queues},
        "wrap_ups": {queue.name: wrap_up_of(plan, queue) for queue in plan.queues},
        "logging_in": logging_in(plan),
        "contacts": dict(plan.sip.phones),
        "spans": _spans(plan.fallback.hours),
        "closed_days": _closed_days(plan.fallback.hours, today),
        "leg_headers": plan.carrier.headers if plan.carrier else (),
        "hours_at": int(plan.fallback.hours_at.timestamp()) if plan.fallback.hours_at else "",
    }
    names = sorted(environment.list_templates(extensions=["j2"]))
    return {name.removesuffix(".j2"): environment.get_template(name).render(values) for name in names}


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write the files, readable by their owner only: pjsip.conf and manager.conf hold passwords. Raises RenderError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in files.items():
            temporary = folder / f".{name}.new"
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            temporary.replace(folder / name)
    except OSError as error:
        raise RenderError(f"{folder}: cannot be written: {error.strerror}") from error


def _plain(value: object) -> object:
    """Everything that is filled in passes here: no line break or dialplan syntax can come in by a setting."""
    text = str(value)
    if not PLAIN.fullmatch(text) or (isinstance(value, Path) and NOT_IN_PATHS.search(text)):
        raise RenderError(f'"{text}" cannot stand in an Asterisk configuration; use letters, digits and . _ - /')
    # An unescaped semicolon begins a comment.
    return text.replace(";", "\\;")


def _spans(hours: Hours) -> tuple[tuple[int, str, str], ...]:
    """ISO weekday, first minute and first minute after, as %u and %H%M write them."""
    return tuple(
        (day + 1, span.start.strftime("%H%M"), "2400" if span.ends_the_day else span.end.strftime("%H%M"))
        for day, spans in sorted(hours.spans.items())
        for span in spans
    )


def _levels(queue: Queue) -> str:
    """The levels of callers that a queue serves; nothing where it serves all."""
    return (
        "" if queue.requires == LEVELS[0] else "".join(f"-{level}-" for level in LEVELS[LEVELS.index(queue.requires) :])
    )


def _closed_days(hours: Hours, today: date) -> tuple[str, ...]:
    if hours.country is None:
        return ()
    years = range(today.year, today.year + YEARS_OF_HOLIDAYS)
    days = [day for year in years for day in holidays_of(hours.country, year)]
    return tuple(day.strftime("%Y%m%d") for day in days if day >= today - timedelta(days=1))
