"""What can be wrong with sound."""

from __future__ import annotations


class AudioError(Exception):
    """Sound cannot be made, read or kept; the message says which, why, and what to do."""
