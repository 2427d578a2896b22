"""What callers hear, as files that Asterisk can play: 8 kHz, mono, 16-bit WAV, kept by content.

A prompt is spoken by espeak-ng or taken from the operator's own recordings, once; what a turn says is one file, joined
from its prompts. `PromptStore` is all that others need.
"""

from __future__ import annotations

from ivr.audio.faults import AudioError
from ivr.audio.store import BuildReport, PromptStore
from ivr.audio.wav import Sound

__all__ = ["AudioError", "BuildReport", "PromptStore", "Sound"]
