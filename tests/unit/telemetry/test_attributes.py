"""The JSON text of attribute values, letter by letter."""

import math

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from a11i_telemetry import attributes, lenient


def _pairs(**members: AnyValue) -> AnyValue:
    return AnyValue(
        kvlist_value=KeyValueList(values=[KeyValue(key=key, value=value) for key, value in members.items()])
    )


ONE = AnyValue(int_value=1)

CASES = [
    (AnyValue(), "null"),
    (AnyValue(string_value=""), '""'),
    (AnyValue(string_value='ö "'), '"ö \\""'),
    (AnyValue(bool_value=False), "false"),
    (AnyValue(int_value=-(2**63)), "-9223372036854775808"),
    (AnyValue(double_value=1.0), "1.0"),
    (AnyValue(double_value=-0.0), "-0.0"),
    (AnyValue(double_value=1e300), "1e+300"),
    (AnyValue(double_value=math.nan), '{"doubleValue":"NaN"}'),
    (AnyValue(double_value=math.inf), '{"doubleValue":"Infinity"}'),
    (AnyValue(double_value=-math.inf), '{"doubleValue":"-Infinity"}'),
    (AnyValue(bytes_value=b"\x00\xff"), '{"bytesValue":"AP8="}'),
    (AnyValue(array_value=ArrayValue()), "[]"),
    (AnyValue(array_value=ArrayValue(values=[ONE, AnyValue()])), "[1,null]"),
    (AnyValue(kvlist_value=KeyValueList()), "{}"),
    (_pairs(b=ONE, a=AnyValue(array_value=ArrayValue(values=[ONE]))), '{"b":1,"a":[1]}'),
    (_pairs(bytesValue=AnyValue(string_value="AP8=")), '{"kvlistValue":{"bytesValue":"AP8="}}'),
    (_pairs(doubleValue=ONE), '{"kvlistValue":{"doubleValue":1}}'),
    (_pairs(kvlistValue=_pairs(a=ONE)), '{"kvlistValue":{"kvlistValue":{"a":1}}}'),
    (_pairs(bytesValue=ONE, other=ONE), '{"bytesValue":1,"other":1}'),
]


@pytest.mark.parametrize(("value", "text"), CASES, ids=[text for _, text in CASES])
def test_a_value_and_its_text(value: AnyValue, text: str) -> None:
    read = lenient.AnyValue.FromString(value.SerializeToString())
    assert attributes.to_json(attributes.value_to_object(read)) == text
    assert attributes.json_to_any_value(text).SerializeToString() == value.SerializeToString()


def test_attributes_of_a_row_come_back_sorted_with_their_types() -> None:
    row = {
        "attr_string": {"d": "text"},
        "attr_int": {"b": 2},
        "attr_double": {"a": 1.0},
        "attr_bool": {"c": True},
        "attr_json": {"e": "[1]", "f": "null"},
        "lifted": ["gen_ai.input.messages"],
        "input_messages": "[]",
    }
    assert attributes.to_key_values(row) == [
        KeyValue(key="a", value=AnyValue(double_value=1.0)),
        KeyValue(key="b", value=AnyValue(int_value=2)),
        KeyValue(key="c", value=AnyValue(bool_value=True)),
        KeyValue(key="d", value=AnyValue(string_value="text")),
        KeyValue(key="e", value=AnyValue(array_value=ArrayValue(values=[ONE]))),
        KeyValue(key="f", value=AnyValue()),
        KeyValue(key="gen_ai.input.messages", value=AnyValue(string_value="[]")),
    ]


@pytest.mark.parametrize("text", ["{", "[]", "1"])
def test_attributes_that_are_no_object_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|object|unexpected"):
        attributes.json_to_key_values(text)


def test_no_text_is_no_attributes() -> None:
    assert attributes.json_to_key_values("") == []
