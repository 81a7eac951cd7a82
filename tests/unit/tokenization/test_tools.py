"""Tool definitions in the shapes of other vendors than OpenAI."""

import json
from typing import Any

import pytest

from a11i_tokenization.tools import tools_text

_SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string", "description": "The city."}}}


@pytest.mark.parametrize("key", ["input_schema", "inputSchema"])
def test_parameters_count_whatever_a_vendor_calls_them(key: str) -> None:
    def definitions(name: str) -> str:
        return json.dumps([{"name": "get_weather", "description": "The weather.", name: _SCHEMA}])

    assert tools_text(definitions(key), "o200k_base") == tools_text(definitions("parameters"), "o200k_base")
    assert "city:string:The city" in tools_text(definitions(key), "o200k_base").texts


def test_claude_has_a_prompt_of_its_own_with_tools_and_none_without() -> None:
    definitions = json.dumps([{"name": "get_weather"}])
    claude, other = (tools_text(definitions, encoding) for encoding in ("claude2", "o200k_base"))
    assert claude.added - other.added == 346 - 12
    assert tools_text("[]", "claude2").added == 0
