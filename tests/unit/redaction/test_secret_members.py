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
    ["mysql", "-u", "root", f"-p{_WORD}"],
    ["/usr/bin/mysqldump", "-h", "db", "-uroot", f"-p{_WORD}", "app"],
    {"command": "mysql", "args": ["-uroot", f"-p{_WORD}"]},
    {"args": ["-uroot", f"-p{_WORD}"], "command": "mysql"},
    ["sshpass", "-p", _WORD, "ssh", "h"],
    ["sshpass", f"-p{_WORD}", "ssh", "h"],
    ["docker", "login", "-u", "bob", "-p", _WORD],
    ["redis-cli", "-h", "r", "-a", _WORD, "ping"],
    ["curl", f"-ubob:{_WORD}", "https://h"],
    ["curl", f"--user=bob:{_WORD}", "https://h"],
    {"kty": "EC", "crv": "P-256", "x": "a", "d": _KEY},
    {"keys": [{"d": _KEY, "p": _KEY, "q": _KEY, "dp": _KEY, "dq": _KEY, "qi": _KEY, "n": "n", "kty": "RSA"}]},
    {"kty": "oct", "k": _KEY},
    {"kty": "RSA", "n": "n", "oth": [{"r": _KEY, "d": _KEY, "t": _KEY}]},
    {"kind": "Secret", "data": {"db": _WORD, "tls.key": _KEY}, "type": "Opaque"},
    {"stringData": {"db": _WORD}, "kind": "Secret"},
    {"Parameter": {"Name": "/prod/db", "Type": "SecureString", "Value": _WORD}},
    {"cookies": [{"name": "sid", "value": _KEY, "httpOnly": True}]},
    {"cookies": {"sid": _KEY}},
    {"totp": _KEY},
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
    ["find", "/usr/bin", "-path", "x", "-print"],
    ["docker", "run", "-p", "8080:80", "--user=1000:1000"],
    {"command": "ls", "args": ["-pall2x"]},
    ["mysql", "-h", "db", "-P", "3306", "-p"],
    ["grep", "login", "-A", "30 lines"],
    {"kty": "RSA", "n": _KEY, "e": "AQAB", "kid": "key-2024-1"},
    {"d": _KEY, "p": "12", "q": "a question 2 ask"},
    {"kind": "ConfigMap", "data": {"db": "host-1.internal"}},
    {"type": "SecureString", "description": "Parameter 1 of a store"},
    {"cookies": [{"name": "theme", "value": "dark", "domain": "app1.example.com", "path": "/a/b2/c"}]},
    {"cookies": "enabled", "other": "value-2-of-it"},
    ["-----BEGIN CERTIFICATE-----", _KEY, "-----END CERTIFICATE-----"],
]


@pytest.mark.parametrize("value", STAYS, ids=lambda value: json.dumps(value)[:40])
def test_leaves_what_nothing_names(scripted: Redactor, value: Any) -> None:
    text = json.dumps(value)
    assert scripted.redact_texts([text], TENANT)[0].text == text


_LINES = [
    "-----BEGIN " + "PRIVATE KEY-----",
    *(_KEY + str(number) * 40 for number in range(3)),
    "q9xA",
    "-----END " + "PRIVATE KEY-----",
]


@pytest.mark.parametrize(
    "value",
    [
        _LINES,
        {"key": _LINES, "after": "the-word-2"},
        {"lines": [line + "\n" for line in _LINES]},
        [{"line": number, "text": line, "file": "key.pem"} for number, line in enumerate(_LINES)],
        {"result": json.dumps({"lines": _LINES})},
        "lines = " + repr(_LINES),
        "\n".join(f"> {line}" for line in _LINES),
        " +\n".join(f"'{line}\\n'" for line in _LINES),
    ],
    ids=range(8),
)
def test_takes_a_private_key_of_which_each_line_is_a_string(scripted: Redactor, value: Any) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    [redacted] = scripted.redact_texts([text], TENANT)
    assert not [line for line in _LINES[1:-1] if line in redacted.text]
    assert all(word in redacted.text for word in ("after", "the-word-2") if word in text)
    assert scripted.redact_texts([redacted.text], TENANT)[0].text == redacted.text


_PRIVATE_KEY = {"crv": "Ed25519", "d": _KEY + "x" * 23, "x": "8f7d6a5b" * 5, "kty": "OKP"}


@pytest.mark.parametrize(
    "text",
    [
        f"the key is {json.dumps(_PRIVATE_KEY)} ok",
        f"jwk = {_PRIVATE_KEY!r}",
        "log: " + json.dumps(f"the {json.dumps(_PRIVATE_KEY)}"),
        "const k = {" + ", ".join(f"{key}: '{value}'" for key, value in _PRIVATE_KEY.items()) + "}",
        "\n".join(f"{key}: {value}" for key, value in _PRIVATE_KEY.items()),
        "a: b\n\n" + "\n".join(f"{key}: {value}" for key, value in reversed(_PRIVATE_KEY.items())),
    ],
)
def test_takes_the_private_member_of_a_web_key_in_text(scripted: Redactor, text: str) -> None:
    [redacted] = scripted.redact_texts([text], TENANT)
    assert _PRIVATE_KEY["d"] not in redacted.text
    assert _PRIVATE_KEY["x"] in redacted.text
    assert scripted.redact_texts([redacted.text], TENANT)[0].text == redacted.text


def test_takes_what_a_secret_of_kubernetes_holds(scripted: Redactor) -> None:
    head = "apiVersion: v1\nkind: ConfigMap\ndata:\n  host: db-1.internal\n---\napiVersion: v1\n"
    data = f"data:\n  db: {_WORD}\n  conf: |\n    x={_KEY}\n    y=1\n  ref: ${{DB}}\n"
    for text in (
        f"{head}kind: Secret\nmetadata:\n  name: db-secret-1\n{data}type: Opaque\n",
        f"{head}{data}kind: Secret\n---\nkind: Pod\ndata:\n  a: word-2-of-it\n",
        f"- kind: Secret\n  stringData:\n    db: {_WORD}\n    x: {_KEY}\n- kind: A\n  data:\n    db: word-2-of-it\n",
    ):
        [redacted] = scripted.redact_texts([text], TENANT)
        assert _WORD not in redacted.text
        assert _KEY not in redacted.text
        kept = ("db-1.internal", "db-secret-1", "${DB}", "Opaque", "word-2-of-it")
        assert all(word in redacted.text for word in kept if word in text)
        assert scripted.redact_texts([redacted.text], TENANT)[0].text == redacted.text


def test_nests_without_end_in_time_that_grows_with_the_text(scripted: Redactor) -> None:
    deep = '{"password":' * 200 + f'"{_WORD}"' + "}" * 200
    assert _WORD not in scripted.redact_texts([deep], TENANT)[0].text
    wide = json.dumps([["password", f"{_WORD}{number}"] for number in range(3_000)])
    assert _WORD not in scripted.redact_texts([wide], TENANT)[0].text
