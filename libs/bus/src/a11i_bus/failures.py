"""What may be said about an exception whose text could quote a user's prompt."""

import traceback
import uuid
from dataclasses import dataclass

from a11i.errors.v1.error_reason_pb2 import ErrorReason
from a11i_chassis.errors import A11iError, PermanentError
from a11i_telemetry.batch import BatchDecodeError, SchemaVersionError


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception without its text. Its id joins the log line and the dead letter."""

    error_id: str
    reason: str
    """Name of the ErrorReason without its prefix, such as INTERNAL."""
    error_type: str
    frames: list[str]
    """Where it was raised, outermost first: file, line and function."""


class RelayedError(Exception):
    """An exception of another process, without its text."""

    def __init__(self, failure: Failure, *, permanent: bool) -> None:
        super().__init__(failure.error_type)
        self.failure = failure
        self.permanent = permanent
        """Whether trying again cannot help."""


def is_permanent(error: BaseException) -> bool:
    """Return whether the same batch would fail again."""
    if isinstance(error, RelayedError):
        return error.permanent
    return isinstance(error, PermanentError | BatchDecodeError)


def describe(error: BaseException) -> Failure:
    """Return what may be logged and kept of an exception."""
    if isinstance(error, RelayedError):
        return error.failure
    return Failure(
        error_id=uuid.uuid4().hex,
        reason=_reason(error),
        error_type=type(error).__qualname__,
        frames=[f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__)],
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, A11iError):
        return ErrorReason.Name(error.reason).removeprefix("ERROR_REASON_")
    return "SCHEMA_UNSUPPORTED" if isinstance(error, SchemaVersionError) else "INTERNAL"
