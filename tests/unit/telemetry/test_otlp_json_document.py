"""Texts that are no JSON, or too much of it."""

import gc

import pytest

from a11i_telemetry.findings import Findings
from a11i_telemetry.otlp_json import parse_traces
from a11i_telemetry.otlp_json_document import OtlpJsonError, OtlpJsonTooLargeError, load


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "line 1 column 1"),
        (b'{"a":', "line 1 column 6"),
        (b'{"a":1}\n x', "line 2 column 2"),
        (b'{"a":1,}', "line 1 column"),
        (b"{'a':1}", "line 1 column 2"),
        (b'{"a":"' + b'\\"' * 10, "line 1 column 6"),
        (b"\x1f\x8b\x08", "line 1 column 1"),
        (b"[" * 5000, "line 1 column"),
        (b"{" * 5000, "line 1 column"),
        (b'{"a":Nan}', "line 1 column 6"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(body: bytes, where: str) -> None:
    with pytest.raises(OtlpJsonError, match=where):
        load(body)


@pytest.mark.parametrize(
    "body", [b"[" + b"{}," * 3_000_000 + b"{}]", b"[" + b"1," * 12_000_000 + b"1]", b"[" * 5_000_000]
)
def test_what_would_fill_the_memory_is_refused_unread(body: bytes) -> None:
    with pytest.raises(OtlpJsonTooLargeError):
        load(body)


def test_braces_in_text_are_no_objects() -> None:
    text = "{[," * 2_000_000
    assert load(b'["' + text.encode() + b'"]') == [text]


def test_nests_are_cut_outside_of_text_alone() -> None:
    deep = b"[" * 2000 + b"]" * 2000
    loaded = load(b'{"deep":' + deep + b',"text":"[[{{\\"[","next":[1,{"a":[]}]}')
    assert loaded["text"] == '[[{{"['
    assert loaded["next"] == [1, {"a": []}]
    levels = 0
    inner = loaded["deep"]
    while isinstance(inner, list):
        levels, [inner] = levels + 1, inner
    assert (levels, inner) == (249, 0)


def test_the_collector_is_on_again_after_a_request_read_or_refused() -> None:
    assert gc.isenabled()
    parse_traces(b"{}", Findings())
    assert gc.isenabled()
    with pytest.raises(OtlpJsonError):
        parse_traces(b"{", Findings())
    assert gc.isenabled()


@pytest.mark.parametrize("digits", [b"1" * 100_000, b"-" + b"9" * 21])
def test_numbers_of_any_length_are_read_in_time(digits: bytes) -> None:
    assert isinstance(load(b"[NaN," + digits + b"]")[1], float)
