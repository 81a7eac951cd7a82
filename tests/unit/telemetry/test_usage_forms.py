"""Objects of a call's tokens in the forms of those who sell models and of those between, read with one meaning.

Each is what the named vendor documents, or what a released package makes of it; the numbers are small where nobody has
published one.
"""

from typing import Any

import pytest

from a11i_telemetry.usage import read_usage

GEMINI_SEARCH = {
    "promptTokenCount": 151,
    "candidatesTokenCount": 1089,
    "totalTokenCount": 20689,
    "toolUsePromptTokenCount": 18329,
    "thoughtsTokenCount": 1120,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 151}],
    "toolUsePromptTokensDetails": [{"modality": "TEXT", "tokenCount": 18329}],
}
"""An answer of gemini-3-flash-preview with Google's search: the four numbers add up to the total."""


def tokens(value: object) -> dict[str, int]:
    """Return what was read, without what is not known."""
    found = read_usage(value)
    assert found is not None
    names = (
        *("input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning"),
        *("input_audio", "input_image", "output_audio", "output_image"),
    )
    numbers = {name: getattr(found, f"{name}_tokens") for name in names}
    return {name: number for name, number in numbers.items() if number is not None}


def _snake(value: Any) -> Any:
    if isinstance(value, dict):
        names = {"promptTokenCount": "prompt_token_count", "candidatesTokenCount": "candidates_token_count"}
        names |= {"totalTokenCount": "total_token_count", "toolUsePromptTokenCount": "tool_use_prompt_token_count"}
        names |= {"thoughtsTokenCount": "thoughts_token_count", "promptTokensDetails": "prompt_tokens_details"}
        names |= {"toolUsePromptTokensDetails": "tool_use_prompt_tokens_details", "tokenCount": "token_count"}
        return {names.get(key, key): _snake(one) for key, one in value.items()}
    return [_snake(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("usage", [GEMINI_SEARCH, _snake(GEMINI_SEARCH)])
def test_what_geminis_tools_gave_the_model_is_input_beside_the_prompt(usage: dict[str, Any]) -> None:
    assert tokens(usage) == {"input": 18480, "output": 2209, "reasoning": 1120}


@pytest.mark.parametrize(
    ("usage", "whole"),
    [
        # No total, as some wrappers leave it out.
        ({"promptTokenCount": 100, "toolUsePromptTokenCount": 5, "candidatesTokenCount": 20}, (105, 20)),
        # Code execution thought and answered nothing yet.
        ({"promptTokenCount": 100, "thoughtsTokenCount": 30, "totalTokenCount": 130}, (100, 30)),
        # ADK has LiteLLM's answers in Gemini's form: LiteLLM's completion has the reasoning in it.
        (
            {
                "prompt_token_count": 100,
                "candidates_token_count": 50,
                "thoughts_token_count": 30,
                "total_token_count": 150,
            },
            (100, 50),
        ),
        # A wrapper that has the tools' tokens in the prompt's already.
        (
            {
                "promptTokenCount": 105,
                "toolUsePromptTokenCount": 5,
                "candidatesTokenCount": 20,
                "thoughtsTokenCount": 30,
                "totalTokenCount": 155,
            },
            (105, 50),
        ),
        (
            {
                "promptTokenCount": 105,
                "toolUsePromptTokenCount": 5,
                "candidatesTokenCount": 20,
                "totalTokenCount": 125,
            },
            (105, 20),
        ),
        # The Live API's answer has a name of its own.
        ({"promptTokenCount": 100, "responseTokenCount": 20, "totalTokenCount": 120}, (100, 20)),
    ],
)
def test_geminis_numbers_add_up_to_its_total(usage: dict[str, Any], whole: tuple[int, int]) -> None:
    found = tokens(usage)
    assert (found["input"], found["output"]) == whole


def test_geminis_tokens_by_modality_include_those_of_its_tools() -> None:
    usage = {
        "promptTokenCount": 300,
        "toolUsePromptTokenCount": 900,
        "responseTokenCount": 80,
        "totalTokenCount": 1280,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 42}, {"modality": "IMAGE", "tokenCount": 258}],
        "toolUsePromptTokensDetails": [
            {"modality": "IMAGE", "tokenCount": 800},
            {"modality": "AUDIO", "tokenCount": 9},
        ],
        "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 80}],
    }
    assert tokens(usage) == {
        "input": 1200,
        "output": 80,
        "input_audio": 9,
        "input_image": 1058,
        "output_audio": 80,
    }


def test_what_geminis_cache_read_is_told_by_modality_where_it_has_no_sum() -> None:
    usage = {
        "prompt_token_count": 4583,
        "candidates_token_count": 325,
        "thoughts_token_count": 874,
        "total_token_count": 5782,
        "cached_content_token_count": None,
        "cache_tokens_details": [{"modality": "TEXT", "token_count": 1240}, {"modality": "IMAGE", "token_count": 807}],
    }
    assert tokens(usage) == {"input": 4583, "output": 1199, "cache_read": 2047, "reasoning": 874}


LITELLM = {"prompt_tokens": 180, "completion_tokens": 18, "total_tokens": 198}
LITELLM_CACHE = {"cache_read_input_tokens": 100, "cache_creation_input_tokens": 20}
LITELLM_DETAILS = {
    "prompt_tokens_details": {
        "cached_tokens": 100,
        "text_tokens": 60,
        "cache_creation_tokens": 20,
        "cache_creation_token_details": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 15},
    }
}


@pytest.mark.parametrize(
    "usage",
    [
        {**LITELLM, **LITELLM_CACHE},
        {**LITELLM, **LITELLM_CACHE, **LITELLM_DETAILS},
        # Without the total, as those that pick members leave it.
        {"prompt_tokens": 180, "completion_tokens": 18, **LITELLM_CACHE},
        {"prompt_tokens": 180, "completion_tokens": 18, **LITELLM_CACHE, **LITELLM_DETAILS},
        # Its answer to the Responses API, likewise.
        {"input_tokens": 180, "output_tokens": 18, **LITELLM_CACHE, "input_tokens_details": {"cached_tokens": 100}},
        # What its Langfuse logger makes of it: less what was read, but with what was written.
        {"input": 80, "output": 18, "total": 198, **LITELLM_CACHE},
        # Anthropic's own, and those of gateways that keep them: Portkey's total has the cache.
        {"input_tokens": 60, "output_tokens": 18, **LITELLM_CACHE},
        {"prompt_tokens": 60, "completion_tokens": 18, "total_tokens": 198, **LITELLM_CACHE},
        # What LiteLLM made of Bedrock's until it took the writes into the prompt, too.
        {"prompt_tokens": 160, "completion_tokens": 18, "total_tokens": 198, **LITELLM_CACHE},
        # Bedrock's Converse.
        {
            "inputTokens": 60,
            "outputTokens": 18,
            "totalTokens": 198,
            "cacheReadInputTokens": 100,
            "cacheWriteInputTokens": 20,
        },
    ],
)
def test_cached_tokens_are_in_the_input_once(usage: dict[str, Any]) -> None:
    found = tokens(usage)
    assert (found["input"], found["cache_read"], found["cache_write"]) == (180, 100, 20)


def test_litellm_tells_how_long_the_cache_keeps_what_was_written() -> None:
    assert tokens({**LITELLM, **LITELLM_CACHE, **LITELLM_DETAILS})["cache_write_1h"] == 15
    above = "cache_creation_input_tokens_above_1hr"
    assert tokens({"input_tokens": 180, "total_tokens": 198, **LITELLM_CACHE, above: 15})["cache_write_1h"] == 15


LANGCHAIN_AGES = {"cache_creation": 0, "ephemeral_5m_input_tokens": 9000, "ephemeral_1h_input_tokens": 300}
"""LangChain's Anthropic has 0 for the whole as soon as it tells the ages."""


@pytest.mark.parametrize(
    "usage",
    [
        {"input_tokens": 10000, "output_tokens": 1, "total_tokens": 10001, "input_token_details": LANGCHAIN_AGES},
        # Langfuse takes the details off, each under a name with "input_" before it.
        {"input": 700, "output": 1, "total": 10001, **{f"input_{name}": one for name, one in LANGCHAIN_AGES.items()}},
    ],
)
def test_what_was_written_to_a_cache_is_no_less_than_its_parts_by_age(usage: dict[str, Any]) -> None:
    found = tokens(usage)
    assert (found["input"], found["cache_write"], found["cache_write_1h"]) == (10000, 9300, 300)


def test_xais_reasoning_is_beside_its_completion() -> None:
    usage = {
        "prompt_tokens": 10120,
        "completion_tokens": 1499,
        "total_tokens": 14428,
        "prompt_tokens_details": {"cached_tokens": 128},
        "completion_tokens_details": {"reasoning_tokens": 2809},
    }
    assert tokens(usage) == {"input": 10120, "output": 4308, "cache_read": 128, "reasoning": 2809}
    less = {**usage, "completion_tokens": 3000, "total_tokens": 10120 + 3000 + 2809}
    assert tokens(less)["output"] == 5809


def test_openais_reasoning_is_in_its_completion() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    assert tokens(usage) == {"input": 100, "output": 50, "reasoning": 30}


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        # DeepSeek, Moonshot.
        ({"prompt_tokens": 90, "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 26}, 64),
        ({"prompt_tokens": 90, "completion_tokens": 2, "total_tokens": 92, "cached_tokens": 64}, 64),
    ],
)
def test_the_cache_is_read_from_the_vendors_own_names(usage: dict[str, Any], read: int) -> None:
    assert (tokens(usage)["input"], tokens(usage)["cache_read"]) == (90, read)


def test_cohere_bills_other_tokens_than_it_processes() -> None:
    usage = {
        "billed_units": {"input_tokens": 5, "output_tokens": 418},
        "tokens": {"input_tokens": 71, "output_tokens": 418},
    }
    assert tokens(usage) == {"input": 5, "output": 418}


def test_audio_that_was_cached_is_told_apart_where_that_is_said() -> None:
    details = {
        "text_tokens": 100,
        "audio_tokens": 1000,
        "cached_tokens": 512,
        "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 512},
    }
    realtime = {"input_tokens": 1100, "output_tokens": 9, "total_tokens": 1109, "input_token_details": details}
    assert tokens(realtime) == {"input": 1100, "output": 9, "cache_read": 512, "input_audio": 488}
    gemini = {
        "promptTokenCount": 1100,
        "cachedContentTokenCount": 512,
        "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 600}, {"modality": "AUDIO", "tokenCount": 400}],
        "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 512}],
    }
    assert tokens(gemini) == {"input": 1100, "cache_read": 512, "input_audio": 488}


def test_novas_cache_has_other_names_in_an_answer_of_its_own() -> None:
    usage = {"inputTokens": 10, "outputTokens": 5, "cacheReadInputTokenCount": 1000, "cacheWriteInputTokenCount": 20}
    assert tokens(usage) == {"input": 1030, "output": 5, "cache_read": 1000, "cache_write": 20}


@pytest.mark.parametrize(
    ("reasoning", "total", "sent"),
    [({"reasoning": 50}, 12633, 12530), ({"reasoning": 50}, 129, 26), ({}, 12633, 26)],
)
def test_langchains_total_has_what_geminis_tools_used(reasoning: dict[str, int], total: int, sent: int) -> None:
    usage = {"input_tokens": 26, "output_tokens": 103, "total_tokens": total, "output_token_details": reasoning}
    assert tokens(usage)["input"] == sent


@pytest.mark.parametrize("tier", ["flex", "priority"])
def test_langchain_has_the_tier_of_service_in_the_names_of_its_details(tier: str) -> None:
    usage = {
        "input_tokens": 100,
        "output_tokens": 50,
        "total_tokens": 150,
        "input_token_details": {f"{tier}_cache_read": 60, tier: 40},
        "output_token_details": {f"{tier}_reasoning": 30, tier: 20},
    }
    assert tokens(usage) == {"input": 100, "output": 50, "cache_read": 60, "reasoning": 30}
