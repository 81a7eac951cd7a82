"""Logs: JSON lines on standard error, an event name and keys, never a payload's text."""

import logging
import sys
import uuid

import structlog

from a11i_chassis.settings import LogSettings


def configure(service: str, settings: LogSettings) -> None:
    """Set structlog and the standard library's logging up for the process; every line says which service wrote it."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _naming(service),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries: warnings and worse only, as their messages are not ours to keep free of payloads.
    logging.basicConfig(level=max(level, logging.WARNING), format="%(levelname)s %(name)s %(message)s", force=True)


def _naming(service: str) -> structlog.typing.Processor:
    """Return a processor that says which service wrote the line, in every thread."""

    def add(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service
        return event

    return add


def log_defect(event: str, error: BaseException, **keys: str) -> str:
    """Log an error that is nobody's but ours, with its frames and an id, and return a message for the caller.

    The message holds the id and nothing of the error, whose text may hold anything.
    """
    error_id = uuid.uuid4().hex
    structlog.get_logger().error(
        event, error_id=error_id, error_type=type(error).__name__, frames=frames_of(error), **keys
    )
    return f"internal error {error_id}; the service's log has the rest"


def frames_of(error: BaseException) -> list[str]:
    """Return the traceback as "file:line function", without the exception's message or any local value.

    For code that handles raw text: an exception's message often quotes what it failed on.
    """
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames
