"""What `init` accepts, and what it says of the rest."""

import pytest

from a11i.sdk import ConfigurationError
from a11i.sdk._settings import resolve

KEY = "a11i_" + "unit"


@pytest.mark.parametrize(
    ("endpoint", "target", "insecure"),
    [
        ("localhost:4317", "localhost:4317", True),
        ("localhost", "localhost:4317", True),
        ("127.0.0.1:5000", "127.0.0.1:5000", True),
        ("[::1]:5000", "[::1]:5000", True),
        ("a11i.example.com:4317", "a11i.example.com:4317", False),
        ("10.0.0.7:4317", "10.0.0.7:4317", False),
        ("http://10.0.0.7:4317", "10.0.0.7:4317", True),
        ("https://a11i.example.com", "a11i.example.com:443", False),
        ("https://localhost:4317/", "localhost:4317", False),
    ],
)
def test_only_this_machine_or_a_scheme_that_says_so_is_reached_without_tls(
    endpoint: str, target: str, insecure: bool
) -> None:
    settings = resolve(KEY, endpoint)
    assert (settings.target, settings.insecure) == (target, insecure)


@pytest.mark.parametrize(
    "endpoint", ["ftp://host:1", "host:port", "host:99999", "http://", ":4317", "host/v1/traces", "user@host:1"]
)
def test_an_endpoint_that_cannot_work_is_named_in_the_error(endpoint: str) -> None:
    with pytest.raises(ConfigurationError, match="endpoint"):
        resolve(KEY, endpoint)


def test_settings_come_from_the_environment_where_no_argument_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A11I_API_KEY", "from-environment")
    monkeypatch.setenv("A11I_OTLP_GRPC", "127.0.0.1:7000")
    assert resolve(None, None).api_key == "from-environment"
    assert resolve(None, None).target == "127.0.0.1:7000"
    assert resolve(KEY, "127.0.0.1:7001") == resolve(KEY, "http://127.0.0.1:7001")


def test_a_missing_key_is_told_with_the_name_of_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A11I_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="A11I_API_KEY"):
        resolve(None, None)


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        resolve(key, None)
    assert key not in str(refused.value)


def test_the_key_is_not_in_the_settings_text() -> None:
    assert KEY not in repr(resolve(KEY, None))
