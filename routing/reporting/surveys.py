"""What callers said of their conversations: by group of callers and topic, as shares are published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from routing.reporting.measures import share


@dataclass(frozen=True, slots=True)
class Asked:
    """Callers about a topic who were offered a survey, and those of them who answered at least one question."""

    callers: str
    topic: str
    offered: int
    took_part: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Answers to a question by callers about a topic; `satisfied` of them by a key that means it."""

    callers: str
    topic: str
    question: str
    answers: int
    satisfied: int


@dataclass(frozen=True, slots=True)
class QuestionFigures:
    """What was answered to a question; `satisfied_share` is of the answers, None where there are none."""

    question: str
    answers: int
    satisfied: int
    satisfied_share: float | None


@dataclass(frozen=True, slots=True)
class SurveyFigures:
    """A topic; the group of callers where `topic` is None; the service where `callers` is, too."""

    callers: str | None
    topic: str | None
    offered: int
    took_part: int
    taking_part: float | None
    questions: tuple[QuestionFigures, ...]


DEFINITIONS = (
    (
        "callers",
        "the group of callers that the topic is counted with, as the menus said in the call (topics: callers:)",
    ),
    (
        "offered",
        "calls in which the survey was offered, on the day of the offer, Europe/Warsaw; drawn by the share in the "
        "menus after a conversation, at most once in a call; calls in a terminal do not count",
    ),
    ("took_part", "of them those who answered at least one question; taking_part = took_part / offered"),
    ("answers", "of one question; whoever hangs up or keys nothing has given those before it"),
    (
        "satisfied",
        "answers by a key that the menus call satisfied; satisfied_share = satisfied / answers, which leaves out "
        "whoever gave none",
    ),
)


def survey_figures(asked: Iterable[Asked], answered: Iterable[Answered]) -> Iterator[SurveyFigures]:
    """Each group of callers, its topics before it, and at last the whole service."""
    offers, answers = tuple(asked), tuple(answered)
    for callers in sorted({one.callers for one in offers}):
        own = tuple(one for one in offers if one.callers == callers)
        for topic in sorted({one.topic for one in own}):
            yield _figures(offers, answers, callers, topic)
        yield _figures(offers, answers, callers, None)
    yield _figures(offers, answers, None, None)


def _figures(
    offers: tuple[Asked, ...], answers: tuple[Answered, ...], callers: str | None, topic: str | None
) -> SurveyFigures:
    counts = _counts(callers, topic)
    own = tuple(one for one in offers if counts(one))
    offered, took_part = sum(one.offered for one in own), sum(one.took_part for one in own)
    given = tuple(one for one in answers if counts(one))
    questions = tuple(_question(name, given) for name in sorted({one.question for one in given}))
    return SurveyFigures(callers, topic, offered, took_part, share(took_part, offered), questions)


def _counts(callers: str | None, topic: str | None) -> Callable[[Asked | Answered], bool]:
    return lambda one: callers in (None, one.callers) and topic in (None, one.topic)


def _question(name: str, given: Iterable[Answered]) -> QuestionFigures:
    own = tuple(one for one in given if one.question == name)
    answers, satisfied = sum(one.answers for one in own), sum(one.satisfied for one in own)
    return QuestionFigures(name, answers, satisfied, share(satisfied, answers))
