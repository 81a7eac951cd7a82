"""A batch through the stage: everything is looked at, what is found is gone, the rest stays."""

import base64
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_redaction.detectors.budget import Budget
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.encodings import decoded_string
from a11i_redaction.pipeline import Redactor
from a11i_redaction.pseudonyms import WITHHELD
from a11i_telemetry.batch import SchemaVersionError, SpanBatch
from a11i_telemetry.schema import COLUMNS
from tests.unit.redaction.redaction_kit import ScriptedModel, batch, column, redactor_with

MAIL = "jane.roe@example.com"
SECRET = "sk-" + "proj-" + "a1B2c3D4" * 6
NAME = "Maria Garcia"
CARD = 4111111111111111
TEXT = f"My name is {NAME}, write to {MAIL}, key {SECRET}."

# Every place of a span that can hold text, with a value around the planted text.
_PLACES: dict[str, Callable[[str], object]] = {
    **{c.name: (lambda text: text) for c in COLUMNS if c.text and str(c.arrow) == "string"},
    "finish_reasons": lambda text: ["stop", text],
    "defects": lambda text: [f"value cut: {text}"],
    "attr_string": lambda text: [("plain", "x"), ("input.value", text)],
    "attr_json": lambda text: [("list", json.dumps([text, 1])), ("nested", json.dumps({"a": {"b": text}}))],
    "events": lambda text: json.dumps([{"time_unix_nano": 1, "name": "e", "attributes": {"note": text}}]),
    "links": lambda text: json.dumps([{"trace_id": "ab" * 16, "span_id": "cd" * 8, "attributes": {"note": text}}]),
    "resource_attributes": lambda text: json.dumps({"service.name": "s", "owner.note": text}),
    "input_messages": lambda text: json.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}]),
    "tool_arguments": lambda text: json.dumps({"arguments": json.dumps({"body": text})}),
}
_KEY_PLACES = ("attr_string", "attr_int", "attr_double", "attr_bool", "attr_json")
_NO_NAMES = {
    "agent_name", "finish_reasons", "operation", "provider", "request_model", "response_model", "scope_name",
    "scope_version", "service_name", "tool_name", "workflow_name", "resource_schema_url", "scope_schema_url",
    "service_tier", "evaluation_name",
}  # fmt: skip


@pytest.mark.parametrize("place", _PLACES)
def test_what_is_planted_in_a_column_is_gone(redactor: Redactor, place: str) -> None:
    planted = batch(**{place: [_PLACES[place](TEXT)]})
    assert MAIL.encode() in planted.encode()
    output = redactor.redact_batch(planted)
    assert MAIL.encode() not in output.encode()
    assert SECRET.encode() not in output.encode()
    assert (NAME.encode() in output.encode()) is (place in _NO_NAMES)
    counts = dict(column(output, "redacted_entities")[0])
    entities = ["EMAIL_ADDRESS", "SECRET"] if place in _NO_NAMES else ["EMAIL_ADDRESS", "SECRET", "PERSON"]
    assert counts == dict.fromkeys(entities, 2 if place == "attr_json" else 1)


@pytest.mark.parametrize("place", _KEY_PLACES)
def test_what_is_planted_in_a_key_is_gone(redactor: Redactor, place: str) -> None:
    value = {"attr_string": "x", "attr_int": 1, "attr_double": 0.5, "attr_bool": True, "attr_json": "[]"}[place]
    output = redactor.redact_batch(batch(**{place: [[(f"of {MAIL} {SECRET}", value)]]}))
    assert MAIL.encode() not in output.encode()
    assert SECRET.encode() not in output.encode()
    [(key, kept)] = column(output, place)[0]
    assert key.startswith("of <EMAIL_ADDRESS_")
    assert kept == value


@pytest.mark.parametrize("place", ["events", "links", "resource_attributes", "attr_json"])
def test_what_is_planted_in_a_json_key_is_gone(redactor: Redactor, place: str) -> None:
    text = json.dumps([{"attributes": {f"of {MAIL}": 1}}])
    output = redactor.redact_batch(batch(**{place: [[("k", text)]] if place == "attr_json" else [text]}))
    assert MAIL.encode() not in output.encode()


_ENCODED = base64.b64encode(f"note: {TEXT}".encode()).decode()


@pytest.mark.parametrize(
    "value",
    [{"bytesValue": _ENCODED}, [{"bytesValue": _ENCODED}], {"a": {"b": _ENCODED}}, _ENCODED, _ENCODED.rstrip("=")],
)
def test_what_is_planted_in_base64_is_gone(redactor: Redactor, value: object) -> None:
    output = redactor.redact_batch(batch(attr_json=[[("k", json.dumps(value))]], events=[json.dumps([value])]))
    assert _ENCODED[:40].encode() not in output.encode()
    for text in (column(output, "attr_json")[0][0][1], column(output, "events")[0]):
        assert "note: My name is <PERSON_" in text
        assert "bytesValue" not in text
        assert json.loads(text)
    assert redactor.redact_batch(output).encode() == output.encode()


_LATIN = f"¿está todo así? {TEXT} "


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1", "cp1252"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_what_is_planted_in_bytes_of_another_encoding_of_text_is_gone(
    redactor: Redactor, codec: str, wrapped: bool
) -> None:
    text = TEXT if codec.startswith("utf-16-") else _LATIN + ("“€5”" if codec == "cp1252" else "")
    encoded = base64.b64encode(text.encode(codec)).decode()
    value = {"bytesValue": encoded} if wrapped else encoded
    sent = batch(attr_json=[[("k", json.dumps(value))]], attr_string=[[("s", encoded)]], tool_result=[encoded])
    output = redactor.redact_batch(sent)
    assert encoded[:60].encode() not in output.encode()
    for left in (json.loads(column(output, "attr_json")[0][0][1]), column(output, "attr_string")[0][0][1]):
        assert "<EMAIL_ADDRESS_" in left
        assert left.startswith(text[:10])
    assert redactor.redact_batch(output).encode() == output.encode()


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_half_a_character_at_the_end_hides_nothing_before_it(redactor: Redactor, codec: str) -> None:
    for raw in ("\ufeff" + TEXT).encode(codec)[:-1], TEXT.encode(codec)[:-1]:
        text = json.dumps({"bytesValue": base64.b64encode(raw).decode()})
        assert (
            "<EMAIL_ADDRESS_" in column(redactor.redact_batch(batch(attr_json=[[("k", text)]])), "attr_json")[0][0][1]
        )


def test_few_random_bytes_are_taken_for_text() -> None:
    drawn = random.Random(7)  # noqa: S311  (the same bytes in each run)
    texts = [base64.b64encode(drawn.randbytes(size)).decode() for size in (12, 15, 16, 20, 32) for _ in range(2_000)]
    assert sum(decoded_string(text) is not None for text in texts) <= 20


@pytest.mark.parametrize("raw", [b"nothing to find in here", b"\xff\xfe\x00jane.roe@example.com", b""])
def test_bytes_without_findings_or_text_stay(redactor: Redactor, raw: bytes) -> None:
    text = json.dumps({"bytesValue": base64.b64encode(raw).decode()})
    assert column(redactor.redact_batch(batch(attr_json=[[("k", text)]])), "attr_json") == [[("k", text)]]


def test_json_in_strings_too_deep_to_open_is_withheld(redactor: Redactor) -> None:
    text = MAIL
    for _ in range(12):
        text = json.dumps([text])
    output = redactor.redact_batch(batch(tool_result=[text]))
    assert MAIL.encode() not in output.encode()
    assert WITHHELD in column(output, "tool_result")[0]
    assert column(output, "withheld_values") == [1]


def test_every_text_column_is_in_these_tests() -> None:
    assert {c.name for c in COLUMNS if c.text} <= set(_PLACES) | set(_KEY_PLACES)


def test_numbers_that_are_card_numbers_become_placeholders_among_the_strings(redactor: Redactor) -> None:
    output = redactor.redact_batch(
        batch(
            3,
            attr_int=[[("n", 7), ("card", CARD)], [("time", 1763697018000000000)], [("a", 1)]],
            attr_double=[[], [("card", float(CARD)), ("score", 0.5)], [("b", 1.5)]],
            attr_string=[[("s", "t")], [], [("u", "v")]],
        )
    )
    [first, second, third] = column(output, "attr_string")
    placeholder = dict(first)["card"]
    assert placeholder.startswith("<CREDIT_CARD_")
    assert first == [("s", "t"), ("card", placeholder)]
    assert second == [("card", placeholder)]
    assert third == [("u", "v")]
    assert column(output, "attr_int") == [[("n", 7)], [("time", 1763697018000000000)], [("a", 1)]]
    assert column(output, "attr_double") == [[], [("score", 0.5)], [("b", 1.5)]]


def test_a_number_of_nineteen_digits_can_be_a_card(redactor: Redactor) -> None:
    output = redactor.redact_batch(batch(attr_int=[[("n", 4917610000000000003)]]))
    assert column(output, "attr_int") == [[]]


def test_a_batch_without_findings_keeps_every_column_but_the_receipt(redactor: Redactor) -> None:
    plain = batch(
        2,
        name=["chat gpt-4o", "execute_tool search"],
        input_messages=['[ {"role":"user",  "parts":[{"content":"what is the weather like"}]} ]', ""],
        attr_string=[
            [("gen_ai.request.model", "gpt-4o-2024-08-06"), ("id", "550e8400-e29b-41d4-a716-446655440000")],
            [],
        ],
        attr_int=[[("n", 123456789)], []],
        finish_reasons=[["stop", "length"], []],
        events=["", json.dumps([{"time_unix_nano": 1763697018000000000, "name": "x", "attributes": {}}])],
    )  # fmt: skip
    output = redactor.redact_batch(plain)
    for field in plain.columns.schema.names:
        if field not in {
            "redaction_policy",
            "redaction_detector",
            "withheld_values",
            "redaction_us",
            "redaction_bytes",
        }:
            assert column(output, field) == column(plain, field), field
    assert column(output, "redaction_policy") == ["standard/1"] * 2
    assert column(output, "withheld_values") == [0, 0]
    assert "presidio-analyzer/" in column(output, "redaction_detector")[0]


def test_each_row_has_its_own_receipt(redactor: Redactor) -> None:
    output = redactor.redact_batch(
        batch(4, status_message=[f"to {MAIL}", "nothing", f"to {MAIL} and b@example.org", f"to {MAIL}"],
              tool_result=["", "", f"again {MAIL}", ""])
    )  # fmt: skip
    counts = [dict(row) for row in column(output, "redacted_entities")]
    assert counts == [{"EMAIL_ADDRESS": 1}, {}, {"EMAIL_ADDRESS": 3}, {"EMAIL_ADDRESS": 1}]


def _with_extra(name: str, values: Sequence[object]) -> SpanBatch:
    spans = batch()
    return replace(spans, columns=spans.columns.append_column(name, pa.array(values)))


def test_text_columns_of_a_newer_version_are_redacted_too(redactor: Redactor) -> None:
    output = redactor.redact_batch(_with_extra("newer", [TEXT]))
    assert not any(planted.encode() in output.encode() for planted in (MAIL, SECRET, NAME))
    numbers = redactor.redact_batch(_with_extra("newer", [7]))
    assert column(numbers, "newer") == [7]


def test_a_column_of_a_newer_version_in_which_text_may_hide_is_left_to_a_newer_version(redactor: Redactor) -> None:
    with pytest.raises(SchemaVersionError, match="newer"):
        redactor.redact_batch(_with_extra("newer", [[MAIL]]))


def test_a_slice_of_a_batch_is_redacted_like_a_batch(redactor: Redactor) -> None:
    whole = batch(3, status_message=["a", f"to {MAIL}", "c"], finish_reasons=[["x"], [MAIL, "y"], []],
                  attr_string=[[("k", "v")], [("k", MAIL), ("l", "w")], []])  # fmt: skip
    part = whole.split(max_bytes=1)[1]
    output = redactor.redact_batch(part)
    assert MAIL.encode() not in output.encode()
    assert column(output, "finish_reasons")[0][1] == "y"
    assert column(output, "attr_string")[0][1] == ("l", "w")


def test_the_same_value_has_the_same_placeholder_in_every_place(redactor: Redactor) -> None:
    output = redactor.redact_batch(batch(status_message=[MAIL], user_id=[MAIL.upper()], attr_string=[[("k", MAIL)]]))
    values = {column(output, "status_message")[0], column(output, "user_id")[0], column(output, "attr_string")[0][0][1]}
    assert len(values) == 1


def test_a_redacted_batch_passes_unchanged(redactor: Redactor) -> None:
    once = redactor.redact_batch(batch(**{place: [value(TEXT)] for place, value in _PLACES.items()}))
    assert redactor.redact_batch(once).encode() == once.encode()


def test_a_value_on_which_the_model_fails_is_withheld_and_the_others_are_not(patterns: PatternDetector) -> None:
    redactor = redactor_with(patterns, ScriptedModel({"Ada": "PERSON"}, poison="Poison"))
    output = redactor.redact_batch(
        batch(3, status_message=["so Poison is here", "so Ada wrote", "plain"],
              tool_result=["", json.dumps({"a": "so Poison is here", "b": "so Ada wrote"}), ""])
    )  # fmt: skip
    assert b"Poison" not in output.encode()
    assert column(output, "status_message")[0] == WITHHELD
    assert column(output, "status_message")[1].startswith("so <PERSON_")
    assert json.loads(column(output, "tool_result")[1])["a"] == WITHHELD
    assert column(output, "withheld_values") == [1, 1, 0]
    assert redactor.failures == {"ValueError": 1 + 1}


class _FailingPatterns:
    def budget(self) -> Budget:
        return Budget(1.0)

    def find(self, text: str, key: str, _budget: Budget) -> list[object]:
        raise RuntimeError(f"no rule for {text}{key}")


def test_a_value_on_which_the_patterns_fail_is_withheld() -> None:
    redactor = redactor_with(_FailingPatterns(), ScriptedModel({}))  # type: ignore[arg-type]  # A detector that fails.
    output = redactor.redact_batch(batch(status_message=["some text"], name=["span"]))
    assert column(output, "status_message") == [WITHHELD]
    assert column(output, "name") == [WITHHELD]


def test_a_value_over_its_limits_is_withheld(patterns: PatternDetector) -> None:
    redactor = redactor_with(patterns, ScriptedModel({}), max_value_chars=50, max_model_chars=20)
    texts = ["x" * 51, "so Ada and Bob and Eve and Mallory went", "short"]
    output = redactor.redact_batch(batch(3, status_message=texts))
    assert column(output, "status_message") == [WITHHELD, WITHHELD, "short"]


_WORDS = st.sampled_from([
    "a@example.com", "4111 1111 1111 1111", "415-555-2671", "Ada", "Ada Lovelace", "password=", "hunter22",
    "536-90-4399", "10.1.2.3", "<", ">", "<EMAIL_ADDRESS_", "3f2a9c01>", "<WITHHELD>", "\x1a", "@", "-", ".", " ", "\n",
    "the", "ssn", "1", "é", "😀", '"', "\\", "{", "[", ":", "Bearer ", "IBAN DE89370400440532013000", "http://u:pw12345@h/",
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(_WORDS, max_size=14).map("".join) | st.lists(_WORDS, max_size=10).map(" ".join) | st.text())
def test_redaction_is_idempotent_and_shifts_nothing(patterns: PatternDetector, text: str) -> None:
    redactor = redactor_with(patterns, ScriptedModel({"Ada Lovelace": "PERSON", "Ada": "PERSON"}))
    once = redactor.redact_texts([text], "t")[0]
    assert redactor.redact_texts([once.text], "t")[0].text == once.text
    rest, place = [], 0
    for finding in once.findings:
        rest.append(text[place : finding.start])
        place = finding.end
    rest.append(text[place:])
    position = 0
    for piece in rest:
        position = once.text.index(piece, position) + len(piece)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        _WORDS | st.integers() | st.floats(allow_nan=False), lambda x: st.lists(x) | st.dictionaries(_WORDS, x)
    )
)
def test_json_stays_valid(patterns: PatternDetector, value: object) -> None:
    redactor = redactor_with(patterns, ScriptedModel({"Ada": "PERSON"}))
    text = json.dumps([value])
    assert isinstance(json.loads(redactor.redact_texts([text], "t")[0].text), list)


def test_real_names_are_idempotent_too(redactor: Redactor) -> None:
    rng = random.Random(5)  # noqa: S311  (the same texts in each run)
    parts = [
        NAME,
        MAIL,
        "called",
        "Dr. Wei Zhang",
        "about the order",
        "in Berlin",
        "and",
        "John Smith said",
        "Thanks,\n",
    ]
    texts = [" ".join(rng.choices(parts, k=8)) for _ in range(60)]
    once = [redacted.text for redacted in redactor.redact_texts(texts, "t")]
    assert [redacted.text for redacted in redactor.redact_texts(once, "t")] == once
