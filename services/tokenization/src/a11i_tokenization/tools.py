"""Tokens of tool definitions, by the formula of OpenAI's cookbook ("How to count tokens with tiktoken", part 7).

The provider turns definitions into a text of its own; the formula gives that text's length for function tools with
flat parameters. Anything else is counted as its JSON text, which is no exact count.
"""

from collections.abc import Callable, Mapping
from typing import Final

from a11i_tokenization.cache import Count
from a11i_tokenization.messages import Json, compact_json, split_messages

_FUNCTION_TOKENS: Final = {"cl100k_base": 10}
_FUNCTION_TOKENS_O200K: Final = 7
_PROPERTIES_TOKENS: Final = 3
_PROPERTY_TOKENS: Final = 3
_ENUM_TOKENS: Final = -3
_ENUM_ITEM_TOKENS: Final = 3
_END_TOKENS: Final = 12
"""The cookbook's constants; the first for gpt-4 and gpt-3.5-turbo, the second for gpt-4o."""


def count_tools(definitions: str, encoding: str, count: Callable[[str], int]) -> Count:
    """Return the tokens of `gen_ai.tool.definitions` (JSON text); `count` counts one text in `encoding`."""
    total = Count(0)
    for tool in split_messages(definitions):
        total += _count_tool(tool, encoding, count)
    return total + Count(_END_TOKENS) if total.tokens else total


def _count_tool(tool: Json, encoding: str, count: Callable[[str], int]) -> Count:
    function = tool.get("function", tool) if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return Count(count(compact_json(tool).decode()), exact=False)
    tokens = _FUNCTION_TOKENS.get(encoding, _FUNCTION_TOKENS_O200K)
    tokens += count(f"{function['name']}:{_sentence(function.get('description'))}")
    parameters = function.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    if not isinstance(properties, dict) or not properties:
        return Count(tokens)
    total = Count(tokens + _PROPERTIES_TOKENS)
    for name, schema in properties.items():
        total += _count_property(name, schema, count)
    return total


def _count_property(name: str, schema: Json, count: Callable[[str], int]) -> Count:
    if not isinstance(schema, Mapping):
        return Count(_PROPERTY_TOKENS + count(name), exact=False)
    tokens = _PROPERTY_TOKENS
    kind = schema.get("type")
    exact = isinstance(kind, str) and kind not in ("object", "array")
    enum = schema.get("enum")
    if isinstance(enum, list):
        tokens += _ENUM_TOKENS + sum(_ENUM_ITEM_TOKENS + count(_plain(item)) for item in enum)
    tokens += count(f"{name}:{_plain(kind)}:{_sentence(schema.get('description'))}")
    nested = schema.get("properties") or schema.get("items")
    if nested:
        tokens += count(compact_json(nested).decode())
    return Count(tokens, exact)


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else compact_json(value).decode()


def _sentence(description: Json) -> str:
    return description.removesuffix(".") if isinstance(description, str) else ""
