"""What is odd about the tokens that a span reports, in fixed words: numbers that cannot be, and that contradict others.

A number that cannot be stays among the attributes as it came and fills no column, so that no sum has it.
"""

from typing import Final

from a11i_telemetry.facts import Row, Span
from a11i_telemetry.parts import JsonValue
from a11i_telemetry.usage import LARGEST_COUNT, count, oddity

_CACHE_APART: Final = frozenset({"anthropic", "aws.bedrock"})
"""Providers whose own input leaves the cache out; so does Claude's, whoever sells it."""
_REASONING_APART: Final = frozenset({"gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai", "x_ai", "perplexity"})
_REASONING_APART_MODELS: Final = ("gemini", "grok", "sonar")
"""Whose own output leaves the reasoning out."""
_AS_OPENAI: Final = frozenset({
    "openai", "azure.ai.openai", "azure.ai.inference", "deepseek", "groq", "mistral_ai", "moonshot_ai", "fireworks",
    "together", "cerebras", "openrouter",
})  # fmt: skip
"""Providers whose input includes the cache, and whose output the reasoning, as OpenAI's do."""
_AS_OPENAI_MODELS: Final = ("gpt-", "chatgpt-", "o1", "o3", "o4", "ft:gpt-", "deepseek")
_ALL_ALIKE: Final = "openrouter"
"""Tells of all models in OpenAI's way."""
_TOTALS: Final = (
    *("ai.usage.totalTokens", "gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total"),
)
"""Attributes with all of a call's tokens."""
_TOOL_DETAIL: Final = "gen_ai.usage.details.tool_use_prompt_tokens"
_THOUGHTS_DETAIL: Final = "gen_ai.usage.details.thoughts_tokens"
BESIDE: Final = (*_TOTALS, _TOOL_DETAIL)
"""Attributes that fill no column, and tell what is beside the input and the output."""
_IMAGE_MODELS: Final = ("gpt-image-", "chatgpt-image-")
"""Who answers with images: what is told of no sort is images, which cost thrice what text does."""
_DETAILS: Final = (
    ("input", "input_audio_tokens", "input_image_tokens"),
    ("output", "output_audio_tokens", "output_image_tokens"),
)
_ODD: Final = ("negative ", "absurd ", "fractional ", "unreadable ")
"""How flags begin that are about one value, of the column that they end with."""


def counted(span: Span, column: str, value: JsonValue) -> int | None:
    """Return a value as `usage.count` does; one that cannot be is flagged on the span."""
    found = count(value)
    if found is None and value is not None and (word := oddity(value)):
        span.flag(f"{word} {column}")
    return found


def settle(span: Span) -> None:
    """Complete the tokens in a span's row, so that input includes the cache and output the reasoning, and flag
    contradictions. Details that contradict their whole leave the row.
    """
    row = span.row
    if span.flags:  # What another source filled is not what was odd.
        span.flags = [one for one in span.flags if not (one.startswith(_ODD) and one.rpartition(" ")[2] in row)]
    if "cache_write_1h_tokens" in row:
        hour = row["cache_write_1h_tokens"]
        row["cache_write_tokens"] = row.get("cache_write_tokens") or hour  # A whole of 0 is one that nobody told.
        if hour > row["cache_write_tokens"]:
            del row["cache_write_1h_tokens"]
            span.flag("cache_write_1h over cache_write")
    if "input_tokens" in row:
        _include_cache(span)
        row["input_source"] = "reported"
    if _TOOL_DETAIL in span.facts or _THOUGHTS_DETAIL in span.facts:
        _include_geminis(span)
    else:
        _include_rest(span)
    if "output_tokens" in row:
        if row["output_tokens"] < (row.get("reasoning_tokens") or 0):
            if _reasoning_is_apart(row):
                row["output_tokens"] += row["reasoning_tokens"]
            else:
                span.flag("reasoning over output")
        if "output_image_tokens" not in row and _model_of(row).startswith(_IMAGE_MODELS):
            row["output_image_tokens"] = row["output_tokens"]
        row["output_source"] = "reported"
    for side, audio, image in _DETAILS:
        if audio in row or image in row:
            _check_details(span, side, audio, image)
    if span.flags:
        row["usage_flags"] = span.flags


def _check_details(span: Span, side: str, audio: str, image: str) -> None:
    row = span.row
    if (row.get(audio) or 0) + (row.get(image) or 0) > row.get(f"{side}_tokens", LARGEST_COUNT):
        row.pop(audio, None)
        row.pop(image, None)
        span.flag(f"{side} details over {side}")


def _include_cache(span: Span) -> None:
    """Add what the cache read and wrote to input tokens that leave it out."""
    row = span.row
    cached = (row.get("cache_read_tokens") or 0) + (row.get("cache_write_tokens") or 0)
    if not cached:
        return
    provider = row.get("provider")
    if any(not one.providers or provider in one.providers for one in span.apart):
        row["input_tokens"] += cached
    elif row["input_tokens"] < cached:
        if _cache_is_apart(row):
            row["input_tokens"] += cached
        else:
            span.flag("cached over input")


def _include_geminis(span: Span) -> None:
    """Add what Logfire has beside the numbers of the instrumentation of Gemini's SDK, which left it out.

    Pydantic AI has the same details of numbers that are whole; its operation is another.
    """
    row, facts = span.row, span.facts
    if facts.get("gen_ai.operation.name") != "generate_content":
        return
    tools, thoughts = (count(facts.get(key)) or 0 for key in (_TOOL_DETAIL, _THOUGHTS_DETAIL))
    if "input_tokens" in row:
        row["input_tokens"] += tools
    # Since the instrumentation tells of reasoning itself, its output is whole.
    if "output_tokens" in row and "gen_ai.usage.reasoning.output_tokens" not in facts:
        row["output_tokens"] += thoughts


def _include_rest(span: Span) -> None:
    """Add reasoning to an output that leaves it out, as xAI's and Gemini's do, where the total of a call says so."""
    row = span.row
    total = next((found for key in _TOTALS if (found := count(span.facts.get(key))) is not None), None)
    if total is None or "input_tokens" not in row or "output_tokens" not in row:
        return
    beside, reasoning = total - row["input_tokens"] - row["output_tokens"], row.get("reasoning_tokens")
    if reasoning and beside == reasoning:
        row["output_tokens"] += beside
    elif beside > 0 and beside != row.get("cache_read_tokens") and _model_of(row).startswith("gemini"):
        # (What was cached some OpenInference had twice, in its total too.)
        if not reasoning:  # What is missing are thoughts or what tools gave: these cost a tenth of those.
            span.flag("total over input and output")
        elif row["input_tokens"] == span.facts.get("llm.token_count.prompt"):
            # OpenInference's output has the thoughts in it; its total also has what tools gave.
            row["input_tokens"] += beside


def _model_of(row: Row) -> str:
    name: str = row.get("response_model") or row.get("request_model") or ""
    return name.lower()


def _cache_is_apart(row: Row) -> bool:
    """Return whether input that is less than what the cache read and wrote can be what is beside that.

    Of who is not known it can: nothing else would fit the numbers.
    """
    provider, model = row.get("provider"), _model_of(row)
    if provider == _ALL_ALIKE:
        return False
    if provider in _CACHE_APART or "claude" in model:
        return True
    return not (
        provider in _AS_OPENAI
        or provider in _REASONING_APART
        or model.startswith((*_AS_OPENAI_MODELS, *_REASONING_APART_MODELS))
    )


def _reasoning_is_apart(row: Row) -> bool:
    """Return whether output that is less than the reasoning can be what is beside that, likewise."""
    provider, model = row.get("provider"), _model_of(row)
    if provider == _ALL_ALIKE:
        return False
    if provider in _REASONING_APART or model.startswith(_REASONING_APART_MODELS):
        return True
    return not (provider in _AS_OPENAI or provider == "anthropic" or model.startswith(_AS_OPENAI_MODELS))
