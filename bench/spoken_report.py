"""Callers who speak, through Asterisk: what was aimed at, and what came out, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from statistics import median

from bench.figures import MOST_P99, Aim, percentile
from bench.keypress import Sample
from bench.processor import DISTURBING
from bench.report import MISSING, Row, number
from bench.spoken import WIRE, Round, Scene, Spoken
from bench.talkers import Choices
from speech.voices import HELD_OUT

MOST_OVER_MS = 100.0
LEAST_KNOWN = 0.95
MOST_STAY = 1.0
MS = 1e3
PARTS = ("asterisk", "ivr", "recogniser")
SHARES = 50, 90, 99, 100


def over(choices: Choices) -> list[float]:
    """Milliseconds beyond the recogniser's own endpoint; none where that is known of too few to judge by."""
    known = [MS * one.over for one in choices.made if one.over is not None]
    return known if len(known) >= LEAST_KNOWN * len(choices.made) else []


def _own(choices: Choices) -> list[float]:
    return [MS * one.own for one in choices.made if one.own is not None]


def _whole(choices: Choices) -> list[float]:
    return [MS * one.seconds for one in choices.made]


def _waits(sample: Sample) -> list[float]:
    return [MS * one for one in sample.seconds]


def aims(found: Spoken) -> tuple[Aim, ...]:
    """Compare it with what was aimed at."""
    alone, both = (_p(over(found.of(scene).choices), 99) for scene in (Scene.SPEAKING, Scene.BOTH))
    without, beside = (_p(_waits(found.of(scene).others), 99) for scene in (Scene.OTHERS, Scene.BOTH))
    failed = sum(one.others.failed + one.choices.failed for one in found.rounds)
    harm = None if without is None or beside is None else beside / without
    return (
        Aim("p99 from the end of a word to the next prompt, over the recogniser's endpoint", MOST_OVER_MS, alone, "ms"),
        Aim("the same beside callers who key", MOST_OVER_MS, both, "ms"),
        Aim("p99 of the others' key to prompt beside callers who speak", MOST_P99, harm, "times"),
        Aim("calls that failed", 0, failed),
        Aim("channels that stay, of a thousand who hang up", MOST_STAY, found.left.of_a_thousand),
    )


def choice_rows(found: Spoken) -> list[Row]:
    """What callers who speak wait for, alone and beside others."""
    heading = (
        "who speak",
        "words",
        "answered",
        "p50",
        "p99",
        "recogniser's own p50",
        "over it: p50",
        "p99",
        "longest",
    )
    names = {Scene.SPEAKING: "alone", Scene.BOTH: f"beside {found.talk.lines} lines of keys"}
    return [heading, *(_choice_row(found, scene, name) for scene, name in names.items())]


def _choice_row(found: Spoken, scene: Scene, name: str) -> Row:
    choices = found.of(scene).choices
    whole, beyond = _whole(choices), over(choices)
    waits = (_p(whole, 50), _p(whole, 99), _p(_own(choices), 50), *(_p(beyond, share) for share in (50, 99, 100)))
    return (
        f"{found.talk.callers}, {name}",
        f"{len(choices.made) + choices.missed:,}",
        f"{len(choices.made):,}",
        *map(_ms, waits),
    )


def other_rows(found: Spoken) -> list[Row]:
    """What the others notice of it."""
    heading = ("beside them", "others' keys", "p50", "p99", "failed calls")
    names = {
        Scene.OTHERS: "nobody speaks",
        Scene.BOTH: f"{found.talk.callers} speak",
        Scene.LISTENED: "nobody speaks, words would count",
    }
    return [heading, *(_other_row(found.of(scene), name) for scene, name in names.items())]


def _other_row(one: Round, name: str) -> Row:
    waits, failed = _waits(one.others), one.others.failed + one.choices.failed
    return name, f"{len(waits):,}", _ms(_p(waits, 50)), _ms(_p(waits, 99)), f"{failed:,}"


def cost_rows(found: Spoken) -> list[Row]:
    """What a choice costs by a word, and by a key after as long a time."""
    heading = ("a choice", "choices", "CPU: Asterisk", "IVR", "recogniser", "all")
    names = {Scene.SPEAKING: "by a word", Scene.KEYING: "by a key, nobody listens"}
    return [heading, *(_cost_row(found.of(scene), name) for scene, name in names.items())]


def _cost_row(one: Round, name: str) -> Row:
    costs = [one.per_choice(part) for part in PARTS]
    told = [None if cost is None else MS * cost for cost in costs]
    whole = None if None in told else sum(cost for cost in told if cost is not None)
    return name, f"{len(one.choices.made) + one.choices.missed:,}", *map(_ms, (*told, whole))


def remarks(found: Spoken) -> str:
    """How it was measured, and what hangs on it."""
    return f"{_of_words(found)}\n\n{_of_others(found)}"


def _of_words(found: Spoken) -> str:
    scenes = found.of(Scene.SPEAKING), found.of(Scene.BOTH)
    own = sorted(one for scene in scenes for one in _own(scene.choices))
    made = sum(len(scene.choices.made) for scene in scenes)
    span = f" (here {number(own[0])} to {number(own[-1])} ms)" if own else ""
    return (
        f"Callers by telephone say {found.sounds} sounds over the prompts of two menus in a circle: all that can be "
        f"said there, by {found.talk.voices} of {len(HELD_OUT)} voices that the model has not heard, A-law, where the "
        "recogniser by itself understands it. Measured is from the last packet of a word to the first packet of the "
        "next prompt, at the caller's telephone. The recogniser's own share is found afterwards: what Asterisk gave it "
        "is kept by a process between them, and heard once more packet by packet. It wants 0.5 s of silence but looks "
        "only each time that it has got a certain length of sound (the shipped model: 240 ms), so it hangs on when a "
        f"caller speaks{span}. It is known for {len(own):,} of {made:,} choices, and exact to a packet, 20 ms."
    )


def _of_others(found: Spoken) -> str:
    disturbed = max(median(usage.disturbance for usage in one.usages) for one in found.rounds)
    others = f" Others on the machine used {disturbed:.1f} cores meanwhile." if disturbed > DISTURBING else ""
    return (
        f"The others key on {found.talk.lines} lines in menus without words, in the last row in such as have words, "
        "where each of them is listened to and takes leave of the recogniser (a quarter of a second) before the last "
        "prompt. A choice by a word asks the call's engine (`SPEECH SET`, `RECOGNIZE`); for one by a key the same word "
        "is said, nobody listens, and the key goes down when the recogniser would have known. The recogniser has one "
        "process. The telephones' own end took "
        f"{_cores(found.of(Scene.SPEAKING))} cores with callers who speak alone and {_cores(found.of(Scene.BOTH))} "
        f"with both, of the same processors; keeping what Asterisk gave the recogniser {_wire(found)}.{others} "
        f"{_of_leavers(found)}"
    )


def _of_leavers(found: Spoken) -> str:
    left = found.left
    priority = "in real time" if left.in_real_time else "at an ordinary priority, as this system allows no other"
    return (
        f"At the end {left.callers:,} callers hung up within {left.seconds:.0f} s, each at some moment while they were "
        f"listened to, as nobody takes leave of the recogniser who hangs up (ARCHITECTURE.md): {left.channels} of "
        f"their channels stayed in Asterisk, which ran {priority}."
    )


def _wire(found: Spoken) -> str:
    return number(max(one.cores(WIRE) for one in found.rounds))


def _cores(one: Round) -> str:
    return f"{one.telephones / one.seconds:.2f}"


def summed_up(found: Spoken) -> dict[str, object]:
    """For programs."""
    talk = found.talk
    return {
        "callers": talk.callers,
        "lines": talk.lines,
        "sounds": found.sounds,
        "leaving": asdict(found.left),
        "scenes": {one.scene.value: _scene(one) for one in found.rounds},
    }


def _scene(one: Round) -> dict[str, object]:
    choices, others = one.choices, _waits(one.others)
    told = {"": _whole(choices), "over_": over(choices), "own_": _own(choices)}
    return {
        "seconds": one.seconds,
        "cpu": {part: sum(usage.parts[part] for usage in one.usages) for part in PARTS},
        "telephones_cpu": one.telephones,
        "disturbance_cores": sum(usage.elsewhere for usage in one.usages) / one.seconds,
        "others": {"number": len(others), "failed": one.others.failed}
        | {f"p{share}_ms": _p(others, share) for share in SHARES},
        "choices": {"number": len(choices.made), "missed": choices.missed, "own_known": len(told["own_"])}
        | {"calls": choices.calls, "failed": choices.failed}
        | {f"{what}p{share}_ms": _p(values, share) for what, values in told.items() for share in SHARES},
    }


def _p(values: Sequence[float], share: float) -> float | None:
    return percentile(values, share) if values else None


def _ms(value: float | None) -> str:
    return MISSING if value is None else f"{number(value)} ms"
