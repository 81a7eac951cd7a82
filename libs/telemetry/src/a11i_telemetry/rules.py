"""The normaliser's table: which attributes say what a column holds. Data only; `normalise` applies it.

Precedence is the order of a rule's sources: the framework's own explicit namespace, OpenTelemetry's current names and
the ones they replaced, OpenInference's and OpenLLMetry's, generic ones, and last what stands inside a request's or a
response's body. The first source with a usable value wins, and is counted once.
"""

from dataclasses import dataclass, replace
from typing import Final

from a11i_telemetry.sources import CacheApart, Rule, Source, Take


def _rule(column: str, take: Take, *sources: str | Source) -> Rule:
    return Rule(column, take, tuple(Source(one, take) if isinstance(one, str) else one for one in sources))


def _in(key: str, *path: str | int, take: Take = Take.TEXT, only: str = "", unless: tuple[str, ...] = ()) -> Source:
    return Source(key, take, path, only, unless)


_REQUESTS: Final = ("langfuse.observation.input", "mlflow.spanInputs", "gen_ai.prompt", "input.value")
_RESPONSES: Final = ("langfuse.observation.output", "mlflow.spanOutputs", "gen_ai.completion", "output.value")
"""Attributes that hold the body of a model call's request and response, on spans of such calls."""


def _requests(*path: str | int, take: Take = Take.TEXT) -> tuple[Source, ...]:
    return tuple(_in(key, *path, take=take, only="llm") for key in _REQUESTS)


def _responses(*path: str | int, take: Take = Take.TEXT, only: str = "llm") -> tuple[Source, ...]:
    return tuple(_in(key, *path, take=take, only=only) for key in _RESPONSES)


RESPONSES: Final = _RESPONSES
"""The latter, for what is looked for in them beside the tables."""
_PARAMETERS: Final = ("llm.invocation_parameters", "langfuse.observation.model.parameters")
"""Attributes that hold the parameters of a model call."""


def _in_each(keys: tuple[str, ...], *path: str | int, take: Take = Take.TEXT) -> tuple[Source, ...]:
    return tuple(_in(key, *path, take=take) for key in keys)


_AN_HOUR: Final = (("gen_ai.usage.cache_creation.input_tokens.ephemeral_1h",),)
_ANTHROPIC: Final = "anthropic.usage.cache_creation.ephemeral_"
_OTHER_INPUT: Final = (
    ("gen_ai.usage.audio.input_tokens", "gen_ai.usage.audio_input_tokens"),
    ("gen_ai.usage.image.input_tokens",),
    ("gen_ai.usage.video.input_tokens",),
)
"""Input tokens that are no text's, of who tells no sum."""
_AI_SDK_APART: Final = (
    CacheApart("ai.model.provider", ("anthropic", "bedrock"), unless="ai.usage.inputTokenDetails.noCacheTokens"),
)
_OPENLIT_APART: Final = (
    CacheApart("telemetry.sdk.name", ("openlit",), frozenset({"anthropic"})),
    CacheApart("openlit.agent.version_hash", providers=frozenset({"anthropic"})),
)
_HAYSTACK_META: Final = ("haystack.agent.step.llm.output", "replies", 0, "meta")


def _usage(*keys: str | Source) -> tuple[Source, ...]:
    return tuple(Source(one, Take.USAGE) if isinstance(one, str) else one for one in keys)


_USAGE_FIRST: Final = _usage(
    "langfuse.observation.usage_details",
    "mlflow.chat.tokenUsage",
    "langsmith.metadata.usage_metadata",
    _in("gcp.vertex.agent.llm_response", "usage_metadata", take=Take.USAGE),
)
"""Frameworks' own objects of a call's tokens."""
_AI_SDK_OUTPUT: Final = ("ai.usage.outputTokens", "ai.usage.completionTokens")


def _raw(of_ai_sdk: tuple[str, ...] = (), of_openinference: tuple[str, ...] = ()) -> tuple[Source, ...]:
    paths = (("anthropic", "usage"), ("google", "usageMetadata"), ("vertex", "usageMetadata"))
    return (
        *(Source("ai.response.providerMetadata", Take.USAGE, path, only="llm", at_least=of_ai_sdk) for path in paths),
        Source(
            "output.value",
            Take.USAGE,
            ("usage_metadata",),
            only="llm",
            beside="llm.token_count.prompt",
            at_least=of_openinference,
        ),
    )


_RAW_INPUT: Final = _raw()
_RAW_OUTPUT: Final = _raw(_AI_SDK_OUTPUT, ("llm.token_count.completion",))
"""Providers' own numbers beside the AI SDK's, which left out Anthropic's cache, Gemini's thoughts and tools, and beside
OpenInference's, which left out Gemini's tools, or had the cache twice (0.1.14, 0.1.15). Of a stream they can be those
of its first message, as of Anthropic's in early versions: its input is whole, its output has only begun."""
_LANGCHAIN_RAW: Final = _responses("generations", 0, 0, "message", "kwargs", "usage_metadata", take=Take.USAGE)
"""LangChain's own numbers beside OpenInference's, which have its 0 for a cache write of which it tells the ages."""
_GEMINI: Final = tuple(
    _in("ai.response.providerMetadata", name, "usageMetadata", take=Take.USAGE) for name in ("google", "vertex")
)
_ADK_THOUGHTS: Final = "gen_ai.usage.experimental.reasoning_tokens"
_USAGE_LAST: Final = _usage(
    "gen_ai.usage.raw",
    "metadata.usage_object",
    "llm.openai.usage",
    "llm.anthropic.usage",
    "lk.llm_metrics",
    _in(*_HAYSTACK_META, "usage", take=Take.USAGE),
    _in("haystack.agent.output", "token_usage", take=Take.USAGE),
    *_responses("usage", take=Take.USAGE),
    *_responses("usage_metadata", take=Take.USAGE),
)
"""Objects beside numbers of their own, and those inside a response."""

RULES: Final[tuple[Rule, ...]] = (
    _rule("operation", Take.TEXT, "gen_ai.operation.name", Source("llm.request.type", Take.OPERATION)),
    _rule("provider", Take.PROVIDER,
        "ai.model.provider", "aisdk.model.provider", "langsmith.metadata.ls_provider", "mlflow.llm.provider",
        "lmnr.association.properties.ls_provider", "langfuse.observation.metadata.ls_provider",
        "gen_ai.provider.name", "gen_ai.system", "gen_ai.request.provider", "llm.provider", "llm.system",
        "traceloop.association.properties.ls_provider", _in("llm.openai.messages", "openai", take=Take.CONSTANT),
        _in("llm.anthropic.messages", "anthropic", take=Take.CONSTANT),
    ),
    _rule("request_model", Take.TEXT,
        "ai.model.id", "aisdk.model.id", "langsmith.metadata.ls_model_name",
        Source("langfuse.observation.metadata.ls_model_name", Take.QUOTED),
        _in("mlflow.spanInputs", "model", only="llm"), "gen_ai.request.model", "gen_ai.request_model",
        "llm.request.model_name", _in("llm.invocation_parameters", "model", unless=("id",)),
        _in("llm.invocation_parameters", "model_name", unless=("id",)), "embedding.model_name", "reranker.model_name",
        "llm.request.model", _in("gcp.vertex.agent.llm_request", "model"), *_requests("model"),
        Source("model", Take.QUOTED), "langfuse.observation.model.name", _in("model_name", only="agent"),
        Source("mlflow.llm.model", Take.QUOTED),
    ),
    _rule("response_model", Take.TEXT,
        "ai.response.model", "gen_ai.response.model", "gen_ai.response_model", "llm.response.model_name",
        Source("langfuse.observation.model.name", Take.TEXT, beside="langfuse.observation.metadata.ls_model_name"),
        *_responses("generations", 0, 0, "message", "kwargs", "response_metadata", "model_name"),
        "llm.response.model", "llm.model_name", "llm.openai.model", "llm.anthropic.model",
        _in(*_HAYSTACK_META, "model"), *_responses("model"), _in("output.value", "model", only="embedding"),
    ),
    _rule("response_id", Take.TEXT,
        "ai.response.id", "gen_ai.response.id", "llm.openai.id", "llm.anthropic.id", *_responses("id"),
        *_responses("generations", 0, 0, "message", "kwargs", "response_metadata", "id"),
    ),
    _rule("finish_reasons", Take.TEXT_LIST,
        "ai.response.finishReason", "gen_ai.response.finish_reasons", "gen_ai.response.finish_reason",
        "gen_ai.finishReason", "anthropic.message.stop_reason", "llm.finish_reason", "llm.response.finish_reason",
        "llm.response.stop_reason", "llm.anthropic.stop_reason", "langfuse.observation.metadata.finish_reason",
        _in(*_HAYSTACK_META, "finish_reason", take=Take.TEXT_LIST),
        _in("llm.openai.choices", 0, "finish_reason", take=Take.TEXT_LIST),
        *_responses("stop_reason", take=Take.TEXT_LIST),
        *_responses("choices", 0, "finish_reason", take=Take.TEXT_LIST),
    ),
    _rule("input_tokens", Take.COUNT, *_RAW_INPUT,
        Source("ai.usage.inputTokens", Take.COUNT, apart=_AI_SDK_APART),
        Source("ai.usage.promptTokens", Take.COUNT, apart=_AI_SDK_APART), "ai.usage.tokens", *_USAGE_FIRST,
        Source("gen_ai.usage.input_tokens", Take.COUNT, apart=_OPENLIT_APART), "gen_ai.usage.prompt_tokens",
        "gen_ai.aggregated_usage.input_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens",
        Source("gen_ai.usage.text.input_tokens", Take.COUNT, plus=_OTHER_INPUT), *_USAGE_LAST,
    ),
    _rule("output_tokens", Take.COUNT, *_RAW_OUTPUT, *_AI_SDK_OUTPUT, *_USAGE_FIRST,
        # ADK's output left out Gemini's thoughts while their name was this one.
        Source("gen_ai.usage.output_tokens", Take.COUNT, beside=_ADK_THOUGHTS, plus=((_ADK_THOUGHTS,),)),
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens", "gen_ai.aggregated_usage.output_tokens", "llm.token_count.completion",
        "llm.usage.completion_tokens", *_USAGE_LAST,
    ),
    _rule("cache_read_tokens", Take.COUNT,
        "ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens",
        _in("ai.response.providerMetadata", "openai", "cachedPromptTokens", take=Take.COUNT),
        _in("ai.response.providerMetadata", "anthropic", "cacheReadInputTokens", take=Take.COUNT),
        _in("ai.response.providerMetadata", "anthropic", "usage", take=Take.USAGE),
        _in("ai.response.providerMetadata", "bedrock", "usage", take=Take.USAGE),
        *_GEMINI, *_USAGE_FIRST,
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.aggregated_usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.cache_read_tokens",
        "gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.details.cache_read_input_tokens",
        "gen_ai.aggregated_usage.details.cache_read_tokens", "gen_ai.usage.input_tokens.cached",
        "gen_ai.usage.input_cached_tokens", _in("gen_ai.usage.input_token_details", "cache_read", take=Take.COUNT),
        "llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input", *_USAGE_LAST,
    ),
    _rule("cache_write_tokens", Take.COUNT,
        "ai.usage.inputTokenDetails.cacheWriteTokens",
        _in("ai.response.providerMetadata", "anthropic", "cacheCreationInputTokens", take=Take.COUNT),
        _in("ai.response.providerMetadata", "anthropic", "usage", take=Take.USAGE),
        _in("ai.response.providerMetadata", "bedrock", "usage", take=Take.USAGE), *_USAGE_FIRST,
        "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.aggregated_usage.cache_write.input_tokens", "gen_ai.aggregated_usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_input_tokens",
        "gen_ai.usage.cache_write_tokens", "gen_ai.usage.details.cache_write_tokens",
        "gen_ai.usage.details.cache_creation_input_tokens", "gen_ai.usage.details.cache_creation_tokens",
        "gen_ai.aggregated_usage.details.cache_write_tokens", "gen_ai.usage.input_tokens.cache_write",
        "gen_ai.usage.input_cache_creation", "gen_ai.usage.prompt_tokens_details.cache_creation_tokens",
        Source("gen_ai.usage.cache_creation.input_tokens.ephemeral_5m", Take.COUNT, plus=_AN_HOUR),
        Source(f"{_ANTHROPIC}5m_input_tokens", Take.COUNT, plus=((f"{_ANTHROPIC}1h_input_tokens",),)),
        Source("gen_ai.usage.input_token_details", Take.USAGE), *_LANGCHAIN_RAW,
        "llm.token_count.prompt_details.cache_write", *_USAGE_LAST,
    ),
    _rule("reasoning_tokens", Take.COUNT,
        "ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens",
        _in("ai.response.providerMetadata", "openai", "reasoningTokens", take=Take.COUNT),
        *_GEMINI, *_USAGE_FIRST,
        "gen_ai.usage.reasoning.output_tokens", "gen_ai.aggregated_usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens", "gen_ai.usage.details.reasoning_tokens",
        "gen_ai.aggregated_usage.details.reasoning_tokens", "gen_ai.usage.output_tokens.reasoning", _ADK_THOUGHTS,
        "gen_ai.usage.details.thoughts_tokens",
        _in("gen_ai.usage.output_token_details", "reasoning", take=Take.COUNT),
        "llm.token_count.completion_details.reasoning", "llm.usage.reasoning_tokens", *_USAGE_LAST,
    ),
    _rule("cache_write_1h_tokens", Take.COUNT,
        _in("ai.response.providerMetadata", "anthropic", "usage", take=Take.USAGE),
        _in("ai.response.providerMetadata", "bedrock", "usage", take=Take.USAGE), *_USAGE_FIRST,
        "gen_ai.usage.cache_creation.input_tokens.ephemeral_1h", f"{_ANTHROPIC}1h_input_tokens",
        Source("gen_ai.usage.input_token_details", Take.USAGE), *_LANGCHAIN_RAW, *_USAGE_LAST,
    ),
    _rule("input_audio_tokens", Take.COUNT,
        *_GEMINI, *_USAGE_FIRST,
        "gen_ai.usage.audio.input_tokens", "gen_ai.usage.audio_input_tokens",
        "gen_ai.usage.details.input_audio_tokens", "gen_ai.usage.details.audio_prompt_tokens",
        _in("gen_ai.usage.input_token_details", "audio", take=Take.COUNT),
        "llm.token_count.prompt_details.audio", *_USAGE_LAST,
    ),
    _rule("input_image_tokens", Take.COUNT,
        *_GEMINI, *_USAGE_FIRST,
        "gen_ai.usage.image.input_tokens", "gen_ai.usage.details.image_prompt_tokens",
        _in("gen_ai.usage.input_token_details", "image", take=Take.COUNT), *_USAGE_LAST,
    ),
    _rule("output_audio_tokens", Take.COUNT,
        *_GEMINI, *_USAGE_FIRST,
        "gen_ai.usage.audio.output_tokens", "gen_ai.usage.details.output_audio_tokens",
        "gen_ai.usage.details.audio_candidates_tokens", "gen_ai.usage.details.audio_tokens",
        "gen_ai.aggregated_usage.details.audio_tokens",
        _in("gen_ai.usage.output_token_details", "audio", take=Take.COUNT),
        "llm.token_count.completion_details.audio", *_USAGE_LAST,
    ),
    _rule("output_image_tokens", Take.COUNT,
        *_GEMINI, *_USAGE_FIRST,
        "gen_ai.usage.image.output_tokens", "gen_ai.usage.details.image_candidates_tokens",
        _in("gen_ai.usage.output_token_details", "image", take=Take.COUNT), *_USAGE_LAST,
    ),
    _rule("reported_cost_usd", Take.USD,
        "gen_ai.usage.cost", "gen_ai.cost.total_cost", "gen_ai.usage.total_cost", "llm.cost.total",
        "litellm.cost.total", "operation.cost", "_signoz.gen_ai.total_cost",
        _in("ai.response.providerMetadata", "gateway", "cost", take=Take.USD, only="llm"),
        _in("ai.response.providerMetadata", "openrouter", "usage", "cost", take=Take.USD, only="llm"),
        *(_in("output.value", "usage", "cost", *of, take=Take.USD, only="llm") for of in ((), ("total_cost",))),
        Source("gen_ai.usage.input_cost", Take.USD, plus=(("gen_ai.usage.output_cost",),)),
        Source("gen_ai.cost.input_cost", Take.USD, plus=(("gen_ai.cost.output_cost",),)),
        Source("llm.cost.prompt", Take.USD, plus=(("llm.cost.completion",),)),
        _in("langfuse.observation.cost_details", "total", take=Take.USD),
        Source("langfuse.observation.cost_details", Take.USD_SUM),
    ),
    _rule("tool_name", Take.TEXT,
        "ai.toolCall.name", "gen_ai.tool.name", "lk.function_tool.name", "haystack.tool.name", "tool.name",
        "tool_call.function.name", "mcp.tool.name",
    ),
    _rule("tool_call_id", Take.TEXT,
        "ai.toolCall.id", Source("langfuse.observation.metadata.tool_call_id", Take.QUOTED), "gen_ai.tool.call.id",
        "lk.function_tool.id", "tool.id", "tool_call.id", _in("output.value", "data", "tool_call_id", only="tool"),
        _in("output.value", "tool_call_id", only="tool"), _in("output.value", "kwargs", "tool_call_id", only="tool"),
        _in("gen_ai.tool.call.result", "output", "kwargs", "tool_call_id", only="tool"),
        _in("traceloop.entity.output", "output", "kwargs", "tool_call_id", only="tool"),
        _in("gen_ai.completion", "output", "tool_call_id", only="tool"),
        _in("langfuse.observation.output", "tool_call_id", only="tool"),
    ),
    _rule("agent_name", Take.TEXT,
        "gen_ai.agent.name", "agent.name", "agent_name",
        _in("langfuse.observation.metadata.lc_agent_name", take=Take.QUOTED, only="agent"),
        _in("langsmith.metadata.lc_agent_name", only="agent"), _in("graph.node.id", only="agent"),
        "ai.telemetry.functionId",
    ),
    _rule("agent_id", Take.TEXT, "gen_ai.agent.id"),
    _rule("workflow_name", Take.TEXT, "gen_ai.workflow.name", "traceloop.workflow.name"),
    _rule("session_id", Take.TEXT,
        "langfuse.session.id", "ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.session_id",
        "ai.telemetry.metadata.threadId", "ai.settings.context.sessionId", "ai.settings.context.session_id",
        "lmnr.association.properties.session_id", "langsmith.metadata.session_id", "langsmith.metadata.thread_id",
        "langsmith.trace.session_id", Source("mlflow.trace.session", Take.QUOTED),
        "traceloop.association.properties.session_id", "traceloop.association.properties.thread_id",
        "gen_ai.conversation.id", "gcp.vertex.agent.session_id", "gen_ai.agent.session_id", "session.id", "sessionId",
        "session_id", "thread_id", "traceloop.correlation.id", "Helicone-Session-Id",
    ),
    _rule("user_id", Take.TEXT,
        "langfuse.user.id", "ai.telemetry.metadata.userId", "ai.telemetry.metadata.user_id",
        "ai.settings.context.userId", "ai.settings.context.user_id", "lmnr.association.properties.user_id",
        "langsmith.metadata.user_id", Source("mlflow.trace.user", Take.QUOTED),
        "traceloop.association.properties.user_id", "user.id", "enduser.id", "enduser.pseudo.id", "gen_ai.user",
        "gen_ai.request.user", "llm.user", "userId", "llm.openai.user", _in("llm.anthropic.metadata", "user_id"),
    ),
    _rule("time_to_first_chunk_s", Take.NUMBER,
        Source("ai.response.msToFirstChunk", Take.MILLISECONDS),
        Source("ai.stream.msToFirstChunk", Take.MILLISECONDS), "gen_ai.response.time_to_first_chunk",
        "gen_ai.client.operation.time_to_first_chunk", "lk.response.ttft", "gen_ai.server.ttft",
        Source("gen_ai.server.time_to_first_token", Take.MILLISECONDS, beside="gen_ai.event.start_time"),
        "gen_ai.server.time_to_first_token",
    ),
    _rule("service_tier", Take.TEXT,
        # Anthropic says its speed beside its tier, which is the standard one then.
        *_in_each(("gen_ai.usage.raw", "metadata.usage_object", "llm.anthropic.usage"), "speed", take=Take.SPEED),
        *_responses("usage", "speed", take=Take.SPEED),
        _in("ai.response.providerMetadata", "anthropic", "usage", "speed", take=Take.SPEED),
        "openai.response.service_tier", "anthropic.response.service_tier", "gen_ai.openai.response.service_tier",
        "gen_ai.response.service_tier", _in("ai.response.providerMetadata", "openai", "serviceTier"),
        _in("ai.response.providerMetadata", "anthropic", "usage", "service_tier"), "llm.openai.service_tier",
        *_responses("service_tier"), *_responses("usage", "service_tier"),
        *_responses("generations", 0, 0, "message", "kwargs", "response_metadata", "service_tier"),
        *_in_each(("gen_ai.usage.raw", "metadata.usage_object", "llm.anthropic.usage"), "service_tier"),
        # LangChain has the tier in the names of its details.
        _in("langsmith.metadata.usage_metadata", "input_token_details", "flex", take=Take.NAME),
        _in("langsmith.metadata.usage_metadata", "input_token_details", "priority", take=Take.NAME),
        # Gemini's.
        *_in_each(("gen_ai.usage.raw", "metadata.usage_object"), "traffic_type", take=Take.TRAFFIC),
        *_in_each(("gen_ai.usage.raw", "metadata.usage_object"), "trafficType", take=Take.TRAFFIC),
        _in("gcp.vertex.agent.llm_response", "usage_metadata", "traffic_type", take=Take.TRAFFIC),
        _in("ai.response.providerMetadata", "google", "usageMetadata", "trafficType", take=Take.TRAFFIC),
        _in("ai.response.providerMetadata", "vertex", "usageMetadata", "trafficType", take=Take.TRAFFIC),
        *_responses("usage_metadata", "traffic_type", take=Take.TRAFFIC),
        *_responses("usageMetadata", "trafficType", take=Take.TRAFFIC),
        # What was asked for.
        *_in_each(_PARAMETERS, "speed", take=Take.SPEED), "openai.request.service_tier",
        "gen_ai.openai.request.service_tier", *_in_each(_PARAMETERS, "service_tier"), *_requests("service_tier"),
    ),
    _rule("evaluation_name", Take.TEXT, "gen_ai.evaluation.name"),
    _rule("evaluation_score", Take.NUMBER, "gen_ai.evaluation.score.value"),
    _rule("evaluation_label", Take.TEXT, "gen_ai.evaluation.score.label"),
    _rule("evaluation_explanation", Take.TEXT, "gen_ai.evaluation.explanation"),
    _rule("system_instructions", Take.PARTS,
        Source("gen_ai.system_instructions", Take.MOVED_MESSAGES), "gen_ai.agent.instructions",
        "llm.anthropic.system", _in("llm.invocation_parameters", "system", take=Take.PARTS),
    ),
    _rule("tool_definitions", Take.TOOLS,
        "ai.prompt.tools", Source("gen_ai.tool.definitions", Take.MOVED_MESSAGES), "gen_ai.request.available_tools",
        "mlflow.chat.tools", Source("llm.tools.", Take.FLAT_TOOLS), Source("llm.request.functions.", Take.FLAT_TOOLS),
        "haystack.agent.tools", "tools", "llm.openai.tools", "llm.anthropic.tools",
    ),
)  # fmt: skip
"""Columns of which each source says all, but for what goes in and comes out."""

UNIT_RULES: Final[tuple[Rule, ...]] = (
    _rule("web_searches", Take.COUNT,
        _in("ai.response.providerMetadata", "anthropic", "usage", take=Take.USAGE, only="llm"),
        _in("metadata", "server_tool_use", "web_search_requests", take=Take.COUNT, only="llm"),
        Source("gen_ai.usage.details.web_search_requests", Take.COUNT, only="llm"),
        *_responses("tool_usage", "web_search", "num_requests", take=Take.COUNT),
        *(replace(source, only="llm") for source in _USAGE_LAST),
    ),
    _rule("search_context_size", Take.TEXT,
        *(_in(key, "search_context_size", only="llm") for key in ("gen_ai.usage.raw", "metadata.usage_object")),
        *_responses("usage", "search_context_size"),
    ),
    _rule("pictures", Take.PICTURES,
        Source("gen_ai.response.image", Take.PICTURES, only="llm"),
        _in("response_data", "images", take=Take.PICTURES, only="llm"),
        Source("output.value", Take.PICTURES, ("data",), only="llm", beside="output.images.0.image.url"),
        Source("output.value", Take.PICTURES_ANSWER, only="llm", beside="llm.invocation_parameters"),
    ),
    *(
        _rule(f"picture_{name}", Take.TEXT,
            f"gen_ai.response.image_{name}", f"gen_ai.request.image_{name}", _in("request_data", name, only="llm"),
            Source("output.value", Take.TEXT, (name,), only="llm", beside="llm.invocation_parameters"),
            _in("llm.invocation_parameters", name, only="llm"),
        )
        for name in ("size", "quality")
    ),
)  # fmt: skip
"""What the column `units` is made of, see `units`."""

EVENTS_KEY: Final = "span events"
"""Stands for a span's GenAI events where a key of an attribute stands else."""

INPUTS: Final = _rule("input_messages", Take.PAYLOAD,
    "langfuse.observation.input", "mlflow.spanInputs", "lmnr.span.input", "langsmith.entity.input",
    Source("ai.prompt.messages", Take.MESSAGES), "ai.prompt", Source("ai.toolCall.args", Take.PAYLOAD),
    "gcp.vertex.agent.tool_call_args", "gcp.vertex.agent.llm_request", "haystack.agent.step.llm.input",
    "haystack.agent.step.tool.input", "haystack.agent.input", Source("events", Take.CONVERSATION),
    Source("all_messages_events", Take.CONVERSATION), Source("pydantic_ai.all_messages", Take.CONVERSATION),
    "tool_arguments", "agentops.entity.input", "smolagents.task",
    Source("gen_ai.input.messages", Take.MOVED_MESSAGES), Source("gen_ai.tool.call.arguments", Take.MOVED_JSON),
    Source(EVENTS_KEY, Take.EVENTS), Source("gen_ai.request.messages", Take.MESSAGES), "gen_ai.tool.input",
    "gen_ai.tool.args", "gen_ai.prompt", Source("gen_ai.prompt.", Take.FLAT), "gen_ai.workflow.input",
    "gen_ai.task.input", "lk.pii.chat_ctx", "lk.chat_ctx", "lk.pii.user_input", "lk.user_input", "lk.input_text",
    "lk.pii.function_tool.arguments", "lk.function_tool.arguments", Source("input.value", Take.BODY, only="chain"),
    Source("llm.input_messages.", Take.FLAT), "traceloop.entity.input", Source("llm.prompts.", Take.FLAT),
    Source("llm.openai.messages", Take.MESSAGES), Source("llm.anthropic.messages", Take.MESSAGES),
    "tool_call.function.arguments", "mcp.request.argument", "input.value", "langfuse.trace.input",
    Source("tool.parameters", Take.ARGUMENTS, only="tool"),
)  # fmt: skip
"""What went in: messages, or a tool's arguments (`tool_arguments`) on a tool's span."""

OUTPUTS: Final = _rule("output_messages", Take.PAYLOAD,
    "langfuse.observation.output", "mlflow.spanOutputs", "lmnr.span.output", "langsmith.entity.output",
    Source("ai.response.text", Take.ANSWER), "ai.toolCall.result", "gcp.vertex.agent.tool_response",
    "gcp.vertex.agent.llm_response", "haystack.agent.step.llm.output", "haystack.agent.step.tool.output",
    "haystack.agent.output", Source("events", Take.CONVERSATION), Source("all_messages_events", Take.CONVERSATION),
    Source("pydantic_ai.all_messages", Take.CONVERSATION), "final_result", "tool_response", "agentops.entity.output",
    Source("gen_ai.output.messages", Take.MOVED_MESSAGES), Source("gen_ai.tool.call.result", Take.MOVED_JSON),
    Source(EVENTS_KEY, Take.EVENTS), Source("gen_ai.response.text", Take.ANSWER), "gen_ai.tool.output",
    "gen_ai.completion", Source("gen_ai.completion.", Take.FLAT), "gen_ai.workflow.output", "gen_ai.task.output",
    Source("lk.pii.response.text", Take.ANSWER), Source("lk.response.text", Take.ANSWER),
    "lk.pii.function_tool.output", "lk.function_tool.output", Source("output.value", Take.BODY, only="chain"),
    Source("llm.output_messages.", Take.FLAT), "traceloop.entity.output", Source("llm.choices.", Take.FLAT),
    Source("llm.openai.choices", Take.MESSAGES), Source("llm.anthropic.content", Take.ANSWER), "mcp.response.value",
    "output.value", "langfuse.trace.output",
)  # fmt: skip
"""What came out: messages, or a tool's result (`tool_result`) on a tool's span."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Attributes of which one message is put together; each may be missing."""

    text: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    reasoning: tuple[str, ...] = ()
    structured: tuple[str, ...] = ()
    """An object that was asked for: shown as its JSON text."""
    content: tuple[str, ...] = ()
    """A message's content, parts of any notation."""
    finish: tuple[str, ...] = ()
    """Why the model stopped."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Return all of them."""
        return (*self.text, *self.calls, *self.reasoning, *self.structured, *self.content, *self.finish)


ANSWERS: Final[dict[str, Answer]] = {
    "ai.response.text": Answer(
        text=("ai.response.text", "ai.result.text"),
        calls=("ai.response.toolCalls", "ai.result.toolCalls"),
        reasoning=("ai.response.reasoning",),
        structured=("ai.response.object", "ai.result.object"),
    ),
    "gen_ai.response.text": Answer(text=("gen_ai.response.text",), calls=("gen_ai.response.tool_calls",)),
    "lk.pii.response.text": Answer(text=("lk.pii.response.text",), calls=("lk.pii.response.function_calls",)),
    "lk.response.text": Answer(text=("lk.response.text",), calls=("lk.response.function_calls",)),
    "llm.anthropic.content": Answer(content=("llm.anthropic.content",), finish=("llm.anthropic.stop_reason",)),
}
"""By the key of the source that stands for each."""


PREFIXES: Final = tuple(
    dict.fromkeys(
        source.key
        for rule in (*RULES, INPUTS, OUTPUTS)
        for source in rule.sources
        if source.take in (Take.FLAT, Take.FLAT_TOOLS)
    )
)
"""Prefixes of the keys that have an index behind them."""

MOVED_COLUMNS: Final[dict[str, str]] = {
    "gen_ai.input.messages": "input_messages",
    "gen_ai.output.messages": "output_messages",
    "gen_ai.system_instructions": "system_instructions",
    "gen_ai.tool.definitions": "tool_definitions",
    "gen_ai.tool.call.arguments": "tool_arguments",
    "gen_ai.tool.call.result": "tool_result",
}
"""Attribute key -> column that holds its value for a key in `lifted`."""
