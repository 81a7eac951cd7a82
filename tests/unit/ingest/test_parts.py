"""From a request's bytes to messages for the bus."""

from dataclasses import replace

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i_chassis.errors import InvalidArgumentError
from a11i_ingest import parts
from a11i_ingest.parts import Limits, Prepared, prepare
from a11i_telemetry import normalise
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.otlp import DecodedSpans, decode_traces
from a11i_telemetry.rules import RULES

LIMITS = Limits(part_bytes=10_000, max_payload_bytes=1_000_000)


def _request(spans: int, chars: int = 2_000) -> bytes:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for number in range(1, spans + 1):
        span = scope_spans.spans.add(trace_id=b"t" * 16, span_id=number.to_bytes(8, "big"))
        span.attributes.add(key="text").value.string_value = "x" * chars
    return request.SerializeToString()


def _prepare(
    payload: bytes, *, tenant: str = "tenant", project: str = "project", now_ns: int = 5, limits: Limits = LIMITS
) -> Prepared:
    return prepare(tenant, project, payload, now_ns, limits)


def _ids(prepared: Prepared) -> list[str]:
    return [message.id for message in prepared.messages]


def test_messages_hold_every_span_and_the_owner() -> None:
    prepared = _prepare(_request(20))
    batches = [SpanBatch.decode(message.payload) for message in prepared.messages]
    assert len(batches) > 3
    assert prepared.accepted == sum(batch.columns.num_rows for batch in batches) == 20
    assert {(batch.tenant_id, batch.project_id, batch.received_time_ns) for batch in batches} == {
        ("tenant", "project", 5)
    }
    assert {message.key for message in prepared.messages} == {"tenant"}


def test_the_same_request_makes_the_same_ids_at_any_time() -> None:
    payload = _request(20)
    ids = _ids(_prepare(payload))
    assert len(set(ids)) == len(ids)
    assert _ids(_prepare(payload, now_ns=6)) == ids


@pytest.mark.parametrize(
    "other",
    [
        _prepare(_request(20), tenant="other"),
        _prepare(_request(20), project="other"),
        _prepare(_request(21)),
        # Names that only run together alike.
        _prepare(_request(20), tenant="tenantp", project="roject"),
    ],
)
def test_anything_else_makes_other_ids(other: Prepared) -> None:
    assert set(_ids(_prepare(_request(20)))).isdisjoint(_ids(other))


def test_other_cuts_make_other_ids_except_for_the_same_rows() -> None:
    small = {message.id: message for message in _prepare(_request(20)).messages}
    large = _prepare(_request(20), limits=Limits(part_bytes=20_000, max_payload_bytes=1_000_000))
    known = [message for message in large.messages if message.id in small]
    assert len(known) < len(large.messages)
    assert all(message == small[message.id] for message in known)


def _stored_of_both(first: Prepared, second: Prepared) -> set[bytes | None]:
    """Return the spans that a bus holds which took one message of the first try and then the whole second one."""
    stored = {first.messages[1].id: first.messages[1]}
    for message in second.messages:
        stored.setdefault(message.id, message)
    batches = [SpanBatch.decode(message.payload) for message in stored.values()]
    return {span_id for batch in batches for span_id in batch.columns["span_id"].to_pylist()}


def test_a_request_sent_again_after_its_cuts_have_moved_loses_no_span(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = _request(20)
    before = _prepare(payload)
    rule = next(rule for rule in RULES if rule.column == "user_id")
    monkeypatch.setattr(normalise, "RULES", (*RULES, replace(rule, keys=("text",))))
    after = _prepare(payload)
    assert [len(message.payload) for message in before.messages] != [len(message.payload) for message in after.messages]
    assert len(_stored_of_both(before, after)) == 20


def test_a_request_sent_again_to_a_decoder_that_leaves_a_span_out_loses_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    payload = _request(20)
    before = _prepare(payload)

    def stricter(request: bytes) -> DecodedSpans:
        decoded = decode_traces(request)
        return replace(decoded, columns=decoded.columns.slice(1))

    monkeypatch.setattr(parts, "decode_traces", stricter)
    assert len(_stored_of_both(before, _prepare(payload))) >= 19


def test_a_span_that_the_bus_cannot_take_is_rejected_alone() -> None:
    prepared = _prepare(_request(1, chars=200_000) + _request(3), limits=Limits(10_000, max_payload_bytes=100_000))
    assert prepared.accepted == 3
    assert prepared.rejected == {"span is larger than 100000 bytes": 1}
    assert sum(SpanBatch.decode(message.payload).columns.num_rows for message in prepared.messages) == 3


def test_an_empty_request_makes_no_message() -> None:
    assert _prepare(b"") == Prepared(messages=[], accepted=0, rejected={})


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="ExportTraceServiceRequest"):
        _prepare(b"no request")
