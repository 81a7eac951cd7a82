"""Settings: from the environment, checked at start, shown on demand."""

import json

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from a11i_chassis.settings import ClientSettings, ServiceSettings, load_settings


class ExampleSettings(ServiceSettings):
    """Settings of a service that exists for these tests."""

    model_config = SettingsConfigDict(env_prefix="A11I_EXAMPLE_")

    auth: ClientSettings
    token: SecretStr = Field(SecretStr("not-shown"))


def test_nested_fields_are_read_with_two_underscores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A11I_EXAMPLE_AUTH__ADDRESS", "127.0.0.1:7001")
    monkeypatch.setenv("A11I_EXAMPLE_GRPC__LISTEN", "127.0.0.1:7002")

    settings = load_settings(ExampleSettings, [])

    assert (settings.auth.address, settings.grpc.listen) == ("127.0.0.1:7001", "127.0.0.1:7002")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("A11I_EXAMPLE_AUTH__ADDRESS", "nowhere", "A11I_EXAMPLE_AUTH__ADDRESS"),
        ("A11I_EXAMPLE_SHUTDOWN_BUDGET_S", "soon", "A11I_EXAMPLE_SHUTDOWN_BUDGET_S"),
        ("A11I_EXAMPLE_LOG__LEVEL", "loud", "A11I_EXAMPLE_LOG__LEVEL"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_the_variable_but_not_the_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv("A11I_EXAMPLE_AUTH__ADDRESS", "127.0.0.1:7001")
    monkeypatch.setenv(variable, value)

    with pytest.raises(SystemExit) as caught:
        load_settings(ExampleSettings, [])

    lines = capsys.readouterr().err.splitlines()
    assert caught.value.code == 2
    assert len(lines) == 1
    assert said in lines[0]
    assert value not in lines[0]


def test_a_setting_that_is_missing_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        load_settings(ExampleSettings, [])

    assert caught.value.code == 2
    assert "A11I_EXAMPLE_AUTH: " in capsys.readouterr().err


def test_printed_settings_hide_secrets(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("A11I_EXAMPLE_AUTH__ADDRESS", "127.0.0.1:7001")

    with pytest.raises(SystemExit) as caught:
        load_settings(ExampleSettings, ["--print-settings"])

    printed = capsys.readouterr().out
    assert caught.value.code == 0
    assert json.loads(printed)["auth"]["address"] == "127.0.0.1:7001"
    assert "not-shown" not in printed


def test_an_unknown_argument_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        load_settings(ExampleSettings, ["--help-me"])

    assert caught.value.code == 2
    assert "--help-me" in capsys.readouterr().err
