"""Logs and metrics. A log line carries names and numbers, never a text that a customer wrote nor a secret."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

log = structlog.stdlib.get_logger("frontdesk")

REGISTRY = CollectorRegistry()
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

ACCEPTED = Counter("frontdesk_messages_accepted", "Customer messages committed", ["platform"], registry=REGISTRY)
DUPLICATES = Counter("frontdesk_messages_duplicate", "Redelivered customer messages", ["platform"], registry=REGISTRY)
STATUSES = Counter("frontdesk_statuses", "Delivery statuses committed", ["platform"], registry=REGISTRY)
PARKED = Counter("frontdesk_messages_parked", "Customer messages kept for a replay", ["platform"], registry=REGISTRY)
REJECTED = Counter("frontdesk_hooks_rejected", "Webhooks that failed authentication", ["endpoint"], registry=REGISTRY)
AWAY = Counter("frontdesk_store_away", "Requests refused because the database did not answer", registry=REGISTRY)
COMMIT_SECONDS = Histogram("frontdesk_intake_commit_seconds", "One intake commit", buckets=_SECONDS, registry=REGISTRY)
BATCH_SIZE = Histogram(
    "frontdesk_intake_batch_size", "Webhooks in one commit", buckets=(1, 2, 5, 10, 20, 50, 100, 200), registry=REGISTRY
)
TURNS = Counter("frontdesk_turns", "Turns by outcome", ["outcome"], registry=REGISTRY)
TURN_SECONDS = Histogram("frontdesk_turn_seconds", "From claim to commit", buckets=_SECONDS, registry=REGISTRY)
WAIT_SECONDS = Histogram(
    "frontdesk_wait_seconds", "From the turn being due to its claim", buckets=_SECONDS, registry=REGISTRY
)
SENDS = Counter("frontdesk_sends", "Parts by outcome", ["platform", "outcome"], registry=REGISTRY)
FILES = Counter("frontdesk_files", "Files of customers by outcome", ["platform", "outcome"], registry=REGISTRY)
QUEUE = Gauge("frontdesk_queue_length", "Rows that wait", ["queue"], registry=REGISTRY)
QUEUE_AGE = Gauge("frontdesk_queue_age_seconds", "Age of the oldest row that waits", ["queue"], registry=REGISTRY)
REQUESTS = Counter("frontdesk_http_requests", "HTTP requests", ["route", "status"], registry=REGISTRY)
SOCKETS = Gauge("frontdesk_webchat_sockets", "Open webchat sockets", registry=REGISTRY)


def configure_logs(stream: TextIO | None = None, *, level: str = "INFO") -> None:
    """JSON lines on a pipe, readable lines on a terminal."""
    stream = stream or sys.stderr
    render: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(pad_event_to=24, exception_formatter=structlog.dev.plain_traceback)
        if stream.isatty()
        else structlog.processors.JSONRenderer(sort_keys=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        stream=stream, level=logging.WARNING, format='{"level": "%(levelname)s", "event": "%(message)s"}'
    )
