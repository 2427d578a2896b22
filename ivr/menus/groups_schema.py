"""What may stand in menus.yaml about groups of consultants: their hours, queues, the ways out of them, topics."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ivr.menus.fields import Country, Extension, Level, Name, Span, Text, Translations, Weekday
from ivr.menus.phrases import Model


class Hours(Model):
    """Opening hours by weekday; `holidays` is a country whose public holidays are closed."""

    holidays: Country | None = None
    open: dict[Weekday, list[Span]] = Field(min_length=1)


class Overflow(Model):
    """The group that a caller goes on to who has waited for `after` seconds."""

    to: Name
    after: Annotated[int, Field(ge=1, le=14400)]


class Outcomes(Model):
    """The ways of single outcomes of a stay in a queue."""

    cut_off: str | None = None
    timeout: str | None = None
    full: str | None = None
    join_empty: str | None = None
    leave_empty: str | None = None
    failed: str | None = None


OUTCOMES = tuple(Outcomes.model_fields)


class Ways(Outcomes):
    """Where callers of one queue go on: each way is taken instead of the one of the same name under `queueing:`."""

    answered: str | None = None
    unanswered: str | None = None


class Queue(Model):
    """A group of consultants: its hours and the extensions of those who are always its members.

    Of two groups that share a consultant the one of greater `weight` is served first; `wrap_up` is in seconds. `ways`
    are of those who were sent to this group; `requires` is the least level that its callers have.
    """

    hours: Name
    agents: list[Extension] = Field(default=[], min_length=1)
    label: Translations
    weight: Annotated[int, Field(ge=0, le=100)] = 0
    wrap_up: Annotated[int, Field(ge=0, le=600)] | None = None
    overflow: Overflow | None = None
    ways: Ways = Ways()
    requires: Level | None = None


class Topic(Model):
    """A subject of calls and the queue that answers it.

    `short` is what consultants hear and see of it, in the service's first language (default: the label). `callers` is
    the group of callers that it is counted with in reports (default: the topic itself).
    """

    queue: Name
    label: Translations
    short: Text | None = None
    callers: Name | None = None
