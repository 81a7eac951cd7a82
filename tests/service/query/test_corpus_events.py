"""The recorded payloads that have content in log records: GetTrace shows it on the spans that they name."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from a11i.query.v1 import query_service_pb2 as pb
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.findings import Findings
from a11i_telemetry.log_records import decode_logs
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.otlp_json import parse_logs, parse_traces
from a11i_telemetry.signals import Signal
from tests.contract.stored_spans import NOON_NS
from tests.service.query.conftest import Caller

_CORPUS = Path(__file__).parents[2] / "corpus"
_CASES = sorted(path.parent for path in _CORPUS.glob("*/*/payload.jsonl") if '"signal": "logs"' in path.read_text())


async def trace_ids(caller: Caller, case: Path) -> set[bytes]:
    """Store the payload's spans and logs; return its traces."""
    found: set[bytes] = set()
    for line in (case / "payload.jsonl").read_text().splitlines():
        document = json.loads(line)
        body = orjson.dumps(document["request"])
        if document["signal"] == "traces":
            signal, columns = Signal.SPANS, decode_traces(parse_traces(body, Findings()).SerializeToString()).columns
            found |= {one for one in columns["trace_id"].to_pylist() if one is not None}
        elif document["signal"] == "logs":
            signal, columns = Signal.LOGS, decode_logs(parse_logs(body, Findings()).SerializeToString())
        else:
            continue
        batch = SpanBatch("b", caller.scope.tenant_id, caller.scope.project_id, NOON_NS, columns, signal=signal)
        await caller.writer.insert([batch])
    return found


def test_there_are_such_payloads() -> None:
    assert len(_CASES) > 3


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
async def test_content_that_came_in_logs_is_on_its_span(caller: Caller, case: Path) -> None:
    expected = {one["span_id"]: one for one in json.loads((case / "expected.json").read_text())["spans"]}
    spans: dict[str, Any] = {}
    for trace_id in await trace_ids(caller, case):
        request = pb.GetTraceRequest(trace_id=trace_id.hex())
        answer = await caller.stub.GetTrace(request, metadata=caller.metadata, timeout=20)
        spans |= {span.span_id: span.gen_ai for span in answer.spans}
    assert spans.keys() == expected.keys()
    for span_id, span in expected.items():
        for name in ("input_messages", "output_messages"):
            found = json.loads(getattr(spans[span_id], name) or "[]")
            assert found == span.get(name, []), (span["name"], name)
