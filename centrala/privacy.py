"""What every program of ours sees to before anything else: nothing that it holds is left for others to read."""

from __future__ import annotations

import os
import resource


def keep_private() -> None:
    """Whatever is written (database, logs, notes, recordings) is its owner's alone, and a crash leaves no core file.

    A process that crashes may hold a PIN, a key or a caller's number.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
