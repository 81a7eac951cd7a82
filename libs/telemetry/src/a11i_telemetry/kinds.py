"""What kind of step a span is: the words that each convention has for it, and OpenTelemetry's operation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class KindRule:
    """One attribute that says, by its value or by being there, what a step is."""

    key: str
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Word, in lower case -> `step_kind`. Words that are not in it leave the question to the next rule."""
    present: str | None = None
    """`step_kind` of every span that has the attribute, whatever its value; "" for none."""
    named: bool = False
    """Whether its spans of tools and agents have these's names, and no attribute for them."""


_LITELLM: Final = {
    "completion": "llm",
    "text_completion": "llm",
    "responses": "llm",
    "realtime": "llm",
    "anthropic_messages": "llm",
    "generate_content": "llm",
    "generate_content_stream": "llm",
    "image_generation": "llm",
    "image_edit": "llm",
    "transcription": "llm",
    "speech": "llm",
    "video_generation": "llm",
    "embedding": "embedding",
    "rerank": "rerank",
}
"""LiteLLM's functions that call a model, which it says for operations: its proxy those with an "a" before them."""

_OPERATIONS: Final = {
    **_LITELLM,
    **{f"a{word}": kind for word, kind in _LITELLM.items()},
    "_arealtime": "llm",
    "chat": "llm",
    "chat.completions": "llm",
    "messages": "llm",
    "converse": "llm",
    "invoke_model": "llm",
    "image": "llm",
    "audio": "llm",
    "translation": "llm",
    "embeddings": "embedding",
    "retrieval": "retrieval",
    "search_memory": "retrieval",
    "execute_tool": "tool",
    "create_agent": "agent",
    "invoke_agent": "agent",
    "invoke_workflow": "workflow",
    "evaluate": "evaluation",
    "guardrail": "guardrail",
}
"""`gen_ai.operation.name` -> `step_kind`."""

_AI_SDK: Final = {
    "ai.generatetext": "agent",
    "ai.streamtext": "agent",
    "ai.generateobject": "agent",
    "ai.streamobject": "agent",
    "ai.generatetext.dogenerate": "llm",
    "ai.streamtext.dostream": "llm",
    "ai.generateobject.dogenerate": "llm",
    "ai.streamobject.dostream": "llm",
    "ai.embed": "chain",
    "ai.embedmany": "chain",
    "ai.embed.doembed": "embedding",
    "ai.embedmany.doembed": "embedding",
    "ai.rerank": "chain",
    "ai.rerank.dorerank": "rerank",
    "ai.toolcall": "tool",
}
_WORDS: Final = {
    "llm": "llm",
    "generation": "llm",
    "chat_model": "llm",
    "chat": "llm",
    "completion": "llm",
    "agent": "agent",
    "workflow": "workflow",
    "tool": "tool",
    "task": "chain",
    "chain": "chain",
    "parser": "chain",
    "prompt": "chain",
    "memory": "chain",
    "retriever": "retrieval",
    "retrieval": "retrieval",
    "reranker": "rerank",
    "rerank": "rerank",
    "embedding": "embedding",
    "guardrail": "guardrail",
    "evaluator": "evaluation",
    "evaluation": "evaluation",
    "executor": "tool",
}
"""Words that the conventions share. What says nothing (span, event, default, unknown) is not here."""

KIND_RULES: Final[tuple[KindRule, ...]] = (
    # Frameworks' own.
    KindRule("langfuse.observation.type", _WORDS | {"span": "chain"}, named=True),
    KindRule("lmnr.span.type", _WORDS | {"default": "chain", "human_evaluator": "evaluation"}, named=True),
    KindRule("mlflow.spanType", _WORDS, named=True),
    KindRule("langsmith.span.kind", _WORDS, named=True),
    KindRule("ai.operationId", _AI_SDK),
    KindRule("haystack.agent.step.llm.input", present="llm"),
    KindRule("haystack.agent.step.tool.input", present="tool"),
    KindRule("haystack.agent.step", present="chain"),
    KindRule("haystack.agent.input", present="agent"),
    KindRule("haystack.agent.max_steps", present="agent"),
    KindRule("lk.retry_count", present=""),
    KindRule("lk.pii.chat_ctx", present="chain"),
    KindRule("lk.chat_ctx", present="chain"),
    KindRule("agentops.span.kind", _WORDS | {"operation": "chain", "session": "workflow"}),
    KindRule("genkit:metadata:subtype", _WORDS | {"model": "llm", "embedder": "embedding", "flow": "workflow"}),
    KindRule("traceloop.span.kind", _WORDS),
    # OpenTelemetry.
    KindRule("gen_ai.operation.name", _OPERATIONS | _WORDS),
    # Others.
    KindRule("openinference.span.kind", _WORDS),
    KindRule("llm.request.type", _WORDS),
    KindRule("mcp.method.name", {"tools/call": "tool"}),
    KindRule("sentry.op", {f"gen_ai.{word}": kind for word, kind in (_OPERATIONS | _WORDS).items()}),
    KindRule("function.args", present="chain"),
    KindRule("embedding.model_name", present="embedding"),
    KindRule("reranker.model_name", present="rerank"),
)
"""In order of precedence."""

OPERATIONS: Final = {"chat": "chat", "embedding": "embeddings"}
"""Words of others that say an operation -> `gen_ai.operation.name`'s word for it."""

KIND_OF_OTHER_OPERATION: Final = "chain"
"""`step_kind` of an operation that neither the table knows nor `kind_of_operation`."""

_NO_CALL: Final = re.compile(
    r"agent|workflow|task|cycle|loop|chain|step|plan|tool|function|memory|retriev|search|crew|flow|session|graph|node"
    r"|pipeline|rout|handoff|guard|eval|judge|thread|batch|count|tokeni|list|get_|delete|cancel|file|job|tun|train|cache"
    r"|send|receiv|process|pars|format|templat|prompt"
    r"|\b(?:(?:load|sav(?:e|ing)|upload|download|publish|insert|updat(?:e|ing)|upsert|fetch|persist|histor(?:y|ies)|index"
    r"|indic|split|chunk|contextuali|compress|filter|build|render|handl(?:e|ing)|validat|queue|enqueue|dequeue|http|webhook"
    r"|websocket|connect|initiali|logg)[a-z]*|(?:stor(?:e|age|ing)|read|writ(?:e|ing)|import|export|context|log)(?:s|rs?|ers?"
    r"|ed|ing)?|db|sql|init|setup)\b"
)
"""In names of what is around calls, or is none that is billed by the token."""
_CALLS: Final = (
    (re.compile(r"\b[a-z]*embed(?:s|ding|dings|der)?\b|\bvectori[sz](?:e|ing|ation)\b"), "embedding"),
    (re.compile(r"\ba?re ?rank(?:s|er|ing)?\b"), "rerank"),
    (
        re.compile(
            r"\ba?(?:chats?|(?:create)?(?:chat)?completions?|complete|generat(?:e|es|ing)|(?:text|image|video)?generations?"
            r"|respond|infer|inference|predict|text(?:to|2)(?:speech|image|video|audio)|speechtotext"
            r"|invoke ?model|converse|speech|transcri(?:be|ption|ptions|bing)|translat(?:e|ion|ions|ing)|realtime|ocr"
            r"|moderat(?:e|ion|ions))\b|\bpredictions?$"
        ),
        "llm",
    ),
)
"""In the words of operations' names -> what they call."""
_THING: Final = r"(?:messages?|responses?|images?|audio|video|vision|conversations?)"
_BESIDE_THINGS: Final = (
    r"(?:to|from|into|a?create|edits?|variations?|stream|streaming|text|model|llm|beta|async|with|raw|openai|anthropic|azure"
    r"|bedrock|gemini|google|vertex|claude|gpt|mistral|[0-9]+)"
)
_THINGS: Final = re.compile(rf"(?:{_BESIDE_THINGS} )*{_THING}(?: (?:{_THING}|{_BESIDE_THINGS}))*")
"""Names of what a model answers with, which others load, draw or send, too: a call if no other word is beside it."""


@lru_cache(maxsize=1024)
def kind_of_operation(name: str, names_model: bool) -> str | None:
    """Return what an operation that the table does not have calls; None if its name does not say a call.

    Spellings of the table's words (`text-completion`, `ChatCompletion`) are told of every span, others only of those
    that name a model: a wrapper that were taken for a call would be billed beside it.
    """
    plain = _SEPARATORS.sub("", name.lower())
    if (known := _PLAIN_OPERATIONS.get(plain)) is not None:
        return known
    words = " ".join(_NAME_WORDS.findall(name)).lower()
    if not names_model or _NO_CALL.search(name.lower()) or _NO_CALL.search(words):
        return None
    if _THINGS.fullmatch(words):
        return "llm"
    return next((kind for pattern, kind in _CALLS if pattern.search(words)), None)


_NAME_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SEPARATORS: Final = re.compile(r"[-_. /]")
_PLAIN_OPERATIONS: Final = {
    **{_SEPARATORS.sub("", f"{word}{many}"): kind for word, kind in _OPERATIONS.items() for many in ("", "s")},
    "embed": "embedding",
}

KIND_BY_COLUMN: Final[tuple[tuple[str, str], ...]] = (
    ("tool_name", "tool"),
    ("evaluation_name", "evaluation"),
    ("request_model", "llm"),
    ("response_model", "llm"),
)
"""For spans that say nothing of their kind: the first of these columns that is known decides."""

PROVIDERS: Final[dict[str, str]] = {
    "anthropic": "anthropic",
    "aws": "aws.bedrock",
    "aws.bedrock": "aws.bedrock",
    "aws_bedrock": "aws.bedrock",
    "amazon-bedrock": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "az.ai.inference": "azure.ai.inference",
    "az.ai.openai": "azure.ai.openai",
    "azure": "azure.ai.openai",
    "azure-openai": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "google.generative-ai": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "google_generativeai": "gcp.gemini",
    "google.vertex": "gcp.vertex_ai",
    "google_vertexai": "gcp.vertex_ai",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "vertex": "gcp.vertex_ai",
    "ibm.watson.ai": "ibm.watsonx.ai",
    "watsonx": "ibm.watsonx.ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "moonshot": "moonshot_ai",
    "xai": "x_ai",
    "fireworks_ai": "fireworks",
    "together_ai": "together",
}
"""Other names of providers, in lower case -> OpenTelemetry's `gen_ai.provider.name`."""

NO_PROVIDERS: Final = frozenset({
    "strands-agents", "langgraph", "langchain", "gcp.vertex.agent", "microsoft.agent_framework", "agent_framework",
    "autogen", "crewai", "llama_index", "llamaindex", "haystack", "livekit", "litellm", "openai_agents", "pydantic-ai",
    "pydantic_ai", "semantic_kernel", "dspy", "smolagents", "mcp", "_other", "unknown", "other", "none",
})  # fmt: skip
"""Frameworks that give their own name where the provider's belongs: of them the provider is not known."""


def provider_of(word: str) -> str | None:
    """Return OpenTelemetry's name of a provider; None if the word is none's. An unknown provider keeps its name.

    The AI SDK's names have the API behind them: `openai.chat`, `anthropic.messages`, `google.generative-ai`.
    """
    lowered = word.strip().lower()
    if not lowered or lowered in NO_PROVIDERS or ":" in lowered or "/" in lowered:  # The latter are addresses.
        return None
    if lowered in PROVIDERS:
        return PROVIDERS[lowered]
    name, _, api = lowered.partition(".")
    if api and (api in _APIS or name in _OF_AI_SDK):
        joined = PROVIDERS.get(f"{name}.{api.partition('.')[0]}")
        return joined or PROVIDERS.get(name, name)
    return lowered


_APIS: Final = frozenset(
    {"chat", "responses", "completion", "completions", "messages", "embedding", "embeddings", "image", "transcription"}
)
_OF_AI_SDK: Final = frozenset(
    {"amazon-bedrock", "google", "azure-openai", "mistral", "xai", "groq", "cohere", "vertex"}
)
