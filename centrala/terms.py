"""Terms of personal data as the settings have them, and what is told where others are in force."""

from __future__ import annotations

from collections.abc import Iterable

import click
import structlog

from centrala.settings import Settings
from personal_data.decisions import Undecided
from personal_data.kinds import RECORDINGS, Kind, Terms
from recordings.retention import Term, Unit

log = structlog.get_logger()


def terms_of(settings: Settings) -> Terms:
    """A term for every class."""
    years = {
        kind: Term(getattr(settings.recordings.years, purpose), Unit.YEARS) for kind, purpose in RECORDINGS.items()
    }
    return {kind: getattr(settings.retention.keep, kind) for kind in Kind if kind not in RECORDINGS} | years


def tell_undecided(found: Iterable[Undecided]) -> None:
    """Say on stderr where settings wait for a decision."""
    for one in found:
        click.echo(f"centrala: {one}", err=True)


def log_undecided(found: Iterable[Undecided]) -> None:
    """Log where settings wait for a decision."""
    for one in found:
        log.warning(
            "a term in settings.yaml waits for a decision",
            **{"class": str(one.kind), "in_force": str(one.in_force), "settings": str(one.wanted)},
        )
