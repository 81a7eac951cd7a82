"""Secrets in JSON whose name is not their own key: it stands beside them, around them, or before them in a list."""

import json
from typing import Any

import pytest

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from tests.unit.redaction.redaction_kit import TENANT, ScriptedModel, redactor_with

_WORD = "S3cr3t" + "Pw99x"
_KEY = "8f7d6a5b" + "C3d9E1f0Qz77"


@pytest.fixture(scope="module")
def scripted(patterns: PatternDetector) -> Redactor:
    """Real patterns, and a model that knows no name."""
    return redactor_with(patterns, ScriptedModel({}))


NAMED: list[Any] = [
    ["mysql", "--password", _WORD],
    ["tool", "run", "--api-key", _KEY, "--verbose"],
    ["curl", "-s", "-u", f"bob:{_WORD}", "https://h"],
    [["X-Api-Key", _KEY], ["Accept", "*/*"]],
    [["Authorization", f"Basic {_KEY}"]],
    {"headers": [["Cookie", f"sid={_WORD}"]]},
    {"db_password": {"sensitive": True, "type": "string", "value": _WORD}},
    {"value": _WORD, "name": "password"},
    {"Name": "/prod/db/password", "Value": _WORD},
    {"key": "password", "value": {"stringValue": _WORD}},
    {"password": {"new": _WORD, "old": "x"}},
    {"properties": {"password": {"type": "string", "default": _WORD}}},
    {"Password": {"S": _WORD}},
    {"key": "password", "newValue": _WORD},
    {"field": "password", "value": [_WORD]},
    {"variable": "DB_PASSWORD", "val": _WORD},
    {"secrets": {"db": _WORD}},
    {"passwords": {"bob": _WORD}},
    {"label": "Password", "answer": _WORD},
    {"ParameterKey": "DbPassword", "ParameterValue": _WORD},
    {"env": [{"name": "X", "value": "1"}, {"value": _WORD, "name": "DB_PASSWORD"}]},
    {"outer": {"args": ["--password", _WORD]}},
]


@pytest.mark.parametrize("value", NAMED, ids=lambda value: json.dumps(value)[:40])
@pytest.mark.parametrize("indent", [None, 2])
def test_takes_a_secret_that_something_else_names(scripted: Redactor, value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    [redacted] = scripted.redact_texts([text], TENANT)
    assert _WORD not in redacted.text
    assert _KEY not in redacted.text
    assert json.loads(redacted.text) is not None
    assert scripted.redact_texts([redacted.text], TENANT)[0].text == redacted.text


STAYS: list[Any] = [
    ["password", "username", "email"],
    ["token", "created_at"],
    {"name": "get_token", "content": "The token of order 4711 was refreshed at 10:32."},
    {"name": "password", "type": "string", "description": "At least 8 characters, with a digit"},
    {"label": "Password", "text": "Your password must have at least 8 characters"},
    {"password": {"type": "string", "minLength": 8, "format": "password"}},
    {"secrets": {"name": "db-credentials-1", "type": "Opaque"}},
    {"required": ["user", "password"], "name": "login-form-2"},
    ["--password-file", "/run/secrets/db_1"],
    ["--token-type", "bearer-token-2"],
    ["-u", "user1"],
    {"name": "x", "value": _WORD},
    {"id": "token", "value": "hello"},
    {"usage": {"token": {"value": 12}}, "name": "gpt-4o-2024"},
]


@pytest.mark.parametrize("value", STAYS, ids=lambda value: json.dumps(value)[:40])
def test_leaves_what_nothing_names(scripted: Redactor, value: Any) -> None:
    text = json.dumps(value)
    assert scripted.redact_texts([text], TENANT)[0].text == text


def test_nests_without_end_in_time_that_grows_with_the_text(scripted: Redactor) -> None:
    deep = '{"password":' * 200 + f'"{_WORD}"' + "}" * 200
    assert _WORD not in scripted.redact_texts([deep], TENANT)[0].text
    wide = json.dumps([["password", f"{_WORD}{number}"] for number in range(3_000)])
    assert _WORD not in scripted.redact_texts([wide], TENANT)[0].text
