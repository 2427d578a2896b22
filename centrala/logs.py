"""Structured logs: one JSON object per line on stderr, without secrets, digits or personal data."""

from __future__ import annotations

import sys

import structlog


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
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
