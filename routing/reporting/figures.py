"""The figures of stays in queues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from routing.reporting.measures import mean, nearest_rank, share
from routing.reporting.records import Promise, Stay

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Seconds: an answer within `service_level` is in time; who hangs up within `short_abandon` has hardly waited."""

    service_level: int = 20
    short_abandon: int = 5

    @property
    def formula(self) -> str:
        """The service level, in words."""
        return f"answered within {self.service_level} s / (offered - abandoned within {self.short_abandon} s)"


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of the stays that are over, and of those that are not how many there are (`unfinished`).

    offered = answered + abandoned + other; `short_abandoned` of the abandoned, `in_time` of the answered. Times are
    in seconds; those of waiting are of the answered, but `longest_wait` of all. Of `estimates` of the wait that were
    told and then proved right or wrong, `estimates_right`. `callbacks` were asked for; of those kept, `talk` and
    `wrap_up` are part of the means, and nothing else.
    """

    offered: int
    answered: int
    in_time: int
    abandoned: int
    short_abandoned: int
    other: int
    outcomes: Mapping[str, int]
    unfinished: int
    transfers: int
    estimates: int
    estimates_right: int
    callbacks: int
    callbacks_kept: int
    callbacks_not_reached: int
    callbacks_cancelled: int
    service_level: float | None
    asa: float | None
    wait_p50: float | None
    wait_p90: float | None
    wait_p95: float | None
    longest_wait: float | None
    talk: float | None
    wrap_up: float | None
    aht: float | None
    estimate_accuracy: float | None


def figures(stays: Iterable[Stay], thresholds: Thresholds, promises: Iterable[Promise] = ()) -> Figures:
    """The figures of these stays, and of these callbacks."""
    everybody = tuple(stays)
    talks = [stay for stay in everybody if stay.was_answered]
    known = [stay for stay in everybody if not stay.called_back]
    over = [stay for stay in known if stay.is_over]
    answered = [stay for stay in over if stay.was_answered]
    abandoned = [stay for stay in over if stay.was_abandoned]
    outcomes = Counter(stay.outcome or UNKNOWN for stay in over if not (stay.was_answered or stay.was_abandoned))
    waits = sorted(stay.waited() for stay in answered)
    in_time = sum(wait <= thresholds.service_level for wait in waits)
    short = sum(stay.waited() <= thresholds.short_abandon for stay in abandoned)
    foretold = [stay.foretold for stay in over if stay.foretold is not None]
    promised = Counter(promise.state for promise in promises)
    talk = mean([stay.talked for stay in talks])
    wrap_up = mean([stay.wrap_up for stay in talks if stay.wrap_up is not None])
    return Figures(
        offered=len(over),
        answered=len(answered),
        in_time=in_time,
        abandoned=len(abandoned),
        short_abandoned=short,
        other=outcomes.total(),
        outcomes=dict(sorted(outcomes.items())),
        unfinished=len(known) - len(over),
        transfers=sum(stay.transferred for stay in talks),
        estimates=len(foretold),
        estimates_right=sum(foretold),
        callbacks=promised.total(),
        callbacks_kept=promised["kept"],
        callbacks_not_reached=promised["not_reached"],
        callbacks_cancelled=promised["cancelled"],
        service_level=share(in_time, len(over) - short),
        asa=mean(waits),
        wait_p50=nearest_rank(waits, 50),
        wait_p90=nearest_rank(waits, 90),
        wait_p95=nearest_rank(waits, 95),
        longest_wait=max((stay.waited() for stay in over), default=None),
        talk=talk,
        wrap_up=wrap_up,
        aht=None if talk is None else talk + (wrap_up or 0.0),
        estimate_accuracy=share(sum(foretold), len(foretold)),
    )
