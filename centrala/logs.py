"""Structured logs: one JSON object per line on stderr, without secrets, digits or personal data."""

from __future__ import annotations

import contextlib
import sys
from typing import TextIO, cast

import structlog


class _Stderr:
    """A log that cannot be written is lost: a full disk must end neither a call nor a process."""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.flush()


def configure_logs(level: str) -> None:
    """Log to stderr from `level` on; events name what happened, never who or what was keyed."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Stderr())),
        cache_logger_on_first_use=True,
    )
