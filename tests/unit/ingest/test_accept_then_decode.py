"""What ingest acknowledges, the first stage can read: every item of every part, whatever was mended or cut in it."""

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i_chassis.errors import InvalidArgumentError
from a11i_ingest.accept import Encoding, Rules, accept
from a11i_ingest.kinds import KINDS
from a11i_ingest.limits import ItemLimits
from a11i_telemetry.received import ReceivedBatch, decode
from a11i_telemetry.signals import Signal
from tests.unit.effort import times
from tests.unit.telemetry.otlp_strategies import REQUESTS

SPANS = KINDS[Signal.SPANS]
TIGHT = Rules(
    ItemLimits(value_bytes=1024, item_bytes=16 * 1024, attributes=2, events=1, links=1), 2_000, 6 * 1024 * 1024
)


def check(payload: bytes, rules: Rules) -> None:
    try:
        accepted = accept(SPANS, payload, Encoding.PROTOBUF, rules)
    except InvalidArgumentError:
        return
    for number, part in enumerate(accepted.parts):
        batch = ReceivedBatch(str(number), "tenant", "project", 5, Signal.SPANS, part.items, part.payload)
        decoded = decode(batch.encode())
        assert decoded.columns.num_rows == part.items
        decoded.columns.validate(full=True)


@settings(max_examples=times(30), deadline=None)
@given(REQUESTS)
def test_of_a_well_formed_request(request: ExportTraceServiceRequest) -> None:
    check(request.SerializeToString(), TIGHT)


@settings(max_examples=times(60), deadline=None)
@given(REQUESTS, st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4))
def test_of_a_damaged_request(request: ExportTraceServiceRequest, damage: list[tuple[int, int]]) -> None:
    payload = bytearray(request.SerializeToString())
    for place, value in damage:
        if payload:
            payload[place % len(payload)] = value
    check(bytes(payload), TIGHT)


@settings(max_examples=times(15), deadline=None)
@given(st.integers(1, 120), st.booleans(), st.integers(0, 3))
def test_of_nested_values(levels: int, in_lists: bool, around: int) -> None:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    value = (
        (span, span.events.add(), span.links.add(), request.resource_spans[0].resource)[around].attributes.add().value
    )
    for _ in range(levels):
        value = value.array_value.values.add() if in_lists else value.kvlist_value.values.add(key="k").value
    check(request.SerializeToString(), TIGHT)
