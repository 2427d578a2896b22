"""What scores say together: of each consultant, of each topic, of the whole service. No consultant is ranked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

MARKS = range(1, 6)

MEANINGS = {
    "correctness": (
        "whether what was said is correct",
        {
            5: "correct and complete",
            4: "correct; something useful was left out",
            3: "an inaccuracy that does the caller no harm",
            2: "an error that costs the caller time or another call",
            1: "wrong in what the caller asked about",
        },
    ),
    "service": (
        "the standard of service",
        {
            5: "attentive, clear and to the point throughout",
            4: "good, with a small lapse",
            3: "sufficient: the caller was served, and had to ask for it",
            2: "impatient, unclear, or left to wait without a word",
            1: "discourteous, or the caller was not served",
        },
    ),
}
"""What each criterion asks, and what each mark of it means."""

DEFINITIONS = (
    (
        "conversations",
        "recorded ones that ended on these days, Europe/Warsaw, and are in the catalogue, or were scored before they "
        "were destroyed; those that no consultant, or no topic, is known of count in the whole service alone",
    ),
    ("scored", "of them those that at least one supervisor has scored"),
    (
        "drawn",
        "of the scored those that were in a sample (centrala recordings sample) when they were scored; the others were "
        "chosen by hand, and say nothing about conversations that were not",
    ),
    (
        "scores",
        "of one criterion, one for each supervisor and conversation: of several by the same supervisor the last; mean "
        "and shares (share_1 to share_5) are of these",
    ),
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Recorded conversations of a consultant on a topic; those scored, and those scored and drawn, among them."""

    consultant: str | None
    topic: str | None
    conversations: int
    scored: int = 0
    drawn: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """So many equal scores of a consultant's conversations on a topic."""

    consultant: str | None
    topic: str | None
    correctness: int
    service: int
    scores: int


@dataclass(frozen=True, slots=True)
class CriterionFigures:
    """The marks for one criterion: the mean, and the share of each mark from 1 to 5; None where there are none."""

    criterion: str
    scores: int
    mean: float | None
    shares: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class ScoreFigures:
    """A group of conversations: `kind` is "consultant", "topic" or "all", `name` which one."""

    kind: str
    name: str | None
    conversations: int
    scored: int
    drawn: int
    criteria: tuple[CriterionFigures, ...]


def score_figures(recorded: Iterable[Recorded], scored: Iterable[Scored]) -> Iterator[ScoreFigures]:
    """Each consultant, each topic, and at last the whole service."""
    conversations, scores = tuple(recorded), tuple(scored)
    yield from _grouped("consultant", lambda one: one.consultant, conversations, scores)
    yield from _grouped("topic", lambda one: one.topic, conversations, scores)
    yield _figures("all", None, conversations, scores)


def _grouped(
    kind: str,
    name_of: Callable[[Recorded | Scored], str | None],
    recorded: tuple[Recorded, ...],
    scored: tuple[Scored, ...],
) -> Iterator[ScoreFigures]:
    for name in sorted({name for one in recorded if (name := name_of(one)) is not None}):
        own = tuple(one for one in recorded if name_of(one) == name)
        yield _figures(kind, name, own, tuple(one for one in scored if name_of(one) == name))


def _figures(kind: str, name: str | None, recorded: tuple[Recorded, ...], scored: tuple[Scored, ...]) -> ScoreFigures:
    return ScoreFigures(
        kind,
        name,
        sum(one.conversations for one in recorded),
        sum(one.scored for one in recorded),
        sum(one.drawn for one in recorded),
        tuple(_criterion(criterion, scored) for criterion in MEANINGS),
    )


def _criterion(criterion: str, scored: tuple[Scored, ...]) -> CriterionFigures:
    counts: Counter[int] = Counter()
    for one in scored:
        counts[getattr(one, criterion)] += one.scores
    number = counts.total()
    if not number:
        return CriterionFigures(criterion, 0, None, tuple(None for _ in MARKS))
    mean = sum(mark * counts[mark] for mark in MARKS) / number
    return CriterionFigures(criterion, number, mean, tuple(counts[mark] / number for mark in MARKS))
