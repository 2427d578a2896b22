"""Logs that cannot be written end nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import resource, structlog
from centrala.logs import configure_logs
configure_logs("INFO")
log = structlog.get_logger()
log.info("before")
log.debug("too little to say")
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
for _ in range(2000):
    log.info("during")
    log.bind(more=1).error("during")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.info("after")
"""


def test_a_full_disk_costs_lines_of_the_log_and_nothing_else(tmp_path: Path) -> None:
    """A process goes on while its log cannot be written, and logs again once it can."""
    with (tmp_path / "log").open("wb") as log:
        assert 0 == subprocess.run([sys.executable, "-c", PROGRAM], stderr=log, check=False).returncode

    events = [json.loads(line)["event"] for line in (tmp_path / "log").read_text("utf-8").splitlines()]
    assert "before" == events[0]
    assert "after" == events[-1]
