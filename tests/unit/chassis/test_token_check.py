"""Who passes the check of a token of a service's settings."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import SecretStr

from a11i.errors.v1 import error_reason_pb2 as reasons
from a11i_chassis.auth import TokenCheck
from a11i_chassis.errors import UnauthenticatedError
from a11i_chassis.grpc_types import Context

TOKEN = "a token of the tests"


def _check(token: str | None, metadata: Sequence[tuple[str, str]]) -> None:
    check = TokenCheck(
        None if token is None else SecretStr(token), service="example", setting="A11I_EXAMPLE_TOKEN", name="spare token"
    )
    check(cast("Context", SimpleNamespace(invocation_metadata=lambda: metadata)))


def _refusal(token: str | None, metadata: Sequence[tuple[str, str]]) -> UnauthenticatedError:
    with pytest.raises(UnauthenticatedError) as raised:
        _check(token, metadata)
    return raised.value


def _bearer(token: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}")]


def test_whoever_shows_the_token_passes() -> None:
    _check(TOKEN, _bearer(TOKEN))
    _check("schlüssel", _bearer("schlüssel"))


@pytest.mark.parametrize("shown", ["", "a", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "schlüssel"])
def test_another_token_is_refused_with_the_service_named(shown: str) -> None:
    refusal = _refusal(TOKEN, _bearer(shown))
    assert refusal.message == "the spare token is not the one of the example service's settings"
    assert refusal.reason == reasons.ERROR_REASON_API_KEY_INVALID


def test_whoever_shows_none_is_told_how_to() -> None:
    refusal = _refusal(TOKEN, [])
    assert refusal.message == "no spare token: send the header 'authorization: Bearer TOKEN'"
    assert refusal.reason == reasons.ERROR_REASON_API_KEY_MISSING


@pytest.mark.parametrize("token", [None, ""])
@pytest.mark.parametrize("shown", ["", "None", TOKEN])
def test_without_a_token_in_the_settings_nobody_passes(token: str | None, shown: str) -> None:
    assert _refusal(token, _bearer(shown)).message == "this service has no spare token: set A11I_EXAMPLE_TOKEN"
