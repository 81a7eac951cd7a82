"""The normaliser's table: which attributes say what a column holds. Data only; `normalise` applies it.

Names are those of OpenTelemetry's GenAI conventions, the current one first and the one it replaced after it.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Take(Enum):
    """How a rule gets its column's value from an attribute."""

    TEXT = "text"
    """Copied as text: strings as they are, integers in decimal digits."""
    MOVED_TEXT = "moved text"
    """As TEXT, arrays and key-value lists as JSON too; a string leaves the attributes and its key goes to `lifted`."""
    TEXT_LIST = "text list"
    """An array of strings; a string is a list of one."""
    COUNT = "count"
    """A whole number, not negative: an integer, or a double or a decimal string that stands for one exactly."""
    NUMBER = "number"
    """A finite number: a double or an integer, or a decimal string."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Where one column comes from."""

    column: str
    take: Take
    keys: tuple[str, ...]
    """Attribute keys in order of precedence: the first that has a usable value wins, and is counted once."""


RULES: Final[tuple[Rule, ...]] = (
    Rule("operation", Take.TEXT, ("gen_ai.operation.name",)),
    Rule("provider", Take.TEXT, ("gen_ai.provider.name", "gen_ai.system")),
    Rule("request_model", Take.TEXT, ("gen_ai.request.model",)),
    Rule("response_model", Take.TEXT, ("gen_ai.response.model",)),
    Rule("response_id", Take.TEXT, ("gen_ai.response.id",)),
    Rule("finish_reasons", Take.TEXT_LIST, ("gen_ai.response.finish_reasons",)),
    Rule("input_tokens", Take.COUNT, ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")),
    Rule("output_tokens", Take.COUNT, ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")),
    Rule("cache_read_tokens", Take.COUNT, ("gen_ai.usage.cache_read.input_tokens",)),
    Rule(
        "cache_write_tokens",
        Take.COUNT,
        ("gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"),
    ),
    Rule("reasoning_tokens", Take.COUNT, ("gen_ai.usage.reasoning.output_tokens",)),
    Rule("input_messages", Take.MOVED_TEXT, ("gen_ai.input.messages",)),
    Rule("output_messages", Take.MOVED_TEXT, ("gen_ai.output.messages",)),
    Rule("system_instructions", Take.MOVED_TEXT, ("gen_ai.system_instructions",)),
    Rule("tool_definitions", Take.MOVED_TEXT, ("gen_ai.tool.definitions",)),
    Rule("tool_name", Take.TEXT, ("gen_ai.tool.name",)),
    Rule("tool_call_id", Take.TEXT, ("gen_ai.tool.call.id",)),
    Rule("tool_arguments", Take.MOVED_TEXT, ("gen_ai.tool.call.arguments",)),
    Rule("tool_result", Take.MOVED_TEXT, ("gen_ai.tool.call.result",)),
    Rule("agent_name", Take.TEXT, ("gen_ai.agent.name",)),
    Rule("agent_id", Take.TEXT, ("gen_ai.agent.id",)),
    Rule("workflow_name", Take.TEXT, ("gen_ai.workflow.name",)),
    Rule("session_id", Take.TEXT, ("gen_ai.conversation.id", "session.id")),
    Rule("user_id", Take.TEXT, ("user.id", "enduser.id")),
    Rule("time_to_first_chunk_s", Take.NUMBER, ("gen_ai.response.time_to_first_chunk",)),
)
"""All rules, one a column."""

MOVED_COLUMNS: Final[dict[str, str]] = {
    key: rule.column for rule in RULES if rule.take is Take.MOVED_TEXT for key in rule.keys
}
"""Attribute key -> column that holds its value for a key in `lifted`."""

STEP_KIND_BY_OPERATION: Final[dict[str, str]] = {
    "chat": "llm",
    "generate_content": "llm",
    "text_completion": "llm",
    "embeddings": "embedding",
    "retrieval": "retrieval",
    "search_memory": "retrieval",
    "rerank": "rerank",
    "execute_tool": "tool",
    "create_agent": "agent",
    "invoke_agent": "agent",
    "invoke_workflow": "workflow",
    "evaluate": "evaluation",
    "guardrail": "guardrail",
}
"""`gen_ai.operation.name` -> `step_kind`. The first seven words and the agents' are OpenTelemetry's."""

STEP_KIND_OF_OTHER_OPERATION: Final = "chain"
"""`step_kind` of an operation that the table does not know."""

STEP_KIND_BY_COLUMN: Final[tuple[tuple[str, str], ...]] = (
    ("tool_name", "tool"),
    ("request_model", "llm"),
    ("response_model", "llm"),
)
"""For spans without an operation: the first of these columns that is not empty says the `step_kind`."""
