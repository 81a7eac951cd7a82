"""Two instrumentations at once, as recorded, in one trace: each call counts and costs once, whoever else tells of it.

The spans of the second lie beside those of the first, as callbacks open theirs where no other span is current; what is
known to be one call is so by the provider's id of the answer. Nested ones are known by the tree: `test_trace_totals`.
"""

import json
from decimal import Decimal
from pathlib import Path

import orjson
import pyarrow as pa
import pytest

from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.columns import mask, pc
from a11i_telemetry.findings import Findings
from a11i_telemetry.otlp import decode_traces
from a11i_telemetry.otlp_json import parse_traces
from a11i_tokenization.costs import PRICED_BY, cost_columns
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.stage import CALL_KINDS
from tests.contract.span_store import Store
from tests.contract.stored_spans import NOON_NS
from tests.contract.test_corpus_costs import OPENAI_CHAT

_CORPUS = Path(__file__).parents[1] / "corpus"
_OPENAI = "openinference-openai/chat-tool"
_TRACE = b"both in one here"


def spans_of(case: str) -> list[pa.RecordBatch]:
    """Return the case's spans as of one trace, priced."""
    book, found = PriceBook(), []
    for line in (_CORPUS / case / "payload.jsonl").read_text().splitlines():
        document = json.loads(line)
        if document["signal"] == "traces":
            request = parse_traces(orjson.dumps(document["request"]), Findings())
            columns = decode_traces(request.SerializeToString()).columns
            calls = mask(pc.is_in(columns["step_kind"], CALL_KINDS))
            priced = cost_columns({name: columns[name] for name in PRICED_BY}, calls, book).columns
            whole = {**dict(zip(columns.schema.names, columns.columns, strict=True)), **priced}
            whole["trace_id"] = pa.array([_TRACE] * columns.num_rows, columns["trace_id"].type)
            found.append(pa.RecordBatch.from_arrays(list(whole.values()), list(whole)))
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("openinference-langchain/chat-tool", _OPENAI),
        ("openinference-langchain/chat-tool", "openllmetry/chat-tool"),
        ("openllmetry-langchain/chat-tool", "otel-genai-openai/chat-tool"),
        ("otel-genai-langchain/chat-tool", "otel-genai-openai/chat-tool"),
        ("langsmith/langchain", _OPENAI),
        ("langsmith/chat-tool", "openlit/chat-tool"),
        ("litellm/chat-tool", _OPENAI),
        ("litellm/genai-chat-tool", "otel-genai-openai/chat-tool"),
        ("openinference-crewai/chat-tool", _OPENAI),
        ("mlflow/chat-tool", "openlit/chat-tool"),
        ("pydantic-ai/chat-tool-v5", "logfire/chat-tool"),
        ("vercel-ai-4/chat-tool", "sentry-node/chat-tool"),
        ("vercel-ai-6/chat-tool", "otel-genai-openai/responses"),
        ("openlit/chat-tool", "openllmetry/chat-tool"),
    ],
)
async def test_a_call_that_two_tell_of_counts_once(store: Store, one: str, other: str) -> None:
    for columns in (*spans_of(one), *spans_of(other)):
        batch = SpanBatch("batch", store.scope.tenant_id, store.scope.project_id, NOON_NS, columns)
        await store.writer.insert([batch])
    trace = await store.reader.get_trace(store.scope, _TRACE, limit=1, max_bytes=2**20)
    assert trace is not None
    summary = trace.summary
    assert (summary.input_tokens, summary.output_tokens) == (300, 43)
    assert round(Decimal(summary.cost_usd), 12) == Decimal(OPENAI_CHAT)
