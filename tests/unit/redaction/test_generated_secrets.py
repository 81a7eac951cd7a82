"""What Terraform's generators of secrets made goes from states, plans and outputs, and nothing else of them."""

import json
from typing import Any

import pytest

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from tests.unit.redaction.redaction_kit import TENANT, ScriptedModel, redactor_with

_RESULT = "x7%Gq)kd]Tz" + "Pq!vw"
_OTHER = "Kq7ZpLw93x" + "TtA0bc"
_LETTERS = "quinceorbiter"
_HASH = "$2a$10$" + "N9qo8uLOickgx2ZMRZoMye" + "IjZAgcfl7p92ldGxad68LJZdL17lhWy"


@pytest.fixture(scope="module")
def scripted(patterns: PatternDetector) -> Redactor:
    """Real patterns, and a model that knows no name."""
    return redactor_with(patterns, ScriptedModel({}))


def _resource(kind: str, **attributes: Any) -> dict[str, Any]:
    instances = [{"schema_version": 3, "attributes": {"id": "none", "length": 16, **attributes}}]
    return {"mode": "managed", "type": kind, "name": "db", "instances": instances}


_STATE = {
    "version": 4,
    "resources": [
        _resource("random_password", bcrypt_hash=_HASH, keepers=None, result=_RESULT, special=True),
        _resource("random_password", result=_LETTERS),
        _resource("random_string", result="suffix-x1y2z3"),
        _resource("random_bytes", base64=_OTHER, hex="0a1b2c3d4e5f"),
        _resource("null_resource", result="done-4711"),
    ],
}


@pytest.mark.parametrize("indent", [None, 2])
def test_a_state_keeps_what_is_no_secret(scripted: Redactor, indent: int | None) -> None:
    [redacted] = scripted.redact_texts([json.dumps(_STATE, indent=indent)], TENANT)
    assert not [value for value in (_RESULT, _HASH, _LETTERS, _OTHER, "0a1b2c3d4e5f") if value in redacted.text]
    resources = json.loads(redacted.text)["resources"]
    assert [resource["instances"][0]["attributes"]["length"] for resource in resources] == [16] * 5
    assert [resources[index]["instances"][0]["attributes"]["result"] for index in (2, 4)] == [
        "suffix-x1y2z3",
        "done-4711",
    ]


TEXTS = [
    "state: " + json.dumps(_resource("random_password", bcrypt_hash=_HASH, result=_RESULT))[:-4],
    json.dumps(json.dumps({"address": "random_password.db", "type": "random_password", "values": {"result": _RESULT}})),
    json.dumps({"type": "random_password", "change": {"after": {"length": 16, "result": _RESULT}}}),
    f'random_password.db.result = "{_RESULT}"',
    f'random_password.db["a"].result: "{_RESULT}"',
    f'# random_password.db:\nresource "random_password" "db" {{\n    id = "none"\n    result      = "{_RESULT}"\n}}',
    json.dumps({"random_password.db.result": _RESULT}),
]


@pytest.mark.parametrize("text", TEXTS)
def test_takes_a_result_wherever_it_stands(scripted: Redactor, text: str) -> None:
    [redacted] = scripted.redact_texts([text], TENANT)
    assert "<SECRET_" in redacted.text
    assert _RESULT not in redacted.text
    assert json.dumps(_RESULT)[1:-1] not in redacted.text


@pytest.mark.parametrize(
    "text",
    [
        "password = random_password.db.result",
        'random_password.db.result\nnext = "abcdefgh"',
        '{"type": "random_password", "description": "the result is a string", "length": 16}',
        'resource "random_password" "db" {\n  length = 16\n}\nresource "x" "y" {\n  result = "abcdefgh1"\n}',
        'resource "random_password" "db" {\n  + result = (sensitive value)\n}',
        '{"type": "colour", "hex": "#ff00aa", "base64": "abcdefgh"}',
        '{"type": "function", "result": "it was random_password"}',
    ],
)
def test_leaves_what_is_no_result(scripted: Redactor, text: str) -> None:
    assert scripted.redact_texts([text], TENANT)[0].text == text
