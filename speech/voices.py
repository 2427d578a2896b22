"""espeak-ng's voices: those that a model may learn from, and those that it is measured by."""

from __future__ import annotations

# Families of voices that no training hears: what is right for them was not learnt by heart.
HELD_OUT_FAMILIES = frozenset(
    (
        *("klatt", "iven", "anika", "steph", "m3", "f4", "Andy", "linda", "pablo", "grandma", "Mario", "belinda"),
        *("Tweaky", "Nguyen", "edward", "max", "zac", "Jacky", "Lee", "caleb"),
    )
)
# Not like speech, or without a voice.
UNLIKE_SPEECH = frozenset(("whisper", "whisperf", "Demonic", "croak", "fast"))
# Those of the families that are used for measuring and for tests.
HELD_OUT = (
    "klatt",
    "klatt3",
    "iven",
    "iven4",
    "anika",
    "steph",
    "m3",
    "f4",
    "Andy",
    "linda",
    "pablo",
    "belinda",
    "edward",
    "max",
)


def is_held_out(variant: str) -> bool:
    """Whether a variant of espeak-ng's voices, by its name, belongs to a family that no training hears."""
    return variant in HELD_OUT_FAMILIES or variant.rstrip("0123456789").removesuffix("Robot") in HELD_OUT_FAMILIES


def is_for_training(variant: str) -> bool:
    """Whether a model may learn from a variant."""
    return not is_held_out(variant) and variant not in UNLIKE_SPEECH
