"""The recorded payloads of real instrumentations, priced and stored: what traces cost by the vendors' price pages.

Each amount is worked out by hand from the conversation that was recorded (tests/corpus/README.md) and the rates of the
vendor's page, in dollars a million tokens. Cached tokens are in it once, and so is each call, however many spans tell
of it and whatever wrappers add up.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Final

import orjson
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

_CORPUS = Path(__file__).parents[1] / "corpus"

# gpt-4o-mini, openai.com/api/pricing: input 0.15, cached input 0.075, output 0.60.
OPENAI_FIRST = "0.0000300"  # 80 x 0.15 + 40 x 0.075 + 25 x 0.60 = 12 + 3 + 15
OPENAI_SECOND = "0.0000303"  # 80 x 0.15 + 100 x 0.075 + 18 x 0.60 = 12 + 7.5 + 10.8
OPENAI_CHAT = "0.0000603"  # both
# The same from instrumentations that do not tell what was cached.
OPENAI_FIRST_UNCACHED = "0.0000330"  # 120 x 0.15 + 25 x 0.60 = 18 + 15
OPENAI_SECOND_UNCACHED = "0.0000378"  # 180 x 0.15 + 18 x 0.60 = 27 + 10.8
OPENAI_CHAT_UNCACHED = "0.0000708"  # both

# claude-sonnet-4-5, claude.com/pricing: input 3, cache read 0.30, cache write of 5 minutes 3.75, output 15.
CLAUDE_FIRST = "0.000627"  # 80 x 3 + 40 x 0.30 + 25 x 15 = 240 + 12 + 375
CLAUDE_SECOND = "0.000555"  # 60 x 3 + 100 x 0.30 + 20 x 3.75 + 18 x 15 = 180 + 30 + 75 + 270
CLAUDE_CHAT = "0.001182"  # both
CLAUDE_CHAT_UNCACHED = "0.001545"  # 300 x 3 + 43 x 15 = 900 + 645, where nothing tells what was cached
CLAUDE_SECOND_HALF_TOLD = "0.000450"  # 60 x 3 + 18 x 15 = 180 + 270: the cached tokens are nowhere
CLAUDE_SECOND_MISCOUNTED = "0.000570"  # as CLAUDE_SECOND, but it says 19 output tokens: 285 + 285

# gemini-2.5-flash, ai.google.dev/gemini-api/docs/pricing: input 0.30, cached 0.03, output 2.50, thoughts among it.
GEMINI_FIRST = "0.0000877"  # 80 x 0.30 + 40 x 0.03 + 25 x 2.50 = 24 + 1.2 + 62.5
GEMINI_SECOND = "0.0000720"  # 80 x 0.30 + 100 x 0.03 + 18 x 2.50 = 24 + 3 + 45
GEMINI_CHAT = "0.0001597"  # both

# text-embedding-3-small, openai.com/api/pricing: 0.02.
EMBEDDING = "0.00000014"  # 7 x 0.02

COSTS: Final[Mapping[str, Sequence[str]]] = MappingProxyType({
    "agent-framework/chat-tool": (OPENAI_CHAT,),
    "agent-framework/chat-tool-both": (OPENAI_CHAT,),
    "agent-framework/chat-tool-events": (OPENAI_CHAT_UNCACHED,),
    "agent-framework/stream": (OPENAI_SECOND,),
    "google-adk/chat-tool": (GEMINI_CHAT,),
    "google-adk/chat-tool-events": (GEMINI_CHAT,),
    "google-adk/chat-tool-schema-1": (GEMINI_CHAT,),
    "google-adk/stream": (GEMINI_SECOND,),
    "haystack/chat-tool": (OPENAI_CHAT,),
    "haystack/stream": (OPENAI_SECOND,),
    "laminar/anthropic-chat-tool": (CLAUDE_CHAT,),
    "laminar/anthropic-stream": (CLAUDE_SECOND,),
    "laminar/chat-tool": (OPENAI_CHAT,),
    "laminar/stream": (OPENAI_SECOND,),
    "langfuse/anthropic-chat-tool": (CLAUDE_CHAT,),
    "langfuse/chat-tool": (OPENAI_CHAT,),
    "langfuse/kinds": (EMBEDDING,),
    "langfuse/langchain": (OPENAI_CHAT,),
    "langfuse/stream": (OPENAI_SECOND,),
    "langfuse-3/chat-tool": (OPENAI_CHAT,),
    "langsmith/anthropic-chat-tool": (CLAUDE_CHAT, CLAUDE_CHAT),
    "langsmith/chat-tool": (OPENAI_CHAT,),
    "langsmith/langchain": (OPENAI_CHAT,),
    "langsmith/stream": (OPENAI_SECOND,),
    "litellm/anthropic-chat-tool": (CLAUDE_FIRST, CLAUDE_SECOND),
    "litellm/chat-tool": (OPENAI_FIRST, OPENAI_SECOND),
    "litellm/genai-chat-tool": (OPENAI_FIRST, OPENAI_SECOND),
    "litellm/stream": (OPENAI_SECOND,),
    "litellm-v2/anthropic-chat-tool": (CLAUDE_FIRST, CLAUDE_SECOND),
    "litellm-v2/chat-tool": (OPENAI_FIRST, OPENAI_SECOND),
    "litellm-v2/stream": (OPENAI_SECOND,),
    "livekit/chat-tool": (OPENAI_CHAT,),
    "livekit/stream": (OPENAI_SECOND,),
    "logfire/anthropic": (CLAUDE_FIRST, CLAUDE_SECOND),
    "logfire/anthropic-stream": (CLAUDE_SECOND, CLAUDE_SECOND),
    "logfire/chat-tool": (OPENAI_FIRST, OPENAI_SECOND),
    "logfire/embedding": (EMBEDDING,),
    "logfire/responses": (OPENAI_FIRST, OPENAI_SECOND),
    "logfire/stream": (OPENAI_SECOND,),
    "mlflow/anthropic-chat-tool": (CLAUDE_CHAT,),
    "mlflow/chat-tool": (OPENAI_CHAT,),
    "mlflow/genai-anthropic-chat-tool": (CLAUDE_CHAT_UNCACHED,),
    "mlflow/genai-chat-tool": (OPENAI_CHAT_UNCACHED,),
    "mlflow/stream": (OPENAI_SECOND,),
    "openinference-anthropic/chat-tool": (CLAUDE_CHAT,),
    "openinference-anthropic/stream": (CLAUDE_SECOND, CLAUDE_SECOND),
    "openinference-anthropic/thinking": (CLAUDE_FIRST, CLAUDE_SECOND),
    "openinference-anthropic-0.1/chat-tool": (CLAUDE_CHAT,),
    "openinference-crewai/chat-tool": (OPENAI_CHAT,),
    "openinference-langchain/chat-tool": (OPENAI_CHAT,),
    "openinference-langchain/stream": (OPENAI_SECOND,),
    "openinference-openai/chat-tool": (OPENAI_CHAT,),
    "openinference-openai/embedding": (EMBEDDING,),
    "openinference-openai/kinds": (),
    "openinference-openai/responses": (OPENAI_FIRST, OPENAI_SECOND),
    "openinference-openai/stream": (OPENAI_SECOND,),
    "openinference-openai/vision": (OPENAI_SECOND,),
    "openinference-openai-agents/chat-tool": (OPENAI_CHAT,),
    "openlit/anthropic-chat-tool": (CLAUDE_CHAT,),
    "openlit/anthropic-stream": (CLAUDE_SECOND_HALF_TOLD,),
    "openlit/chat-tool": (OPENAI_CHAT,),
    "openlit/evaluation": (OPENAI_SECOND,),
    "openlit/stream": (OPENAI_SECOND,),
    "openllmetry/anthropic": (CLAUDE_CHAT,),
    "openllmetry/anthropic-stream": (CLAUDE_SECOND, CLAUDE_SECOND_MISCOUNTED),
    "openllmetry/chat-tool": (OPENAI_CHAT,),
    "openllmetry/embedding": (EMBEDDING,),
    "openllmetry/responses": (OPENAI_FIRST, OPENAI_SECOND),
    "openllmetry/stream": (OPENAI_SECOND,),
    "openllmetry-0.40/anthropic": (CLAUDE_CHAT,),
    "openllmetry-0.40/chat-tool": (OPENAI_CHAT,),
    "openllmetry-0.40/stream": (),
    "openllmetry-langchain/chat-tool": (OPENAI_CHAT,),
    "otel-genai-anthropic/chat-tool": (CLAUDE_FIRST, CLAUDE_SECOND),
    "otel-genai-anthropic/stream": (CLAUDE_SECOND,),
    "otel-genai-anthropic/thinking": (CLAUDE_FIRST, CLAUDE_SECOND),
    "otel-genai-langchain/chat-tool": (OPENAI_CHAT,),
    "otel-genai-openai/chat-tool": (OPENAI_FIRST, OPENAI_SECOND),
    "otel-genai-openai/chat-tool-event": (OPENAI_SECOND, OPENAI_FIRST),
    "otel-genai-openai/embedding": (EMBEDDING,),
    "otel-genai-openai/file": (OPENAI_SECOND,),
    "otel-genai-openai/responses": (OPENAI_FIRST, OPENAI_SECOND),
    "otel-genai-openai/stream": (OPENAI_SECOND,),
    "otel-genai-openai/vision": (OPENAI_SECOND,),
    "otel-genai-openai-agents/chat-tool": (OPENAI_CHAT,),
    "otel-google-genai/automatic": (GEMINI_SECOND,),
    "otel-google-genai/chat-tool": (GEMINI_FIRST, GEMINI_SECOND),
    "otel-google-genai/stream": (GEMINI_SECOND,),
    "otel-openai-v2/chat-tool": (OPENAI_FIRST_UNCACHED, OPENAI_SECOND_UNCACHED),
    "otel-openai-v2/chat-tool-events": (OPENAI_FIRST_UNCACHED, OPENAI_SECOND_UNCACHED),
    "otel-openai-v2/embedding": (EMBEDDING,),
    "otel-openai-v2/stream": (OPENAI_SECOND_UNCACHED,),
    "otel-openai-v2-2.0/chat-tool": (OPENAI_SECOND_UNCACHED, OPENAI_FIRST_UNCACHED),
    "otel-openai-v2-2.0/stream": (OPENAI_SECOND_UNCACHED,),
    "pydantic-ai/anthropic-v5": (CLAUDE_CHAT,),
    "pydantic-ai/chat-tool-v5": (OPENAI_CHAT,),
    "pydantic-ai/chat-tool-v6": (OPENAI_CHAT,),
    "pydantic-ai/stream-v5": (OPENAI_SECOND,),
    "pydantic-ai-1/chat-tool-logs-v1": (OPENAI_CHAT,),
    "pydantic-ai-1/chat-tool-v1": (OPENAI_CHAT,),
    "pydantic-ai-1/chat-tool-v2": (OPENAI_CHAT,),
    "pydantic-ai-1/chat-tool-v3": (OPENAI_CHAT,),
    "sentry-node/chat-tool": (OPENAI_CHAT,),
    "sentry-node/chat-tool-anthropic": (CLAUDE_CHAT,),
    "sentry-node/stream": (OPENAI_SECOND,),
    "strands/chat-tool": (OPENAI_CHAT,),
    "strands/chat-tool-anthropic": (CLAUDE_CHAT,),
    "strands/chat-tool-attributes": (OPENAI_CHAT,),
    "strands/chat-tool-latest": (OPENAI_CHAT,),
    "strands/stream": (OPENAI_SECOND,),
    "vercel-ai-4/chat-tool": (OPENAI_CHAT,),
    "vercel-ai-4/stream": (OPENAI_SECOND,),
    "vercel-ai-5/chat-tool": (OPENAI_CHAT_UNCACHED,),
    "vercel-ai-5/chat-tool-anthropic": (CLAUDE_CHAT,),
    "vercel-ai-5/stream": (OPENAI_SECOND,),
    "vercel-ai-5/stream-anthropic": (CLAUDE_SECOND,),
    "vercel-ai-6/chat-tool": (OPENAI_CHAT,),
    "vercel-ai-6/chat-tool-anthropic": (CLAUDE_CHAT,),
    "vercel-ai-6/embedding": (EMBEDDING,),
    "vercel-ai-6/stream": (OPENAI_SECOND,),
    "vercel-ai-6/stream-anthropic": (CLAUDE_SECOND,),
    "vercel-ai-6/vision": (OPENAI_SECOND,),
    "vercel-ai-7/chat-tool": (OPENAI_CHAT,),
    "vercel-ai-7/chat-tool-anthropic": (CLAUDE_CHAT,),
    "vercel-ai-7/chat-tool-legacy": (OPENAI_CHAT,),
    "vercel-ai-7/chat-tool-supplemental": (OPENAI_CHAT,),
    "vercel-ai-7/embedding": (EMBEDDING,),
    "vercel-ai-7/stream": (OPENAI_SECOND,),
})  # fmt: skip
"""What each trace of a case costs, in any order; only those of which a cost is known."""


async def costs_of(store: Store, case: str) -> list[Decimal]:
    """Price and store the payload's spans as they come, and return what its traces cost."""
    book, traces = PriceBook(), set()
    for line in (_CORPUS / case / "payload.jsonl").read_text().splitlines():
        document = json.loads(line)
        if document["signal"] == "traces":
            request = parse_traces(orjson.dumps(document["request"]), Findings())
            columns = decode_traces(request.SerializeToString()).columns
            traces |= {one for one in columns["trace_id"].to_pylist() if one is not None}
            calls = mask(pc.is_in(columns["step_kind"], CALL_KINDS))
            priced = cost_columns({name: columns[name] for name in PRICED_BY}, calls, book).columns
            batch = SpanBatch("batch", store.scope.tenant_id, store.scope.project_id, NOON_NS, columns)
            await store.writer.insert([batch.with_columns(**priced)])
    found = [await store.reader.get_trace(store.scope, one, limit=1, max_bytes=2**20) for one in traces]
    costs = [round(Decimal(trace.summary.cost_usd), 12) for trace in found if trace is not None]
    return [cost for cost in costs if cost]


def test_every_case_is_in_the_table() -> None:
    cases = {f"{path.parent.parent.name}/{path.parent.name}" for path in _CORPUS.glob("*/*/expected.json")}
    assert set(COSTS) == cases


@pytest.mark.parametrize("case", COSTS)
async def test_a_recorded_trace_costs_what_the_price_page_says(store: Store, case: str) -> None:
    assert sorted(await costs_of(store, case)) == sorted(Decimal(cost) for cost in COSTS[case])
