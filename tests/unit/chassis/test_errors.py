"""Errors as callers see them: one table."""

import pytest
from google.rpc import error_details_pb2

from a11i_chassis import errors


@pytest.mark.parametrize(
    ("error", "code", "reason", "retried"),
    [
        (errors.InvalidArgumentError("no", field="page_size"), 3, "ARGUMENT_INVALID", False),
        (errors.UnauthenticatedError("no"), 16, "API_KEY_INVALID", False),
        (errors.PermissionDeniedError("no"), 7, "PERMISSION_DENIED", False),
        (errors.NotFoundError("no"), 5, "NOT_FOUND", False),
        (errors.AlreadyExistsError("no"), 6, "ALREADY_EXISTS", False),
        (errors.TooLargeError("no"), 8, "TOO_LARGE", False),
        (errors.SchemaUnsupportedError("no"), 9, "SCHEMA_UNSUPPORTED", False),
        (errors.UnavailableError("no"), 14, "STORE_UNAVAILABLE", True),
        (errors.OverloadedError("no"), 14, "OVERLOADED", True),
        (errors.RateLimitedError("no"), 8, "RATE_LIMITED", True),
        (errors.A11iError("no"), 13, "INTERNAL", False),
    ],
)
def test_each_error_has_its_code_reason_and_retry_hint(
    error: errors.A11iError, code: int, reason: str, retried: bool
) -> None:
    status = errors.to_status(error)

    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (status.code, status.message, info.reason, info.domain) == (code, "no", reason, "a11i")
    assert any(detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR) for detail in status.details) is retried


def test_a_bad_argument_names_its_field() -> None:
    status = errors.to_status(errors.InvalidArgumentError("1 to 200", field="page_size"))

    bad = error_details_pb2.BadRequest()
    assert status.details[1].Unpack(bad)
    assert [(item.field, item.description) for item in bad.field_violations] == [("page_size", "1 to 200")]


def test_a_retry_delay_keeps_its_fraction() -> None:
    info = errors.UnavailableError("later", retry_delay_s=1.25).retry_info()

    assert info.retry_delay.ToTimedelta().total_seconds() == 1.25
