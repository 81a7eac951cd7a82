"""Numbers of tokens that cannot be, and that contradict others."""

import pytest

from tests.unit.telemetry.attribute_rows import row_of

_OF_OPENAI = {"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}


@pytest.mark.parametrize(
    ("attributes", "flags", "columns"),
    [
        ({"gen_ai.usage.input_tokens": -5}, ["negative input_tokens"], {"input_tokens": None}),
        ({"gen_ai.usage.input_tokens": "-5"}, ["negative input_tokens"], {"input_tokens": None}),
        ({"gen_ai.usage.output_tokens": 10**10}, ["absurd output_tokens"], {"output_tokens": None}),
        ({"gen_ai.usage.output_tokens": 2.5}, ["fractional output_tokens"], {"output_tokens": None}),
        ({"gen_ai.usage.output_tokens": "many"}, ["unreadable output_tokens"], {"output_tokens": None}),
        ({"gen_ai.usage.output_tokens": True}, ["unreadable output_tokens"], {"output_tokens": None}),
        ({"gen_ai.usage.output_tokens": "1e99"}, ["absurd output_tokens"], {"output_tokens": None}),
        ({"gen_ai.usage.output_tokens": "1e-1"}, ["fractional output_tokens"], {"output_tokens": None}),
        ({"gen_ai.usage.output_tokens": float("inf")}, ["absurd output_tokens"], {"output_tokens": None}),
        *(({"gen_ai.usage.output_tokens": word}, [], {"output_tokens": None}) for word in ("", "None", "null", [1])),
        *(
            ({"gen_ai.usage.cache_read.input_tokens": word, "gen_ai.usage.input_tokens": 9}, [], {"input_tokens": 9})
            for word in ("NaN", float("nan"), "N/A", False, "false")
        ),
        # What was passed over says nothing about the number that stands in the column.
        *(
            ({"gen_ai.usage.input_tokens": odd, "llm.token_count.prompt": 12}, [], {"input_tokens": 12})
            for odd in (-5, "-5", 10.5, 10**10, "many")
        ),
        (
            {"llm.token_count.prompt": 12, "gen_ai.usage.raw": '{"prompt_tokens": -5, "completion_tokens": -2}'},
            ["negative output_tokens"],
            {"input_tokens": 12, "output_tokens": None},
        ),
        # Of a sum without one of its numbers nothing is known.
        (
            {"gen_ai.usage.text.input_tokens": 10, "gen_ai.usage.audio.input_tokens": -1},
            ["negative input_audio_tokens", "negative input_tokens"],
            {"input_tokens": None},
        ),
        ({"gen_ai.usage.text.input_tokens": 10, "gen_ai.usage.audio.input_tokens": "N/A"}, [], {"input_tokens": 10}),
        (
            {
                "gen_ai.usage.cache_creation.input_tokens.ephemeral_5m": -1,
                "gen_ai.usage.cache_creation.input_tokens.ephemeral_1h": 9,
            },
            ["negative cache_write_tokens"],
            {"cache_write_tokens": 9, "cache_write_1h_tokens": 9},
        ),
        (
            {"gen_ai.usage.raw": '{"prompt_tokens": -5, "completion_tokens": 2, "cached_tokens": null}'},
            ["negative input_tokens"],
            {"input_tokens": None, "output_tokens": 2},
        ),
        (
            {**_OF_OPENAI, "gen_ai.usage.input_tokens": 20, "gen_ai.usage.cache_read.input_tokens": 40},
            ["cached over input"],
            {"input_tokens": 20, "cache_read_tokens": 40},
        ),
        (
            {**_OF_OPENAI, "gen_ai.usage.output_tokens": 20, "gen_ai.usage.reasoning_tokens": 30},
            ["reasoning over output"],
            {"output_tokens": 20, "reasoning_tokens": 30},
        ),
        (
            {
                "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 9,
                "gen_ai.usage.cache_creation_input_tokens": 5,
            },
            ["cache_write_1h over cache_write"],
            {"cache_write_tokens": 5, "cache_write_1h_tokens": None},
        ),
        (
            {"anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 90, "gen_ai.usage.input_tokens": 5},
            [],
            {"input_tokens": 95, "cache_write_tokens": 90, "cache_write_1h_tokens": 90},
        ),
        (
            {
                "gen_ai.usage.cache_creation.input_tokens.ephemeral_1h": 9,
                "gen_ai.usage.cache_creation.input_tokens": 0,
            },
            [],
            {"cache_write_tokens": 9, "cache_write_1h_tokens": 9},
        ),
        (
            {"gen_ai.usage.input_tokens": 20, "llm.token_count.prompt_details.audio": 30},
            ["input details over input"],
            {"input_tokens": 20, "input_audio_tokens": None},
        ),
    ],
)
def test_numbers_that_cannot_be_are_flagged(
    attributes: dict[str, object], flags: list[str], columns: dict[str, object]
) -> None:
    row = row_of(attributes)
    assert row["usage_flags"] == flags
    assert {name: row[name] for name in columns} == columns


def test_a_flag_holds_no_text_of_the_sender() -> None:
    row = row_of({"gen_ai.usage.raw": '{"prompt_tokens": "-5 John", "completion_tokens": -2}'})
    assert row["usage_flags"] == ["unreadable input_tokens", "negative output_tokens"]


_CACHED = {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.cache_read.input_tokens": 1500}
_REASONED = {"gen_ai.usage.output_tokens": 300, "gen_ai.usage.reasoning.output_tokens": 500}


@pytest.mark.parametrize(
    ("provider", "model", "tokens"),
    [
        # As OpenAI does.
        *((provider, "m", 1000) for provider in ("openai", "gcp.gemini", "deepseek", "x_ai", "groq", "mistral_ai")),
        ("azure.ai.openai", "my-deployment", 1000),
        ("gcp.vertex_ai", "gemini-2.5-pro", 1000),
        ("", "gemini-2.5-pro", 1000),
        ("gateway", "gpt-4o", 1000),
        ("openrouter", "anthropic/claude-sonnet-4.5", 1000),
        # Who tells the cache apart.
        ("anthropic", "m", 2500),
        ("aws.bedrock", "amazon.nova-pro-v1:0", 2500),
        ("gcp.vertex_ai", "claude-sonnet-4-5@20250929", 2500),
        ("openai", "anthropic/claude-sonnet-4-5", 2500),
        # Of whom nothing is known.
        ("", "", 2500),
        ("gateway", "acme-7", 2500),
    ],
)
def test_cached_tokens_over_the_input_are_beside_it_or_contradict_it(provider: str, model: str, tokens: int) -> None:
    row = row_of({"gen_ai.provider.name": provider, "gen_ai.request.model": model, **_CACHED})
    assert (row["input_tokens"], row["cache_read_tokens"]) == (tokens, 1500)
    assert row["usage_flags"] == (["cached over input"] if tokens == 1000 else [])


@pytest.mark.parametrize(
    ("provider", "model", "tokens"),
    [
        *((provider, "m", 300) for provider in ("openai", "azure.ai.openai", "deepseek", "anthropic", "groq")),
        ("", "o3", 300),
        ("openrouter", "google/gemini-2.5-pro", 300),
        # Gemini's thoughts are beside its candidates, xAI's reasoning beside its completion.
        ("gcp.gemini", "gemini-2.5-pro", 800),
        ("openai", "gemini-2.5-pro", 800),
        ("x_ai", "grok-4", 800),
        ("", "", 800),
    ],
)
def test_reasoning_over_the_output_is_beside_it_or_contradicts_it(provider: str, model: str, tokens: int) -> None:
    row = row_of({"gen_ai.provider.name": provider, "gen_ai.request.model": model, **_REASONED})
    assert (row["output_tokens"], row["reasoning_tokens"]) == (tokens, 500)
    assert row["usage_flags"] == (["reasoning over output"] if tokens == 300 else [])
