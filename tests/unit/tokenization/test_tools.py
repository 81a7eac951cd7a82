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


_WEATHER = {"name": "get_weather", "description": "The weather.", "input_schema": _SCHEMA}
_FUNCTION = {"name": "get_weather", "description": "The weather.", "parameters": _SCHEMA}
_AS_FUNCTION = {"type": "function", "function": _FUNCTION}


@pytest.mark.parametrize("encoding", ["deepseek_v3", "tekken", "mistral_v3", "characters", "an-operators"])
@pytest.mark.parametrize("tool", [_WEATHER, _AS_FUNCTION, {"type": "function", **_FUNCTION}])
def test_open_models_have_tools_as_json_which_is_an_estimate(encoding: str, tool: Any) -> None:
    found = tools_text(json.dumps([tool, tool]), encoding)
    assert (found.texts, found.added, found.exact) == ([json.dumps(_AS_FUNCTION)] * 2, 0, False)


@pytest.mark.parametrize(
    ("encoding", "indent", "words"), [("llama3", 4, "Given the following"), ("qwen2", None, "# Tools")]
)
def test_a_chat_templates_own_words_count_with_the_tools(encoding: str, indent: int | None, words: str) -> None:
    found = tools_text(json.dumps([_WEATHER]), encoding)
    assert json.dumps(_AS_FUNCTION, indent=indent) in found.texts
    assert words in found.texts[0]
    assert not found.exact
    assert tools_text("[]", encoding).texts == []


@pytest.mark.parametrize(
    ("encoding", "exact"),
    [("o200k_base", True), ("cl100k_base", True), ("o200k_harmony", False), ("claude2", False), ("llama4", False)],
)
def test_the_formula_is_exact_for_openais_encodings_alone(encoding: str, exact: bool) -> None:
    assert tools_text(json.dumps([_WEATHER]), encoding).exact is exact


def test_definitions_of_no_known_form_are_their_json_text() -> None:
    assert tools_text('[{"toolSpec": {"a": 1}}]', "tekken").texts == ['{"toolSpec": {"a": 1}}']
