"""What may be said about an exception whose text could quote a user's prompt."""

import uuid
from dataclasses import dataclass

from a11i_chassis.errors import A11iError
from a11i_chassis.logging import frames_of
from a11i_telemetry.batch import SchemaVersionError


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception without its text. Its id joins the log line and the dead letter."""

    error_id: str
    reason: str
    """Name of the ErrorReason without its prefix, such as INTERNAL."""
    error_type: str
    frames: list[str]
    """Where it was raised, outermost first: file, line and function."""


def describe(error: BaseException) -> Failure:
    """Return what may be logged and kept of an exception."""
    return Failure(
        error_id=uuid.uuid4().hex,
        reason=_reason(error),
        error_type=type(error).__qualname__,
        frames=frames_of(error),
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, A11iError):
        return error.reason_name
    return "SCHEMA_UNSUPPORTED" if isinstance(error, SchemaVersionError) else "INTERNAL"
