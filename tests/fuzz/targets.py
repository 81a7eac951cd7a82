"""What is fuzzed, and what must hold of it. Every function takes any bytes and raises only if something is wrong."""

import importlib
from collections.abc import Callable
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from a11i_chassis.errors import InvalidArgumentError, TooLargeError
from a11i_ingest.accept import Accepted, Encoding, Rules, accept
from a11i_ingest.kinds import KINDS, Kind
from a11i_ingest.limits import ItemLimits
from a11i_telemetry import received
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.received import ReceivedBatch
from a11i_telemetry.signals import Signal
from tests.fuzz import counts
from tests.fuzz.seeds import attributes

_KINDS: Final = [KINDS[signal] for signal in (Signal.SPANS, Signal.LOGS, Signal.METRICS)]
_RULES: Final = Rules(
    ItemLimits(value_bytes=1024, item_bytes=16 * 1024, resource_bytes=2048, attributes=40, events=5, links=3),
    part_bytes=4096,
    max_part_bytes=64 * 1024,
)
"""Small, so that small inputs come over them."""
_NOW_NS: Final = 1_800_000_000_000_000_000


def decode(data: bytes) -> None:
    """A protobuf request, from ingest's acceptance to the columns that the first stage makes of it."""
    number, payload = _split(data)
    kind = _KINDS[number]
    try:
        accepted = accept(kind, payload, Encoding.PROTOBUF, _RULES)
    except TooLargeError:
        return
    except InvalidArgumentError:
        assert not _strictly_parses(kind, payload)
        return
    try:
        sent = counts.points_in_protobuf(payload) if number == 2 else counts.in_protobuf(payload)
    except counts.NotCountedError:
        pass
    else:
        assert accepted.items + accepted.findings.rejected == sent, (accepted.items, accepted.findings.rejected, sent)
    _check_stage(kind, accepted)


def otlp_json(data: bytes) -> None:
    """A request in OTLP/JSON, likewise."""
    number, body = _split(data)
    kind = _KINDS[number]
    try:
        least, most = counts.in_json(body, counts.JSON_NAMES[number])
    except counts.NotCountedError:
        least, most = -1, -1
    try:
        accepted = accept(kind, body, Encoding.JSON, _RULES)
    except TooLargeError:
        return
    except InvalidArgumentError:
        assert least < 0
        return
    known = accepted.items + accepted.findings.rejected
    assert least < 0 or least <= known <= most, (accepted.items, accepted.findings.rejected, least, most)
    _check_stage(kind, accepted)


def normaliser(data: bytes) -> None:
    """Spans whose attributes are those that instrumentations send, with other text in places."""
    # Many spans an input, as one request takes about as long as many.
    fuzzed = importlib.import_module("atheris").FuzzedDataProvider(data)
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number in range(1, fuzzed.ConsumeIntInRange(1, 16) + 1):
        span = spans.add(trace_id=b"t" * 16, span_id=bytes([number]) * 8, name=_text(fuzzed, "chat"))
        span.kind = fuzzed.ConsumeIntInRange(0, 5)
        for _ in range(fuzzed.ConsumeIntInRange(0, 12)):
            _add_attribute(fuzzed, span.attributes)
        for _ in range(fuzzed.ConsumeIntInRange(0, 2)):
            event = span.events.add(name=fuzzed.PickValueInList(["gen_ai.content.prompt", "exception", "new_token"]))
            _add_attribute(fuzzed, event.attributes)
    decoded = decode_traces(request.SerializeToString())
    assert (decoded.columns.num_rows, decoded.rejected) == (len(spans), 0)


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "decode": decode,
    "otlp_json": otlp_json,
    "normaliser": normaliser,
}


def _split(data: bytes) -> tuple[int, bytes]:
    return (data[0] % len(_KINDS) if data else 0), data[1:]


def _strictly_parses(kind: Kind, payload: bytes) -> bool:
    try:
        kind.request.FromString(payload)
    except DecodeError:
        return False
    return True


def _check_stage(kind: Kind, accepted: Accepted) -> None:
    """What ingest acknowledges, the first stage must be able to read, with as many items."""
    for part in accepted.parts:
        batch = ReceivedBatch("id", "tenant", "project", _NOW_NS, kind.signal, part.items, part.payload)
        assert received.decode(batch.encode()).columns.num_rows == part.items


def _add_attribute(fuzzed: Any, pairs: Any) -> None:
    key, text = fuzzed.PickValueInList(list(attributes()))
    value = pairs.add(key=_text(fuzzed, key) if fuzzed.ConsumeIntInRange(0, 9) == 0 else key).value
    match fuzzed.ConsumeIntInRange(0, 9):
        case 0:
            value.int_value = fuzzed.ConsumeIntInRange(-(2**63), 2**63 - 1)
        case 1:
            value.double_value = fuzzed.ConsumeFloat()
        case 2:
            value.bool_value = fuzzed.ConsumeBool()
        case 3:
            value.array_value.values.add(string_value=_text(fuzzed, text))
            value.array_value.values.add().int_value = 5
        case 4:
            value.kvlist_value.values.add(key="role").value.string_value = _text(fuzzed, text)
        case 5:
            value.bytes_value = fuzzed.ConsumeBytes(8)
        case _:
            value.string_value = _text(fuzzed, text)


def _text(fuzzed: Any, usual: str) -> str:
    """Return a text with another in its midst, mostly."""
    if fuzzed.ConsumeBool():
        return usual
    start = fuzzed.ConsumeIntInRange(0, len(usual))
    end = fuzzed.ConsumeIntInRange(start, len(usual))
    other: str = fuzzed.ConsumeUnicodeNoSurrogates(12)
    return usual[:start] + other + usual[end:]
