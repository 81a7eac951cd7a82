"""The one tree of a11i's errors.

    A11iError                       code           reason (default)
    ├── PermanentError                             trying again will not help
    │   ├── InvalidArgumentError    INVALID_ARGUMENT    ARGUMENT_INVALID
    │   ├── UnauthenticatedError    UNAUTHENTICATED     API_KEY_INVALID
    │   ├── PermissionDeniedError   PERMISSION_DENIED   PERMISSION_DENIED
    │   ├── NotFoundError           NOT_FOUND           NOT_FOUND
    │   ├── AlreadyExistsError      ALREADY_EXISTS      ALREADY_EXISTS
    │   ├── ConflictError           ABORTED             CONFLICT
    │   ├── TooLargeError           RESOURCE_EXHAUSTED  TOO_LARGE
    │   ├── NotConfiguredError      FAILED_PRECONDITION NOT_CONFIGURED
    │   └── SchemaUnsupportedError  FAILED_PRECONDITION SCHEMA_UNSUPPORTED
    └── TransientError                             trying again after `retry_delay_s` can help
        ├── UnavailableError        UNAVAILABLE         STORE_UNAVAILABLE
        ├── OverloadedError         UNAVAILABLE         OVERLOADED
        └── RateLimitedError        RESOURCE_EXHAUSTED  RATE_LIMITED

A message is for the caller: what was wrong, where, and what to do. It never holds a payload's text.
`to_status` turns an error into the google.rpc.Status that gRPC and HTTP answers carry (AIP-193).
"""

from typing import ClassVar, Final

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from a11i.errors.v1 import error_reason_pb2 as reasons

Reason = reasons.ErrorReason
"""The enum of reasons; its members are `reasons.ERROR_REASON_...`."""

DOMAIN: Final = "a11i"
"""The domain of google.rpc.ErrorInfo in every answer."""

_REASON_PREFIX: Final = "ERROR_REASON_"


class A11iError(Exception):
    """An error that a caller may be told about."""

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.INTERNAL
    default_reason: ClassVar["Reason.ValueType"] = reasons.ERROR_REASON_INTERNAL

    def __init__(self, message: str, *, reason: "Reason.ValueType | None" = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = self.default_reason if reason is None else reason

    @property
    def reason_name(self) -> str:
        """The reason as ErrorInfo carries it, such as API_KEY_INVALID."""
        return Reason.Name(self.reason).removeprefix(_REASON_PREFIX)

    def details(self) -> list[any_pb2.Any]:
        """Return the google.rpc details of the error: ErrorInfo, and what the subclass adds."""
        return [_packed(error_details_pb2.ErrorInfo(reason=self.reason_name, domain=DOMAIN))]


class PermanentError(A11iError):
    """Trying the same again will not help."""


class InvalidArgumentError(PermanentError):
    """Something in the request is missing, malformed or out of range.

    `field` names it as the request spells it; empty where the request as a whole is meant.
    """

    code = grpc.StatusCode.INVALID_ARGUMENT
    default_reason = reasons.ERROR_REASON_ARGUMENT_INVALID

    def __init__(self, message: str, *, field: str = "", reason: "Reason.ValueType | None" = None) -> None:
        super().__init__(message, reason=reason)
        self.field = field

    def details(self) -> list[any_pb2.Any]:
        """Return ErrorInfo and a BadRequest that names the field."""
        violation = error_details_pb2.BadRequest.FieldViolation(field=self.field, description=self.message)
        return [*super().details(), _packed(error_details_pb2.BadRequest(field_violations=[violation]))]


class UnauthenticatedError(PermanentError):
    """No credential, or not a good one."""

    code = grpc.StatusCode.UNAUTHENTICATED
    default_reason = reasons.ERROR_REASON_API_KEY_INVALID


class PermissionDeniedError(PermanentError):
    """A good credential without the right to the call."""

    code = grpc.StatusCode.PERMISSION_DENIED
    default_reason = reasons.ERROR_REASON_PERMISSION_DENIED


class NotFoundError(PermanentError):
    """The thing does not exist, or belongs to another tenant."""

    code = grpc.StatusCode.NOT_FOUND
    default_reason = reasons.ERROR_REASON_NOT_FOUND


class AlreadyExistsError(PermanentError):
    """A thing of that name exists."""

    code = grpc.StatusCode.ALREADY_EXISTS
    default_reason = reasons.ERROR_REASON_ALREADY_EXISTS


class ConflictError(PermanentError):
    """It is no longer as the caller takes it to be."""

    code = grpc.StatusCode.ABORTED
    default_reason = reasons.ERROR_REASON_CONFLICT


class TooLargeError(PermanentError):
    """Over a size limit. It carries no RetryInfo, so that OTLP clients do not send it again."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    default_reason = reasons.ERROR_REASON_TOO_LARGE


class NotConfiguredError(PermanentError):
    """The service's settings name nothing that could do what is asked, such as no store; the message says which."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = reasons.ERROR_REASON_NOT_CONFIGURED


class SchemaUnsupportedError(PermanentError):
    """A batch of a schema's major version that this service does not know."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    default_reason = reasons.ERROR_REASON_SCHEMA_UNSUPPORTED


class TransientError(A11iError):
    """Trying again after `retry_delay_s` seconds can help; nothing was taken."""

    code = grpc.StatusCode.UNAVAILABLE
    default_reason = reasons.ERROR_REASON_STORE_UNAVAILABLE

    def __init__(self, message: str, *, reason: "Reason.ValueType | None" = None, retry_delay_s: float = 1.0) -> None:
        super().__init__(message, reason=reason)
        self.retry_delay_s = retry_delay_s

    def details(self) -> list[any_pb2.Any]:
        """Return ErrorInfo and the RetryInfo that says when to come back."""
        return [*super().details(), _packed(self.retry_info())]

    def retry_info(self) -> error_details_pb2.RetryInfo:
        """Return the delay as google.rpc.RetryInfo."""
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(int(self.retry_delay_s * 1e9))
        return error_details_pb2.RetryInfo(retry_delay=delay)


class UnavailableError(TransientError):
    """An engine or service that is needed cannot be reached now."""


class OverloadedError(TransientError):
    """The service is busy and took nothing."""

    default_reason = reasons.ERROR_REASON_OVERLOADED


class RateLimitedError(TransientError):
    """The caller sends more than it may; nothing was taken."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    default_reason = reasons.ERROR_REASON_RATE_LIMITED


def to_status(error: A11iError) -> status_pb2.Status:
    """Return the error as google.rpc.Status, with its details."""
    number: int = error.code.value[0]
    return status_pb2.Status(code=number, message=error.message, details=error.details())


def _packed(
    message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest | error_details_pb2.RetryInfo,
) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
