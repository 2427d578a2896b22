"""Figures of an installation: what is on record, loaded a day at a time, and counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from centrala import context
from centrala.settings import Settings
from ivr.definition import Flow
from ivr.history.contacts import Informing, contacts_of, informing
from ivr.history.promises import promises_of, promises_to_come
from ivr.history.states import changes_of, states_now
from ivr.history.stays import open_stays, stays_of
from ivr.history.surveys import answers_in, asked_in
from ivr.library import Library, UnknownVersion
from ivr.menus.faults import MenuError
from recordings import samples
from recordings.samples import Sample
from recordings.sampling import Share
from recordings.score_figures import ScoreFigures, score_figures
from recordings.scores import recorded_in, scored_in
from routing.agents import Agent
from routing.reporting.days import Period, period_of
from routing.reporting.days import days as each_day
from routing.reporting.figures import Thresholds
from routing.reporting.report import Records, WholeDay, by_queue, by_topic, whole_day
from routing.reporting.standing import Standing, standing
from routing.reporting.surveys import SurveyFigures, survey_figures
from storage.installation import Installation

GROUPS = {"topic": by_topic, "queue": by_queue}
# Longer than anybody waits, talks and wraps up.
AFTERMATH = timedelta(hours=12)


def thresholds(settings: Settings) -> Thresholds:
    """The thresholds of the settings."""
    return Thresholds(settings.reporting.service_level_seconds, settings.reporting.short_abandon_seconds)


def days(installation: Installation, settings: Settings, first: date, last: date, by: str) -> Iterator[WholeDay]:
    """The figures of each day, one after another."""
    informing_prompts, at = informing_of(Library(installation.database)), context.now()
    for day in each_day(first, last):
        period = period_of(day, day, context.SERVICE_ZONE)
        with installation.database.reading() as connection:
            records = Records(
                stays_of(connection, period),
                changes_of(connection, Period(period.start, period.end + AFTERMATH)),
                contacts_of(connection, period, informing_prompts),
                promises_of(connection, period),
            )
        yield whole_day(day, period, at, records, thresholds(settings), GROUPS[by])


def surveys(installation: Installation, days: tuple[date, date] | None) -> Iterator[SurveyFigures]:
    """What callers said from the first of the days to the last, or as long as anything is on record."""
    period = period_of(*days, context.SERVICE_ZONE) if days else None
    with installation.database.reading() as connection:
        return survey_figures(asked_in(connection, period), answers_in(connection, period))


@dataclass(frozen=True, slots=True)
class Scores:
    """What scores say together, and the samples that were drawn, with how many conversations."""

    figures: tuple[ScoreFigures, ...]
    samples: tuple[tuple[Sample, int], ...]


def scores(installation: Installation, days: tuple[date, date] | None) -> Scores:
    """The scores of conversations from the first of the days to the last, or of all on record."""
    period = period_of(*days, context.SERVICE_ZONE) if days else None
    with installation.database.reading() as connection:
        recorded = recorded_in(connection, days, (period.start, period.end) if period else None)
        figures = tuple(score_figures(recorded, scored_in(connection, days)))
        return Scores(figures, samples.of_days(connection, days))


def draw(installation: Installation, sample: Sample) -> tuple[Share, ...]:
    """Draw a sample and put it on record: the share of each consultant."""
    period = period_of(sample.first_day, sample.last_day, context.SERVICE_ZONE)
    with installation.database.reading() as connection:
        bounds = (period.start, period.end, context.today(), context.SERVICE_ZONE)
        shares = tuple(samples.draw(connection, sample, *bounds))
    with installation.database.writing() as connection:
        samples.store(connection, sample, [one.id for share in shares for one in share.drawn])
    return shares


def members(flow: Flow, staff: Sequence[Agent]) -> dict[str, tuple[str, ...]]:
    """The numbers of each queue's consultants: those of the menus, and those of the table with that skill."""
    skilled = {name: [agent.number for agent in staff if name in agent.skills] for name in flow.queues}
    return {name: tuple(dict.fromkeys((*queue.agents, *skilled[name]))) for name, queue in flow.queues.items()}


def now(installation: Installation, flow: Flow, staff: Sequence[Agent]) -> tuple[Standing, ...]:
    """How the queues stand."""
    with installation.database.reading() as connection:
        inside, states, to_come = open_stays(connection), states_now(connection), promises_to_come(connection)
    return standing(members(flow, staff), inside, states, context.now(), to_come)


def informing_of(library: Library) -> Informing:
    """The prompts that inform, by the version of the menus."""
    known: dict[str, frozenset[str]] = {}

    def informing_prompts(version: str) -> frozenset[str]:
        if version not in known:
            known[version] = _informing(library, version)
        return known[version]

    return informing_prompts


def _informing(library: Library, version: str) -> frozenset[str]:
    try:
        return informing(library.flow(version))
    except (MenuError, UnknownVersion):
        # Checks grow stricter: of menus from before an upgrade nothing may be known any more.
        return frozenset()
