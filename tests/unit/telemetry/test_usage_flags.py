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
        ({"gen_ai.usage.output_tokens": "many"}, [], {"output_tokens": None}),
        (
            {"gen_ai.usage.input_tokens": -5, "gen_ai.usage.prompt_tokens": 12},
            ["negative input_tokens"],
            {"input_tokens": 12},
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
    assert row["usage_flags"] == ["negative output_tokens"]
