"""Which attributes say how many tokens were used and what they cost."""

from decimal import Decimal

import orjson
import pytest

from tests.unit.telemetry.attribute_rows import row_of, rows_of


@pytest.mark.parametrize(
    ("sent", "count"),
    [
        (12, 12),
        (12.0, 12),
        ("12", 12),
        ("+12", 12),
        ("12.0", 12),
        ("1e5", 100_000),
        ("1.25E+2", 125),
        ("1e-1", None),
        ("1e99", None),
        ("1e999999999", None),
        (0, 0),
        (10**9, 10**9),
        (10**9 + 1, None),
        (2**63 - 1, None),
        ("1000000001", None),
        (12.5, None),
        ("12.5", None),
        ("", None),
        (" 12", None),
        ("9" * 30, None),
        (-1, None),
        (-1.0, None),
        (float("nan"), None),
        (float("inf"), None),
        (2.0**63, None),
        (True, None),
        ([12], None),
    ],
)
def test_counts_convert_where_that_is_exact(sent: object, count: int | None) -> None:
    row = row_of({"gen_ai.usage.input_tokens": sent})
    assert row["input_tokens"] == count
    assert row["input_source"] == ("" if count is None else "reported")


@pytest.mark.parametrize(
    ("sent", "number"),
    [(0.5, 0.5), (2, 2.0), ("0.5", 0.5), ("1e-3", 0.001), ("soon", None), (float("inf"), None), (True, None)],
)
def test_numbers_convert_where_that_is_exact(sent: object, number: float | None) -> None:
    assert row_of({"gen_ai.response.time_to_first_chunk": sent})["time_to_first_chunk_s"] == number


def test_numbers_stay_among_the_attributes_as_they_came() -> None:
    row = row_of({"gen_ai.usage.input_tokens": "12", "gen_ai.usage.output_tokens": 3})
    assert row["attr_string"] == {"gen_ai.usage.input_tokens": "12"}
    assert row["attr_int"] == {"gen_ai.usage.output_tokens": 3}


@pytest.mark.parametrize(
    ("attributes", "tokens"),
    [
        ({"gen_ai.usage.input_tokens": 120, "gen_ai.usage.cache_read.input_tokens": 40}, 120),
        ({"gen_ai.usage.input_tokens": 20, "gen_ai.usage.cache_read.input_tokens": 40}, 60),
        (
            {"ai.model.provider": "anthropic.messages", "ai.usage.promptTokens": 80, "ai.usage.cachedInputTokens": 40},
            120,
        ),
        ({"ai.model.provider": "openai.chat", "ai.usage.promptTokens": 80, "ai.usage.cachedInputTokens": 40}, 80),
        (
            {
                "ai.model.provider": "anthropic.messages",
                "ai.usage.inputTokens": 120,
                "ai.usage.cachedInputTokens": 40,
                "ai.usage.inputTokenDetails.noCacheTokens": 80,
            },
            120,
        ),
        (
            {
                "telemetry.sdk.name": "openlit",
                "gen_ai.system": "anthropic",
                "gen_ai.usage.input_tokens": 80,
                "gen_ai.usage.cache_read.input_tokens": 40,
            },
            120,
        ),
        (
            {
                "telemetry.sdk.name": "opentelemetry",
                "gen_ai.system": "anthropic",
                "gen_ai.usage.input_tokens": 120,
                "gen_ai.usage.cache_read.input_tokens": 40,
            },
            120,
        ),
        (
            {
                "ai.model.provider": "vertex.anthropic.messages",
                "ai.usage.inputTokens": 80,
                "ai.usage.cachedInputTokens": 40,
            },
            120,
        ),
        (
            {
                "ai.model.provider": "anthropic.messages",
                "langfuse.observation.usage_details": '{"input": 80, "output": 9, "input_cached_tokens": 40}',
            },
            120,
        ),
        (
            {
                "ai.model.provider": "anthropic.messages",
                "gen_ai.usage.input_tokens": 120,
                "ai.usage.cachedInputTokens": 40,
            },
            120,
        ),
        (
            {
                "telemetry.sdk.name": "openlit",
                "gen_ai.system": "anthropic",
                "langfuse.observation.usage_details": '{"input": 120, "output": 9, "total": 129}',
                "gen_ai.usage.cache_read.input_tokens": 40,
            },
            120,
        ),
    ],
)
def test_input_tokens_include_what_the_cache_read_and_wrote(attributes: dict[str, object], tokens: int) -> None:
    assert row_of(attributes)["input_tokens"] == tokens


@pytest.mark.parametrize(
    ("attributes", "column", "total"),
    [
        ({"gen_ai.usage.input_cost": 0.25, "gen_ai.usage.output_cost": 0.5}, "reported_cost_usd", Decimal("0.75")),
        ({"llm.cost.completion": 0.5}, "reported_cost_usd", Decimal("0.5")),
        ({"gen_ai.usage.text.input_tokens": 3, "gen_ai.usage.image.input_tokens": 4}, "input_tokens", 7),
        (
            {
                "gen_ai.usage.text.input_tokens": 3,
                "gen_ai.usage.audio.input_tokens": 4,
                "gen_ai.usage.audio_input_tokens": 4,
            },
            "input_tokens",
            7,
        ),
        ({"gen_ai.usage.cache_creation.input_tokens.ephemeral_1h": 4}, "cache_write_tokens", 4),
        (
            {
                "gen_ai.usage.input_token_details": '{"cache_creation":0,"ephemeral_5m_input_tokens":9,'
                '"ephemeral_1h_input_tokens":4}'
            },
            "cache_write_tokens",
            13,
        ),
        (
            {
                "openinference.span.kind": "LLM",
                "llm.token_count.prompt_details.cache_write": 0,
                "output.value": '{"generations":[[{"message":{"kwargs":{"usage_metadata":{"input_tokens":20,'
                '"input_token_details":{"cache_creation":0,"ephemeral_5m_input_tokens":9}}}}}]]}',
            },
            "cache_write_tokens",
            9,
        ),
        (
            {"langfuse.observation.cost_details": '{"input": 0.25, "output": 0.5}'},
            "reported_cost_usd",
            Decimal("0.75"),
        ),
        (
            {"langfuse.observation.cost_details": '{"input": 0.25, "output": 0.5, "total": 1}'},
            "reported_cost_usd",
            Decimal(1),
        ),
    ],
)
def test_numbers_that_come_in_parts_are_added_up(attributes: dict[str, object], column: str, total: object) -> None:
    assert row_of(attributes)[column] == total


@pytest.mark.parametrize(
    ("details", "tokens"),
    [
        ('{"input":80,"output":20,"input_cached_tokens":40,"output_reasoning_tokens":5}', (120, 25, 40, 5)),
        ('{"input":80,"output":20,"total":145,"input_cached_tokens":40,"output_reasoning":5}', (120, 25, 40, 5)),
        (
            '{"input":120,"output":25,"total":145,"input_cached_tokens":40,"output_reasoning":5}',
            (120, 25, 40, 5),
        ),
        ('{"input":80,"output":25,"total":145,"input_cached_tokens":40,"output_reasoning":5}', (120, 25, 40, 5)),
        (
            '{"input":120,"output":20,"total":145,"input_cached_tokens":40,"output_reasoning":5}',
            (120, 25, 40, 5),
        ),
        ('{"input":80,"output":20,"total":140,"cache_read_input_tokens":40}', (120, 20, 40, None)),
        ('{"input":120,"output":20,"total":140,"cache_read_input_tokens":40}', (120, 20, 40, None)),
        ('{"input":80,"input_tokens":80,"output":20}', (80, 20, None, None)),
    ],
)
def test_details_of_usage_are_told_from_what_comes_on_top_by_the_total(details: str, tokens: tuple[int, ...]) -> None:
    row = row_of({"langfuse.observation.usage_details": details})
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")
    assert tuple(row[name] for name in names) == tokens


def test_output_tokens_include_reasoning() -> None:
    row = row_of({"gen_ai.usage.output_tokens": 20, "gen_ai.usage.reasoning_tokens": 30})
    assert (row["output_tokens"], row["reasoning_tokens"], row["output_source"]) == (50, 30, "reported")


@pytest.mark.parametrize(
    ("attributes", "column", "tokens"),
    [
        ({"gen_ai.usage.cache_creation.input_tokens.ephemeral_1h": 4}, "cache_write_1h_tokens", 4),
        ({"anthropic.usage.cache_creation.ephemeral_1h_input_tokens": 4}, "cache_write_1h_tokens", 4),
        ({"gen_ai.usage.audio_input_tokens": 4}, "input_audio_tokens", 4),
        ({"gen_ai.usage.image.input_tokens": 4}, "input_image_tokens", 4),
        ({"gen_ai.usage.details.audio_prompt_tokens": 4}, "input_audio_tokens", 4),
        ({"gen_ai.usage.details.audio_tokens": 4}, "output_audio_tokens", 4),
        ({"gen_ai.usage.details.image_candidates_tokens": 4}, "output_image_tokens", 4),
        ({"llm.token_count.prompt_details.audio": 4}, "input_audio_tokens", 4),
        ({"llm.token_count.completion_details.audio": 4}, "output_audio_tokens", 4),
        ({"gen_ai.usage.input_token_details": '{"audio": 4}'}, "input_audio_tokens", 4),
        ({"gen_ai.usage.output_token_details": "{'audio': 4, 'reasoning': 0}"}, "output_audio_tokens", 4),
        (
            {"ai.response.providerMetadata": '{"anthropic":{"usage":{"cache_creation":'
             '{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":4}}}}'},
            "cache_write_1h_tokens",
            4,
        ),
    ],
)  # fmt: skip
def test_sorts_of_tokens_have_their_columns(attributes: dict[str, object], column: str, tokens: int) -> None:
    assert row_of(attributes)[column] == tokens


@pytest.mark.parametrize(
    ("operation", "own", "provider", "raw", "tokens"),
    [
        # Anthropic's first message, which early versions of the AI SDK kept, has an output of 1.
        ("ai.streamText.doStream", 1500, "anthropic", {"usage": {"input_tokens": 25, "output_tokens": 1}}, 1500),
        ("ai.generateText.doGenerate", 1500, "anthropic", {"usage": {"output_tokens": 1500}}, 1500),
        ("ai.generateText.doGenerate", None, "anthropic", {"usage": {"output_tokens": 1500}}, 1500),
        ("ai.streamText.doStream", 1500, "google", {"usageMetadata": {"candidatesTokenCount": 2}}, 1500),
        ("ai.streamText.doStream", 1500, "vertex", {"usageMetadata": {"thoughtsTokenCount": 7}}, 1500),
        (
            "ai.streamText.doStream", 1500,
            "google", {"usageMetadata": {"candidatesTokenCount": 1500, "thoughtsTokenCount": 200}}, 1700,
        ),
        ("ai.streamText.doStream", "many", "google", {"usageMetadata": {"candidatesTokenCount": 2}}, 2),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["outputTokens", "completionTokens"])
def test_the_output_of_a_providers_own_numbers_is_not_that_of_a_streams_beginning(
    name: str, operation: str, own: object, provider: str, raw: dict[str, object], tokens: int
) -> None:
    row = row_of({
        "ai.operationId": operation, "ai.response.providerMetadata": orjson.dumps({provider: raw}).decode(),
        **({} if own is None else {f"ai.usage.{name}": own}),
    })  # fmt: skip
    assert row["output_tokens"] == tokens


def test_the_output_of_geminis_own_numbers_beside_openinferences_is_not_that_of_a_streams_beginning() -> None:
    row = row_of({
        "openinference.span.kind": "LLM", "llm.token_count.prompt": 9, "llm.token_count.completion": 1500,
        "output.value": '{"usage_metadata": {"prompt_token_count": 9, "candidates_token_count": 2}}',
    })  # fmt: skip
    assert (row["input_tokens"], row["output_tokens"]) == (9, 1500)


@pytest.mark.parametrize(
    ("key", "kind"),
    [("gen_ai.client.token.usage", "chat"), ("pydantic_ai.cache.established_tokens", "chat")],
)
def test_numbers_that_are_no_usage_of_the_span_are_none(key: str, kind: str) -> None:
    row = row_of({key: 145, "gen_ai.operation.name": kind})
    assert (row["input_tokens"], row["output_tokens"], row["cache_read_tokens"]) == (None, None, None)


def test_costs_that_are_none_are_not_known() -> None:
    found = rows_of(*({"gen_ai.usage.cost": value} for value in (0, -1.0, float("nan"), 1e300, "0.001", "free")))
    costs = [row["reported_cost_usd"] for row in found]
    assert costs == [Decimal(0), None, None, None, Decimal("0.001"), None]
