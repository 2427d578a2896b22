"""Which Asterisks a recogniser can be asked through without harm to callers (ARCHITECTURE.md says what the harm is)."""

from __future__ import annotations

import re

# By branch, the first that closes a connection before it ends who reads from it (`res_aeap`), and that does not take
# whoever opens one for a stranger (`tcptls`). Older branches have no such Asterisk, newer ones no other.
MENDED = {22: 11, 23: 5}
# Also "certified-22.8-cert1"; a checkout ("GIT-22-1a2b3c") does not tell.
_VERSION = re.compile(r"(?:certified[-/])?(\d{1,4})\.(\d{1,4})")


def is_mended(version: str) -> bool:
    """Whether an Asterisk of that version does callers no harm, as far as it tells."""
    found = _VERSION.match(version)
    if found is None:
        return True
    branch, minor = int(found[1]), int(found[2])
    return minor >= MENDED[branch] if branch in MENDED else branch > max(MENDED)
