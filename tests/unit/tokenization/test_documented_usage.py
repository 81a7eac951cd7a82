"""Usage as vendors document it and as their instrumentations send it, from a span's attributes to dollars.

Each amount is worked out by hand: the vendor's documented or recorded numbers times the rates of its price page, in
dollars a million tokens, in the comment beside it. Nothing is in it twice, and nothing is left out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue

from a11i_telemetry.columns import mask, pc
from a11i_telemetry.otlp import decode_traces
from a11i_tokenization.costs import PRICED_BY, cost_columns
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.stage import CALL_KINDS

_START_NS = 1_795_000_000 * 10**9
"""November 2026."""
Attributes = Mapping[str, str | int | float | list[str]]


def decoded(attributes: Attributes) -> pa.RecordBatch:
    """Return the columns of a span with these attributes."""
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    span.start_time_unix_nano = span.end_time_unix_nano = _START_NS
    for key, value in attributes.items():
        if isinstance(value, str):
            sent = AnyValue(string_value=value)
        elif isinstance(value, list):
            sent = AnyValue(array_value=ArrayValue(values=[AnyValue(string_value=one) for one in value]))
        else:
            sent = AnyValue(int_value=value) if isinstance(value, int) else AnyValue(double_value=value)
        span.attributes.add(key=key, value=sent)
    return decode_traces(request.SerializeToString()).columns


def cost_of(columns: pa.RecordBatch, book: PriceBook) -> Decimal | None:
    """Return what the one span costs."""
    calls = mask(pc.is_in(columns["step_kind"], CALL_KINDS))
    priced = cost_columns({name: columns[name] for name in PRICED_BY}, calls, book).columns
    cost: Decimal | None = priced["total_cost_usd"][0].as_py()
    return cost


def otel(provider: str, model: str, **usage: str | int) -> Attributes:
    """Return a call as OpenTelemetry's conventions have it; `usage` by the rest of the attributes' names."""
    names = {"in_": "input_tokens", "out": "output_tokens", "cache_read": "cache_read.input_tokens"}
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        **{f"gen_ai.usage.{names.get(name, name)}": value for name, value in usage.items()},
    }


def openinference(provider: str, model: str, **counts: int) -> Attributes:
    """Return a call as OpenInference's instrumentations send it; `counts` with two underscores for a dot."""
    return {
        "openinference.span.kind": "LLM",
        "llm.provider": provider,
        "llm.model_name": model,
        **{f"llm.token_count.{name.replace('__', '.')}": count for name, count in counts.items()},
    }


def ai_sdk(provider: str, model: str, metadata: Mapping[str, object], **usage: int) -> Attributes:
    """Return a call as the AI SDK's fifth and sixth version send it."""
    return {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.model.provider": provider,
        "ai.model.id": model,
        "ai.response.providerMetadata": json.dumps(metadata),
        **{f"ai.usage.{name}": count for name, count in usage.items()},
    }


GEMINI_SEARCH = {
    "promptTokenCount": 151,
    "candidatesTokenCount": 1089,
    "totalTokenCount": 20689,
    "toolUsePromptTokenCount": 18329,
    "thoughtsTokenCount": 1120,
}
"""What gemini-3-flash-preview answered with Google's search."""
GEMINI_SEARCH_SNAKE = {
    "prompt_token_count": 151,
    "candidates_token_count": 1089,
    "total_token_count": 20689,
    "tool_use_prompt_token_count": 18329,
    "thoughts_token_count": 1120,
}
GEMINI_SEARCH_USD = "0.015867"  # (151 + 18329) x 0.50 + (1089 + 1120) x 3 = 9240 + 6627
CLAUDE_USAGE = {
    "input_tokens": 2048,
    "cache_read_input_tokens": 1800,
    "cache_creation_input_tokens": 248,
    "cache_creation": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100},
    "output_tokens": 503,
    "server_tool_use": {"web_search_requests": 1},
}
"""Anthropic's page on prompt caching, with a web search."""
CLAUDE_USD = "0.015384"  # 2048 x 3 + 1800 x 0.30 + 148 x 3.75 + 100 x 6 + 503 x 15 = 6144 + 540 + 555 + 600 + 7545
SEARCHED_USD = "0.025384"  # and a search, of which a thousand cost 10: platform.claude.com/docs/en/about-claude/pricing
LITELLM_USAGE = {
    "prompt_tokens": 4096,
    "completion_tokens": 503,
    "prompt_tokens_details": {
        "cached_tokens": 1800,
        "text_tokens": 2048,
        "cache_creation_tokens": 248,
        "cache_creation_token_details": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100},
    },
    "cache_creation_input_tokens": 248,
    "cache_read_input_tokens": 1800,
}
"""What LiteLLM makes of that."""
XAI_USD = "0.094692"  # (10120 - 128) x 3 + 128 x 0.75 + (1499 + 2809) x 15 = 29976 + 96 + 64620


@dataclass(frozen=True, slots=True)
class Case:
    """A span and what its call costs."""

    attributes: Attributes
    usd: str | None
    """Dollars; None: not known."""
    input_tokens: int | None
    output_tokens: int | None


CASES: Mapping[str, Case] = {
    "OpenAI, chat with audio": Case(
        openinference("openai", "gpt-4o-audio-preview", prompt=200, completion=300, total=500,
                      prompt_details__audio=120, completion_details__audio=220),
        "0.0234",  # 80 x 2.50 + 120 x 40 + 80 x 10 + 220 x 80 = 200 + 4800 + 800 + 17600
        200, 300,
    ),
    "OpenAI, responses with cache and reasoning": Case(
        {**openinference("openai", "o3"), "output.value": json.dumps({"usage": {
            "input_tokens": 328, "input_tokens_details": {"cached_tokens": 128}, "output_tokens": 52,
            "output_tokens_details": {"reasoning_tokens": 32}, "total_tokens": 380}})},
        "0.00088",  # 200 x 2 + 128 x 0.50 + 52 x 8 = 400 + 64 + 416
        328, 52,
    ),
    "Azure, a deployment": Case(
        {**otel("azure.ai.openai", "our-chat", in_=1500, cache_read=1024, out=100),
         "gen_ai.response.model": "gpt-4o-2024-11-20"},
        "0.00347",  # 476 x 2.50 + 1024 x 1.25 + 100 x 10 = 1190 + 1280 + 1000
        1500, 100,
    ),
    "Anthropic, both lifetimes and a server tool": Case(
        otel("anthropic", "claude-sonnet-4-5-20250929", raw=json.dumps(CLAUDE_USAGE)), SEARCHED_USD, 4096, 503,
    ),
    "Anthropic through LiteLLM, without the total": Case(
        {**otel("anthropic", "claude-sonnet-4-5-20250929"), "metadata.usage_object": str(LITELLM_USAGE)},
        CLAUDE_USD, 4096, 503,
    ),
    "Anthropic through LiteLLM's proxy": Case(
        {**otel("anthropic", "claude-sonnet-4-5-20250929", in_=4096, out=503, total_tokens=4599),
         "gen_ai.operation.name": "acompletion", "llm.request.type": "acompletion",
         "metadata.usage_object": str(LITELLM_USAGE)},
        CLAUDE_USD, 4096, 503,
    ),
    "embeddings through LiteLLM's proxy": Case(
        {**otel("openai", "text-embedding-3-small", in_=1000), "gen_ai.operation.name": "aembedding"},
        "0.00002",  # 1000 x 0.02
        1000, None,
    ),
    "OpenAI, an image from a text and another": Case(
        {**otel("openai", "gpt-image-1", raw=json.dumps({
            "input_tokens": 378, "input_tokens_details": {"text_tokens": 55, "image_tokens": 323},
            "output_tokens": 1056, "total_tokens": 1434})), "gen_ai.operation.name": "image_generation"},
        "0.045745",  # 55 x 5 + 323 x 10 + 1056 x 40 = 275 + 3230 + 42240
        378, 1056,
    ),
    "OpenAI, an image of a model that also writes": Case(
        {**otel("openai", "gpt-image-1.5", raw=json.dumps({
            "input_tokens": 55, "input_tokens_details": {"text_tokens": 55, "image_tokens": 0},
            "output_tokens": 1156, "output_tokens_details": {"text_tokens": 100, "image_tokens": 1056},
            "total_tokens": 1211})), "gen_ai.operation.name": "image_edit"},
        "0.035067",  # 55 x 5 + 100 x 10 + 1056 x 32 = 275 + 1000 + 33792
        55, 1156,
    ),
    "OpenAI, the same where nobody tells its output apart": Case(
        {**otel("openai", "gpt-image-1.5", in_=55, out=1056), "gen_ai.operation.name": "image"},
        "0.034067",  # 55 x 5 + 1056 x 32 = 275 + 33792: what it answers are images
        55, 1056,
    ),
    "Imagen, a picture, as nobody says how many": Case(
        {**otel("gcp.gemini", "imagen-3.0-generate-001"), "gen_ai.operation.name": "generate_content"},
        "0.04", None, None,
    ),
    "DALL-E, sold by size and quality, which no table has": Case(
        {**otel("openai", "dall-e-3"), "gen_ai.operation.name": "image_generation"}, None, None, None,
    ),
    "Anthropic through LiteLLM and Langfuse": Case(
        {"langfuse.observation.type": "generation", "langfuse.observation.model.name": "claude-sonnet-4-5-20250929",
         "langfuse.observation.usage_details": json.dumps({
             "input": 2296, "output": 503, "total": 4599, "cache_read_input_tokens": 1800,
             "cache_creation_input_tokens": 248})},
        "0.015159",  # as CLAUDE_USD, but it does not tell which were kept an hour: 248 x 3.75 = 930
        4096, 503,
    ),
    "Anthropic through the AI SDK and Vercel's gateway": Case(
        ai_sdk("gateway", "anthropic/claude-sonnet-4.5",
               {"anthropic": {"usage": CLAUDE_USAGE}, "gateway": {"cost": "0.025384"}},
               inputTokens=2048, outputTokens=503, totalTokens=2551, cachedInputTokens=1800),
        SEARCHED_USD, 4096, 503,
    ),
    "Bedrock, Converse with cache": Case(
        otel("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", raw=json.dumps({
            "inputTokens": 60, "outputTokens": 18, "totalTokens": 198, "cacheReadInputTokens": 100,
            "cacheWriteInputTokens": 20})),
        "0.0006105",  # A tenth more in a region: 60 x 3.30 + 100 x 0.33 + 20 x 4.125 + 18 x 16.50
        180, 18,
    ),
    "Gemini, searching, by ADK": Case(
        {**otel("gcp.gemini", "gemini-3-flash-preview", in_=151, out=1089),
         "gcp.vertex.agent.llm_response": json.dumps({"usage_metadata": GEMINI_SEARCH_SNAKE})},
        GEMINI_SEARCH_USD, 18480, 2209,
    ),
    "Gemini, thinking, by ADK without content": Case(
        otel("gcp.gemini", "gemini-3-flash-preview", in_=151, out=1089,
             **{"experimental.reasoning_tokens": 1120}),
        "0.0067025",  # 151 x 0.50 + 2209 x 3 = 75.5 + 6627
        151, 2209,
    ),
    "Gemini, searching, by OpenInference before it counted tools": Case(
        {**openinference("google", "gemini-3-flash-preview", prompt=151, completion=2209, total=20689,
                         completion_details__reasoning=1120),
         "output.value": json.dumps({"usage_metadata": GEMINI_SEARCH_SNAKE})},
        GEMINI_SEARCH_USD, 18480, 2209,
    ),
    "Gemini, searching, by the same without content": Case(
        openinference("google", "gemini-3-flash-preview", prompt=151, completion=2209, total=20689,
                      completion_details__reasoning=1120),
        GEMINI_SEARCH_USD, 18480, 2209,
    ),
    "Gemini, searching, by the AI SDK": Case(
        ai_sdk("google.generative-ai", "gemini-3-flash-preview", {"google": {"usageMetadata": GEMINI_SEARCH}},
               inputTokens=151, outputTokens=2209, totalTokens=2360, reasoningTokens=1120),
        GEMINI_SEARCH_USD, 18480, 2209,
    ),
    "Gemini on Vertex, searching, by the AI SDK": Case(
        ai_sdk("google.vertex.chat", "gemini-3-flash-preview", {"vertex": {"usageMetadata": GEMINI_SEARCH}},
               inputTokens=151, outputTokens=2209, totalTokens=2360, reasoningTokens=1120),
        GEMINI_SEARCH_USD, 18480, 2209,
    ),
    "Gemini, thinking, by the AI SDK's fifth version": Case(
        ai_sdk("google.generative-ai", "gemini-2.5-flash", {}, inputTokens=6, outputTokens=100, totalTokens=182,
               reasoningTokens=76),
        "0.0004418",  # 6 x 0.30 + (100 + 76) x 2.50 = 1.8 + 440
        6, 176,
    ),
    "Gemini, cached, by OpenInference that had the cache twice": Case(
        {**openinference("google", "gemini-2.5-flash", prompt=50, completion=100, total=150,
                         prompt_details__cache_read=20),
         "output.value": json.dumps({"usage_metadata": {
             "prompt_token_count": 30, "cached_content_token_count": 20, "candidates_token_count": 100,
             "total_token_count": 130}})},
        "0.0002536",  # 10 x 0.30 + 20 x 0.03 + 100 x 2.50 = 3 + 0.6 + 250
        30, 100,
    ),
    "Gemini, a long prompt with audio and thoughts": Case(
        otel("gcp.vertex_ai", "gemini-2.5-flash", raw=json.dumps({
            "promptTokenCount": 1500, "candidatesTokenCount": 200, "thoughtsTokenCount": 300, "totalTokenCount": 2000,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 500}, {"modality": "AUDIO", "tokenCount": 1000}],
        })),
        "0.0024",  # 500 x 0.30 + 1000 x 1 + 500 x 2.50 = 150 + 1000 + 1250
        1500, 500,
    ),
    "Gemini, searching, by LangChain": Case(
        {"langsmith.span.kind": "llm", "langsmith.metadata.ls_provider": "google_genai",
         "langsmith.metadata.ls_model_name": "gemini-3-flash-preview",
         "langsmith.metadata.usage_metadata": json.dumps({
             "input_tokens": 151, "output_tokens": 2209, "total_tokens": 20689,
             "output_token_details": {"reasoning": 1120}})},
        GEMINI_SEARCH_USD, 18480, 2209,
    ),
    "Gemini, searching, by Logfire": Case(
        {**otel("gcp.gemini", "gemini-3-flash-preview", in_=151, out=1089,
                **{"details.thoughts_tokens": 1120, "details.tool_use_prompt_tokens": 18329}),
         "gen_ai.operation.name": "generate_content"},
        GEMINI_SEARCH_USD, 18480, 2209,
    ),
    "Gemini, searching, by Pydantic AI": Case(
        otel("google", "gemini-3-flash-preview", in_=18480, out=2209,
             **{"details.thoughts_tokens": 1120, "details.tool_use_prompt_tokens": 18329}),
        GEMINI_SEARCH_USD, 18480, 2209,
    ),
    "OpenAI, realtime, with cached audio": Case(
        otel("openai", "gpt-realtime", raw=json.dumps({
            "total_tokens": 1200, "input_tokens": 1100, "output_tokens": 100,
            "input_token_details": {"text_tokens": 100, "audio_tokens": 1000, "cached_tokens": 512,
                                    "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 512}},
            "output_token_details": {"text_tokens": 30, "audio_tokens": 70}})),
        "0.0211808",  # 100 x 4 + 488 x 32 + 512 x 0.40 + 30 x 16 + 70 x 64 = 400 + 15616 + 204.8 + 480 + 4480
        1100, 100,
    ),
    "OpenAI, a transcription": Case(
        {**otel("openai", "gpt-4o-transcribe", raw=json.dumps({
            "type": "tokens", "input_tokens": 14, "input_token_details": {"text_tokens": 0, "audio_tokens": 14},
            "output_tokens": 101, "total_tokens": 115})), "gen_ai.operation.name": "transcription"},
        "0.001094",  # 14 x 6 + 101 x 10 = 84 + 1010
        14, 101,
    ),
    "Anthropic, a batch": Case(
        otel("anthropic", "claude-sonnet-4-5-20250929", raw=json.dumps({
            "input_tokens": 2048, "output_tokens": 503, "service_tier": "batch"})),
        "0.0068445",  # half of 2048 x 3 + 503 x 15 = 6144 + 7545
        2048, 503,
    ),
    "Anthropic, a prompt of which the cache has most, over 200,000": Case(
        otel("anthropic", "claude-sonnet-4-5-20250929", raw=json.dumps({
            "input_tokens": 150001, "cache_read_input_tokens": 60000, "output_tokens": 100})),
        "0.938256",  # 150001 x 6 + 60000 x 0.60 + 100 x 22.50 = 900006 + 36000 + 2250
        210001, 100,
    ),
    "Gemini, a prompt over 200,000": Case(
        otel("gcp.gemini", "gemini-2.5-pro", raw=json.dumps({
            "promptTokenCount": 250000, "cachedContentTokenCount": 100000, "candidatesTokenCount": 1000,
            "thoughtsTokenCount": 500, "totalTokenCount": 251500})),
        "0.4225",  # 150000 x 2.50 + 100000 x 0.25 + 1500 x 15 = 375000 + 25000 + 22500
        250000, 1500,
    ),
    "Bedrock, Nova's own answer": Case(
        otel("aws.bedrock", "us.amazon.nova-pro-v1:0", raw=json.dumps({
            "inputTokens": 10, "outputTokens": 5, "cacheReadInputTokenCount": 1000, "cacheWriteInputTokenCount": 0})),
        "0.000224",  # 10 x 0.80 + 1000 x 0.20 + 5 x 3.20 = 8 + 200 + 16
        1010, 5,
    ),
    "Cohere, an embedding and its billed units": Case(
        {**otel("cohere", "embed-v4.0", raw=json.dumps({"billed_units": {"input_tokens": 12}})),
         "gen_ai.operation.name": "embeddings"},
        "0.00000144",  # 12 x 0.12
        12, None,
    ),
    "Cohere, a search": Case(
        {**otel("cohere", "rerank-v3.5"), "gen_ai.operation.name": "rerank"}, "0.002", None, None,  # 2 a thousand
    ),
    "Mistral": Case(
        otel("mistral_ai", "mistral-small-latest", raw=json.dumps({
            "prompt_tokens": 16, "completion_tokens": 34, "total_tokens": 50})),
        "0.0000228",  # 16 x 0.15 + 34 x 0.60 = 2.4 + 20.4
        16, 34,
    ),
    "DeepSeek, hits and misses": Case(
        otel("deepseek", "deepseek-chat", raw=json.dumps({
            "prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100, "prompt_cache_hit_tokens": 64,
            "prompt_cache_miss_tokens": 26})),
        "0.0000225",  # 26 x 0.27 + 64 x 0.07 + 10 x 1.10 = 7.02 + 4.48 + 11
        90, 10,
    ),
    "Moonshot": Case(
        otel("moonshot_ai", "kimi-k2-0905-preview", raw=json.dumps({
            "prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100, "cached_tokens": 64})),
        "0.0000502",  # 26 x 0.60 + 64 x 0.15 + 10 x 2.50 = 15.6 + 9.6 + 25
        90, 10,
    ),
    "xAI, reasoning": Case(
        otel("x_ai", "grok-4", raw=json.dumps({
            "prompt_tokens": 10120, "completion_tokens": 1499, "total_tokens": 14428,
            "prompt_tokens_details": {"cached_tokens": 128}, "completion_tokens_details": {"reasoning_tokens": 2809}})),
        XAI_USD, 10120, 4308,
    ),
    "xAI, reasoning, by numbers of their own": Case(
        openinference("xai", "grok-4", prompt=10120, completion=1499, total=14428, prompt_details__cache_read=128,
                      completion_details__reasoning=2809),
        XAI_USD, 10120, 4308,
    ),
    "xAI, less reasoning than answer, by numbers of their own": Case(
        openinference("xai", "grok-4", prompt=100, completion=500, total=700, completion_details__reasoning=100),
        "0.0093",  # 100 x 3 + 600 x 15 = 300 + 9000
        100, 600,
    ),
    "Cohere, billed units": Case(
        otel("cohere", "command-a-03-2025", raw=json.dumps({
            "billed_units": {"input_tokens": 5, "output_tokens": 418},
            "tokens": {"input_tokens": 71, "output_tokens": 418}})),
        "0.0041925",  # 5 x 2.50 + 418 x 10 = 12.5 + 4180
        5, 418,
    ),
    "Groq, cached": Case(
        otel("groq", "openai/gpt-oss-120b", raw=json.dumps({
            "prompt_tokens": 4641, "completion_tokens": 1817, "total_tokens": 6458,
            "prompt_tokens_details": {"cached_tokens": 4608}})),
        "0.00144075",  # 33 x 0.15 + 4608 x 0.075 + 1817 x 0.60 = 4.95 + 345.6 + 1090.2
        4641, 1817,
    ),
    "OpenRouter, with its own cost": Case(
        otel("openrouter", "openai/gpt-4o", cost="0.000505", raw=json.dumps({
            "prompt_tokens": 194, "completion_tokens": 2, "total_tokens": 196, "cost": 0.000505,
            "prompt_tokens_details": {"cached_tokens": 0}})),
        "0.000505",  # 194 x 2.50 + 2 x 10 = 485 + 20
        194, 2,
    ),
    "Ollama, on one's own machine": Case(otel("ollama", "llama3.2", in_=26, out=298), None, 26, 298),
    "LangChain": Case(
        {"langsmith.span.kind": "llm", "langsmith.metadata.ls_provider": "anthropic",
         "langsmith.metadata.ls_model_name": "claude-sonnet-4-5-20250929",
         "langsmith.metadata.usage_metadata": json.dumps({
             "input_tokens": 350, "output_tokens": 240, "total_tokens": 590,
             "input_token_details": {"cache_creation": 200, "cache_read": 100},
             "output_token_details": {"reasoning": 200}})},
        "0.00453",  # 50 x 3 + 100 x 0.30 + 200 x 3.75 + 240 x 15 = 150 + 30 + 750 + 3600
        350, 240,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_call_costs_what_its_vendor_takes(case: Case, book: PriceBook) -> None:
    columns = decoded(case.attributes)
    tokens = (columns["input_tokens"][0].as_py(), columns["output_tokens"][0].as_py())
    assert tokens == (case.input_tokens, case.output_tokens)
    assert columns["usage_flags"][0].as_py() == []
    assert cost_of(columns, book) == (None if case.usd is None else Decimal(case.usd))


@pytest.mark.parametrize("cost", [0.014609, {"request_cost": 0.006, "total_cost": 0.014609}])
def test_what_an_answer_itself_says_that_it_cost_is_kept_beside(cost: object) -> None:
    """OpenRouter's, and Perplexity's, whose fee for the request depends on how much it searched."""
    body = {"usage": {"prompt_tokens": 8, "completion_tokens": 439, "total_tokens": 447, "cost": cost}}
    columns = decoded({**openinference("perplexity", "sonar-pro", prompt=8), "output.value": json.dumps(body)})
    assert columns["reported_cost_usd"][0].as_py() == Decimal("0.014609")


def test_what_a_total_leaves_open_is_flagged(book: PriceBook) -> None:
    """OpenLLMetry's Gemini: its output lacks the thoughts, and what its total has more may be those or a tool's."""
    columns = decoded({
        "gen_ai.system": "Google", "llm.request.type": "completion", "gen_ai.request.model": "gemini-2.5-flash",
        "gen_ai.usage.prompt_tokens": 6, "gen_ai.usage.completion_tokens": 1, "llm.usage.total_tokens": 83,
    })  # fmt: skip
    assert columns["usage_flags"][0].as_py() == ["total over input and output"]


@pytest.mark.parametrize("odd", [-1, 10.5])
def test_a_number_that_was_passed_over_takes_no_cost_from_the_one_that_counts(book: PriceBook, odd: float) -> None:
    columns = decoded({
        **otel("openai", "gpt-4o", out=10), "gen_ai.usage.input_tokens": odd, "llm.token_count.prompt": 100,
    })  # fmt: skip
    assert (columns["input_tokens"][0].as_py(), columns["usage_flags"][0].as_py()) == (100, [])
    assert cost_of(columns, book) == Decimal("0.00035")  # 100 x 2.50 + 10 x 10 = 250 + 100


@pytest.mark.parametrize("name", ["OpenRouter, with its own cost", "Anthropic through the AI SDK and Vercel's gateway"])
def test_what_a_router_says_that_it_took_is_kept_beside(name: str) -> None:
    case = CASES[name]
    assert decoded(case.attributes)["reported_cost_usd"][0].as_py() == Decimal(case.usd or "")
