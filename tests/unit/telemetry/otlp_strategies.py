"""Hypothesis strategies for OTLP requests, and the official parser's view of them."""

import math
from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1 import common_pb2 as common
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2 as trace

from a11i_telemetry.rules import INPUTS, OUTPUTS, PREFIXES, RULES

INT64 = st.integers(-(2**63), 2**63 - 1)
UINT32 = st.integers(0, 2**32 - 1)
UINT64 = st.integers(0, 2**64 - 1)
TEXT = st.text(max_size=8)
DOUBLES = st.floats().map(lambda one: math.nan if math.isnan(one) else one)
"""NaN in one form alone: its sign and payload bits are no part of OTLP's data model."""
_KNOWN_KEYS = [key for rule in (*RULES, INPUTS, OUTPUTS) for key in rule.keys]
_INDEXED_KEYS = [
    f"{prefix}{rest}" for prefix in PREFIXES for rest in ("0.message.role", "0.content", "1.tool_calls.0.id")
]
KEYS = st.one_of(TEXT, st.sampled_from(_KNOWN_KEYS + _INDEXED_KEYS))
WRAPPERS = st.sampled_from(["bytesValue", "doubleValue", "kvlistValue"])

_SCALARS = st.one_of(
    st.builds(common.AnyValue),
    st.builds(common.AnyValue, string_value=TEXT),
    st.builds(common.AnyValue, bool_value=st.booleans()),
    st.builds(common.AnyValue, int_value=INT64),
    st.builds(common.AnyValue, double_value=DOUBLES),
    st.builds(common.AnyValue, bytes_value=st.binary(max_size=8)),
)


def _pairs(values: st.SearchStrategy[common.AnyValue], keys: st.SearchStrategy[str]) -> Any:
    """Key-value lists with distinct keys."""
    pair = st.builds(common.KeyValue, key=keys, value=values)
    return st.lists(pair, max_size=4, unique_by=lambda one: one.key)


VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.builds(common.AnyValue, array_value=st.builds(common.ArrayValue, values=st.lists(inner, max_size=3))),
        st.builds(
            common.AnyValue,
            kvlist_value=st.builds(common.KeyValueList, values=_pairs(inner, st.one_of(TEXT, WRAPPERS))),
        ),
    ),
    max_leaves=6,
)
ATTRIBUTES = _pairs(VALUES, KEYS)

_EVENTS = st.builds(
    trace.Span.Event, time_unix_nano=UINT64, name=TEXT, attributes=ATTRIBUTES, dropped_attributes_count=UINT32
)
_LINKS = st.builds(
    trace.Span.Link,
    trace_id=st.just(b"") | st.binary(min_size=16, max_size=16),
    span_id=st.just(b"") | st.binary(min_size=8, max_size=8),
    trace_state=TEXT,
    attributes=ATTRIBUTES,
    dropped_attributes_count=UINT32,
    flags=UINT32,
)
_SPANS = st.builds(
    trace.Span,
    trace_id=st.binary(min_size=16, max_size=16).filter(any),
    span_id=st.binary(min_size=8, max_size=8).filter(any),
    parent_span_id=st.one_of(st.just(b""), st.binary(min_size=8, max_size=8).filter(any)),
    trace_state=TEXT,
    flags=UINT32,
    name=TEXT,
    kind=st.integers(0, 5),
    start_time_unix_nano=st.integers(0, 2**63 - 1),
    end_time_unix_nano=st.integers(0, 2**63 - 1),
    attributes=ATTRIBUTES,
    dropped_attributes_count=UINT32,
    events=st.lists(_EVENTS, max_size=2),
    dropped_events_count=UINT32,
    links=st.lists(_LINKS, max_size=2),
    dropped_links_count=UINT32,
    status=st.one_of(st.none(), st.builds(trace.Status, message=TEXT, code=st.integers(0, 2))),
)
_SCOPE_SPANS = st.builds(
    trace.ScopeSpans,
    scope=st.one_of(st.none(), st.builds(common.InstrumentationScope, name=TEXT, version=TEXT, attributes=ATTRIBUTES)),
    spans=st.lists(_SPANS, max_size=3),
)
_RESOURCE_SPANS = st.builds(
    trace.ResourceSpans,
    resource=st.one_of(st.none(), st.builds(Resource, attributes=ATTRIBUTES)),
    scope_spans=st.lists(_SCOPE_SPANS, max_size=2),
)
REQUESTS = st.builds(ExportTraceServiceRequest, resource_spans=st.lists(_RESOURCE_SPANS, max_size=2))
