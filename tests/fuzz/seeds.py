"""What fuzzing starts from: the recorded payloads of the corpus, small ones of them, and some oddities."""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    SummaryDataPoint,
)
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

_CORPUS: Final = Path(__file__).parents[1] / "corpus"
_MAX_SEED_BYTES: Final = 6_000

_MESSAGES: Final = (
    *(ResourceSpans, ScopeSpans, Span, Span.Event, Span.Link, Status, KeyValue, AnyValue),
    *(ResourceLogs, ScopeLogs, LogRecord, ResourceMetrics, ScopeMetrics, Metric, NumberDataPoint),
    *(HistogramDataPoint, ExponentialHistogramDataPoint, SummaryDataPoint),
)
JSON_TOKENS: Final = (
    *sorted({f'"{field.json_name}":' for message in _MESSAGES for field in message.DESCRIPTOR.fields}),
    *(
        "null",
        "true",
        "NaN",
        "-Infinity",
        '"NaN"',
        "1e999",
        '"\\ud800"',
        "\\u0000",
        "[{",
        "}]",
        "{}",
        "[]",
        "18446744073709551616",
    ),
)
"""Words that libFuzzer puts in."""

_ODDITIES: Final = {
    "traces": (
        '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7e",'
        '"attributes":[{"key":"\\ud800","value":{"doubleValue":NaN}}],"events":[{"name":null},5],"kind":77}]}]}]}'
    ),
    "logs": '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"arrayValue":{"values":[{}]}}},null]}]}]}',
    "metrics": (
        '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","sum":{"dataPoints":[{"asInt":"5"}]},'
        '"gauge":{"dataPoints":[{"asDouble":"NaN"}]}},{"histogram":{"dataPoints":[{"bucketCounts":["1"],"sum":1.5}]}}]}]}]}'
    ),
}

SIGNALS: Final = ("traces", "logs", "metrics")
"""The first byte of an input says which signal it is of, modulo three."""


def seeds(target: str) -> Iterator[bytes]:
    """Yield a target's seeds."""
    # Imported late: it must be instrumented first.
    from a11i_telemetry.findings import Findings
    from a11i_telemetry.otlp_json import PARSERS

    parsers = list(PARSERS.values())
    for signal, text in recorded():
        number = SIGNALS.index(signal)
        body = text.encode()
        if target != "otlp_json":
            body = parsers[number](body, Findings()).SerializeToString()
        yield bytes([number]) + body


@cache
def recorded() -> tuple[tuple[str, str], ...]:
    """Return requests in OTLP/JSON, with their signal."""
    found = list(_ODDITIES.items())
    for file in sorted(_CORPUS.glob("*/*/payload.jsonl")):
        for line in file.read_text().splitlines():
            entry = json.loads(line)
            text = json.dumps(entry["request"])
            if len(text) <= _MAX_SEED_BYTES and entry["signal"] in SIGNALS:
                found.append((entry["signal"], text))
    return tuple(found)


@cache
def attributes() -> tuple[tuple[str, str], ...]:
    """Return the keys and texts of the attributes in the recorded requests, each key with a few of its texts."""
    texts: dict[str, set[str]] = {}
    for _, request in recorded():
        for pair in _pairs(json.loads(request)):
            if isinstance(pair.get("value"), dict):
                texts.setdefault(_utf8(pair["key"]), set()).add(_utf8(next(iter(pair["value"].values()), "")))
    return tuple((key, text) for key in sorted(texts) for text in sorted(texts[key], key=len)[-3:])


def _utf8(value: Any) -> str:
    """Return a value as text that protobuf takes."""
    return str(value).encode("utf-8", "replace").decode()


def dictionary(tokens: Iterable[str]) -> str:
    """Return words as libFuzzer reads them from a file."""
    quoted = (token.encode().decode("latin-1").replace("\\", "\\\\").replace('"', '\\"') for token in tokens)
    return "".join(f'"{one}"\n' for one in quoted)


def _pairs(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        if "key" in document:
            yield document
        for value in document.values():
            yield from _pairs(value)
    elif isinstance(document, list):
        for value in document:
            yield from _pairs(value)
