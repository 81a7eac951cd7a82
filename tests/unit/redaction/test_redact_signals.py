"""Log records, metric points and ingest's issues through the stage: no text of theirs is stored unseen, either."""

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from a11i_telemetry.batch import SchemaVersionError
from a11i_telemetry.signals import COLUMNS, Signal
from tests.unit.redaction.redaction_kit import ScriptedModel, batch_of, column, policy, redactor_with

MAIL = "jane.roe@example.com"
SECRET = "sk-" + "proj-" + "a1B2c3D4" * 6
NAME = "Maria Garcia"
CARD = 4111111111111111
TEXT = f"My name is {NAME}, write to {MAIL}, key {SECRET}."

_OTHERS = [Signal.LOGS, Signal.METRICS, Signal.ISSUES]
_PLACES = [(signal, column) for signal in _OTHERS for column in COLUMNS[signal] if column.text]
_WITH_NAMES = {
    "body", "exemplars", "metadata", "scope_attributes", "resource_attributes", "attr_string", "attr_json",
    "input_messages", "output_messages", "system_instructions", "tool_definitions",
}  # fmt: skip


def planted(name: str, kind: Any) -> Any:
    """Return a value with the text in it; for numbers and truth values the key holds it."""
    if pa.types.is_map(kind):
        items = {"attr_string": TEXT, "attr_json": json.dumps([TEXT])}
        plain = {"attr_int": 1, "attr_double": 0.5, "attr_bool": True}
        return [("k", items[name])] if name in items else [(f"of {MAIL} {SECRET}", plain[name])]
    if pa.types.is_list(kind):
        return [f"cut: {TEXT}"]
    if name in {"exemplars", "metadata", "resource_attributes", "scope_attributes"}:
        return json.dumps({"filtered_attributes": {"note": TEXT}})
    return TEXT


@pytest.mark.parametrize(("signal", "place"), _PLACES, ids=lambda one: getattr(one, "name", ""))
def test_what_is_planted_in_a_text_column_is_gone(redactor: Redactor, signal: Signal, place: Any) -> None:
    sent = batch_of(signal, **{place.name: [planted(place.name, place.arrow)]})
    assert MAIL.encode() in sent.encode()
    output = redactor.redact_batch(sent)
    assert MAIL.encode() not in output.encode()
    assert SECRET.encode() not in output.encode()
    assert output.signal is signal
    if place.name in _WITH_NAMES:
        assert NAME.encode() not in output.encode()


def test_a_log_record_carries_a_receipt(redactor: Redactor) -> None:
    output = redactor.redact_batch(batch_of(Signal.LOGS, 2, body=[f"to {MAIL}", "nothing"]))
    assert [dict(row) for row in column(output, "redacted_entities")] == [{"EMAIL_ADDRESS": 1}, {}]
    assert column(output, "redaction_policy") == ["standard/1"] * 2


@pytest.mark.parametrize("body", [str(CARD), f"-{CARD}", f"{CARD}.0", f'"{CARD}"', f"[{CARD}]", f'{{"card": {CARD}}}'])
def test_a_body_of_json_stays_json_whatever_is_found_in_it(redactor: Redactor, body: str) -> None:
    """A record's body can be a number alone."""
    for text, is_json in ((body, True), (str(CARD), False)):
        output = redactor.redact_batch(batch_of(Signal.LOGS, 2, body=[text, "1"], body_is_json=[is_json, True]))
        left = column(output, "body")
        assert str(CARD) not in left[0]
        assert "<CREDIT_CARD_" in json.dumps(json.loads(left[0])) if is_json else left[0].startswith("<CREDIT_CARD_")
        assert left[1] == "1"
        assert redactor.redact_batch(output).columns.equals(output.columns)


def test_a_dropped_body_of_json_stays_json_and_one_of_text_stays_text(patterns: PatternDetector) -> None:
    redactor = redactor_with(patterns, ScriptedModel({}), policy(preset="standard", drop_attributes=["body"]))
    logs = batch_of(Signal.LOGS, 4, body=["12345", "12345", "true", '{"a": 1}'], body_is_json=[True, False, True, True])
    output = redactor.redact_batch(logs)
    assert column(output, "body") == ['"<DROPPED>"', "<DROPPED>", '"<DROPPED>"', '"<DROPPED>"']
    assert redactor.redact_batch(output).columns.equals(output.columns)


def test_a_card_number_among_a_points_attributes_becomes_a_placeholder(redactor: Redactor) -> None:
    output = redactor.redact_batch(batch_of(Signal.METRICS, attr_int=[[("card", CARD), ("port", 443)]]))
    assert column(output, "attr_int") == [[("port", 443)]]
    assert dict(column(output, "attr_string")[0])["card"].startswith("<CREDIT_CARD_")


def test_a_points_numbers_are_not_text(redactor: Redactor) -> None:
    sent = batch_of(Signal.METRICS, value_int=[CARD], bucket_counts=[[CARD]], metric_name=["gen_ai.client.token.usage"])
    output = redactor.redact_batch(sent)
    assert output.encode() == sent.encode()


@pytest.mark.parametrize("signal", _OTHERS)
def test_columns_of_a_newer_version_are_redacted_or_left_to_it(redactor: Redactor, signal: Signal) -> None:
    rows = batch_of(signal)
    newer = replace(rows, columns=rows.columns.append_column("newer", pa.array([TEXT])))
    assert MAIL.encode() not in redactor.redact_batch(newer).encode()
    hidden = replace(rows, columns=rows.columns.append_column("newer", pa.array([[MAIL]])))
    with pytest.raises(SchemaVersionError, match="newer"):
        redactor.redact_batch(hidden)
