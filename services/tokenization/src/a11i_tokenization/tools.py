"""Tokens of tool definitions, by the formula of OpenAI's cookbook ("How to count tokens with tiktoken", part 7).

The provider turns definitions into a text of its own; the formula gives that text's length for function tools with
flat parameters. Anything else is counted as its JSON text, which is no exact count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from a11i_tokenization.messages import Json, compact_json, split_messages

_FUNCTION_TOKENS: Final = {"cl100k_base": 10}
_FUNCTION_TOKENS_O200K: Final = 7
_PROPERTIES_TOKENS: Final = 3
_PROPERTY_TOKENS: Final = 3
_ENUM_TOKENS: Final = -3
_ENUM_ITEM_TOKENS: Final = 3
_END_TOKENS: Final = 12
"""The cookbook's constants; the first for gpt-4 and gpt-3.5-turbo, the second for gpt-4o."""

_PROMPT_TOKENS: Final = {"claude2": 346}
"""Of the system prompt that a vendor adds to calls with tools, in place of OpenAI's end: what Anthropic's "Tool use"
said of most models of its fourth generation. Later pages have from 290 to 804, by model and choice of tools.
"""
_PARAMETERS: Final = ("parameters", "input_schema", "inputSchema")
"""Where a function's parameters stand: OpenAI's and OpenTelemetry's, Anthropic's, Bedrock's and MCP's."""


@dataclass(slots=True)
class ToolsText:
    """What of tool definitions counts."""

    added: int = 0
    """Tokens that the formula adds to those of the texts."""
    texts: list[str] = field(default_factory=list)
    exact: bool = True
    """False if the definitions are not of the form that the formula is for."""


def tools_text(definitions: str, encoding: str) -> ToolsText:
    """Return what counts of `gen_ai.tool.definitions` (JSON text) for the models of an encoding."""
    found = ToolsText()
    for tool in split_messages(definitions):
        _add_tool(found, tool, encoding)
    if found.texts:
        found.added += _PROMPT_TOKENS.get(encoding, _END_TOKENS)
    return found


def _add_tool(found: ToolsText, tool: Json, encoding: str) -> None:
    function = tool.get("function", tool) if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        found.texts.append(compact_json(tool).decode())
        found.exact = False
        return
    found.added += _FUNCTION_TOKENS.get(encoding, _FUNCTION_TOKENS_O200K)
    found.texts.append(f"{function['name']}:{_sentence(function.get('description'))}")
    parameters = next((function[key] for key in _PARAMETERS if key in function), None)
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    if isinstance(properties, dict) and properties:
        found.added += _PROPERTIES_TOKENS
        for name, schema in properties.items():
            _add_property(found, name, schema)


def _add_property(found: ToolsText, name: str, schema: Json) -> None:
    found.added += _PROPERTY_TOKENS
    if not isinstance(schema, Mapping):
        found.texts.append(name)
        found.exact = False
        return
    kind = schema.get("type")
    found.exact &= isinstance(kind, str) and kind not in ("object", "array")
    enum = schema.get("enum")
    if isinstance(enum, list):
        found.added += _ENUM_TOKENS + _ENUM_ITEM_TOKENS * len(enum)
        found.texts += (_plain(item) for item in enum)
    found.texts.append(f"{name}:{_plain(kind)}:{_sentence(schema.get('description'))}")
    nested = schema.get("properties") or schema.get("items")
    if nested:
        found.texts.append(compact_json(nested).decode())


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else compact_json(value).decode()


def _sentence(description: Json) -> str:
    return description.removesuffix(".") if isinstance(description, str) else ""
