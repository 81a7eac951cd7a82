"""The recorded payloads of real instrumentations, stored: a trace's totals have each call once."""

import json
from pathlib import Path

import orjson
import pytest

from a11i_storage.clickhouse import TraceSummary
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.findings import Findings
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.otlp_json import parse_traces
from tests.contract.span_store import Store
from tests.contract.stored_spans import NOON_NS

_CORPUS = Path(__file__).parents[1] / "corpus"
_CASES = sorted(path.parent for path in _CORPUS.glob("*/*/expected.json"))


async def stored(store: Store, case: Path) -> list[TraceSummary]:
    """Store the payload's spans and return the summaries of its traces that used tokens."""
    traces: set[bytes] = set()
    for line in (case / "payload.jsonl").read_text().splitlines():
        document = json.loads(line)
        if document["signal"] == "traces":
            request = parse_traces(orjson.dumps(document["request"]), Findings())
            columns = decode_traces(request.SerializeToString()).columns
            traces |= {one for one in columns["trace_id"].to_pylist() if one is not None}
            scope = store.scope
            await store.writer.insert([SpanBatch("batch", scope.tenant_id, scope.project_id, NOON_NS, columns)])
    found = [await store.reader.get_trace(store.scope, one, limit=1, max_bytes=2**20) for one in sorted(traces)]
    return [trace.summary for trace in found if trace is not None and trace.summary.input_tokens]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
async def test_each_call_counts_once(store: Store, case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    summaries = await stored(store, case)
    totals = expected.get("totals_within_traces", expected["totals"])
    assert sum(one.input_tokens for one in summaries) == totals["input_tokens"]
    assert sum(one.output_tokens for one in summaries) == totals["output_tokens"]
