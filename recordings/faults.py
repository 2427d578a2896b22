"""What can be wrong with what is kept; the texts are meant for people."""

from __future__ import annotations


class RecordingFault(Exception):
    """A recording, its key or its file is not as it should be."""


class SealBroken(RecordingFault):
    """A sealed file was changed, cut short, or belongs to another recording or key."""


class KeyMissing(RecordingFault):
    """A key is needed that is not there."""


class KeysUnusable(RecordingFault):
    """The database of keys cannot be used now: which one, and why."""


class DamagedSound(RecordingFault):
    """What should be sound is none that can be taken in; the text begins with "it" and says why."""


class EncoderFault(RecordingFault):
    """The program that writes sound in the chosen format is missing or fails; no recording is to blame."""
