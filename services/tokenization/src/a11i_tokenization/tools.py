"""Tokens of tool definitions: by the formula of OpenAI's cookbook ("How to count tokens with tiktoken", part 7) for
OpenAI's encodings, as their JSON text for others.

OpenAI turns definitions into a text of its own; the formula gives that text's length for function tools with flat
parameters. Anything else is counted as its JSON text, which is no exact count. The chat templates of open models put
the JSON text in, some with words before and behind; how it is spaced and ordered differs, so that these are estimates.
"""

import json
from collections.abc import Mapping, Sequence
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
_BY_FORMULA: Final = frozenset({"o200k_base", "cl100k_base", "o200k_harmony", *_PROMPT_TOKENS})
_EXACT: Final = frozenset({"o200k_base", "cl100k_base"})
"""Whose tools the formula is for; OpenAI's harmony and Anthropic write them in other ways, of about that length."""
_PARAMETERS: Final = ("parameters", "input_schema", "inputSchema")
"""Where a function's parameters stand: OpenAI's and OpenTelemetry's, Anthropic's, Bedrock's and MCP's."""


@dataclass(frozen=True, slots=True)
class _Template:
    """What a chat template puts around tools' JSON texts."""

    before: str = ""
    after: str = ""
    indent: int | None = None


_TEMPLATES: Final = (
    (
        "llama",  # Of Llama 3.1 to 3.3.
        _Template(
            "Given the following functions, please respond with a JSON for a function call with its proper arguments "
            'that best answers the given prompt.\n\nRespond in the format {"name": function name, "parameters": '
            "dictionary of argument name and its value}.Do not use variables.\n\n",
            indent=4,
        ),
    ),
    (
        "qwen",  # Of Qwen 2.5 and 3.
        _Template(
            "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with "
            "function signatures within <tools></tools> XML tags:\n<tools>",
            "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
            '<tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": '
            "<args-json-object>}\n</tool_call>",
        ),
    ),
)
"""By how the encoding's name begins; the others put in the JSON text alone, or nobody knows."""
_NO_TEMPLATE: Final = _Template()


@dataclass(slots=True)
class ToolsText:
    """What of tool definitions counts."""

    added: int = 0
    """Tokens that the formula adds to those of the texts."""
    texts: list[str] = field(default_factory=list)
    exact: bool = True
    """False if no formula is for the definitions, or for the encoding."""


def tools_text(definitions: str, encoding: str) -> ToolsText:
    """Return what counts of `gen_ai.tool.definitions` (JSON text) for the models of an encoding."""
    tools = split_messages(definitions)
    if encoding not in _BY_FORMULA:
        return _json_texts(tools, encoding)
    found = ToolsText(exact=encoding in _EXACT)
    for tool in tools:
        _add_tool(found, tool, encoding)
    if found.texts:
        found.added += _PROMPT_TOKENS.get(encoding, _END_TOKENS)
    return found


def _json_texts(tools: Sequence[Json], encoding: str) -> ToolsText:
    found = ToolsText(exact=False)
    if tools:
        template = next((one for prefix, one in _TEMPLATES if encoding.startswith(prefix)), _NO_TEMPLATE)
        found.texts = [text for text in (template.before, *(_json_text(tool, template) for tool in tools)) if text]
        found.texts += [template.after] if template.after else []
    return found


def _json_text(tool: Json, template: _Template) -> str:
    compact_json(tool)  # Raises JsonDepthError, where the standard library's writer would run out of its stack.
    function = tool.get("function", tool) if isinstance(tool, dict) else None
    if isinstance(function, dict) and isinstance(function.get("name"), str):
        named = {"name": function["name"], "description": function.get("description", "")}
        parameters = next((function[key] for key in _PARAMETERS if key in function), {})
        tool = {"type": "function", "function": {**named, "parameters": parameters}}
    return json.dumps(tool, ensure_ascii=False, indent=template.indent)


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
