"""Objects that hold a call's tokens, as providers and frameworks write them, read with one meaning.

That meaning is OpenTelemetry's: input includes what the cache read and wrote, output includes reasoning.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from a11i_telemetry.parts import JsonValue

LARGEST_COUNT: Final = 10**9
"""No call has so many tokens; more is a mistake that would spoil every sum, and counts as not known."""


_LONGEST_COUNT: Final = 18
"""Digits that are read: more are beyond it anyway."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a call; None where they are not known."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    input_audio_tokens: int | None = None
    input_image_tokens: int | None = None
    output_audio_tokens: int | None = None
    output_image_tokens: int | None = None
    web_searches: int | None = None
    """Searches of the web that the provider ran, each for a fee."""
    flags: tuple[str, ...] = ()
    """Numbers that cannot be, as spans keep them in `usage_flags`."""


_INPUT: Final = (
    *("prompt_tokens", "input_tokens", "promptTokens", "inputTokens", "prompt_token_count", "promptTokenCount"),
    "input",
)
_OUTPUT: Final = (
    *("completion_tokens", "output_tokens", "completionTokens", "outputTokens", "candidates_token_count"),
    *("candidatesTokenCount", "response_token_count", "responseTokenCount", "output"),
)
_TOTAL: Final = ("total_tokens", "totalTokens", "total", "total_token_count", "totalTokenCount")
_INPUT_DETAILS: Final = (
    *("prompt_tokens_details", "input_tokens_details", "input_token_details", "inputTokenDetails"),
    "promptTokensDetails",
)
_OUTPUT_DETAILS: Final = (
    *("completion_tokens_details", "output_tokens_details", "output_token_details", "outputTokenDetails"),
    *("candidates_tokens_details", "candidatesTokensDetails", "response_tokens_details", "responseTokensDetails"),
)
_TOOL_USE: Final = ("tool_use_prompt_token_count", "toolUsePromptTokenCount")
"""What Gemini's own tools (search, code, pages) found and gave the model: input beside the prompt's."""
_TOOL_USE_DETAILS: Final = ("tool_use_prompt_tokens_details", "toolUsePromptTokensDetails")
_CACHE_READ: Final = (
    *("cache_read_input_tokens", "cached_content_token_count", "cachedContentTokenCount", "cacheReadInputTokens"),
    *("cachedInputTokens", "prompt_cached_tokens", "input_cache_read", "input_cached_tokens", "cache_read_tokens"),
    *("prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens", "cacheReadInputTokenCount"),
)
_CACHE_READ_LISTS: Final = ("cache_tokens_details", "cacheTokensDetails")
"""The same by modality, of which Gemini at times gives no sum."""
_CACHE_READ_BY_MODALITY: Final = ("cached_tokens_details",)
"""The same among OpenAI's details."""
_LANGCHAIN: Final = frozenset({"input_token_details", "output_token_details"})
_CACHE_WRITE: Final = (
    *("cache_creation_input_tokens", "cacheWriteInputTokens", "cache_creation_tokens", "input_cache_creation"),
    *("input_cache_write", "cache_write_tokens", "cache_creation", "cacheWriteInputTokenCount"),
)
_REASONING: Final = (
    *("thoughts_token_count", "thoughtsTokenCount", "reasoning_tokens", "reasoningTokens", "output_reasoning"),
    "output_reasoning_tokens",
)
_CACHE_READ_DETAILS: Final = (
    *("cached_tokens", "cache_read", "cacheReadTokens"),
    *("flex_cache_read", "priority_cache_read"),  # LangChain's, with the tier of service.
)
_CACHE_WRITE_DETAILS: Final = ("cache_write_tokens", "cache_creation", "cache_creation_tokens", "cacheWriteTokens")
_CACHE_WRITE_5M: Final = ("ephemeral_5m_input_tokens", "input_cache_creation_5m", "input_ephemeral_5m_input_tokens")
_CACHE_WRITE_1H: Final = (
    *("ephemeral_1h_input_tokens", "input_cache_creation_1h", "cache_creation_input_tokens_above_1hr"),
    "input_ephemeral_1h_input_tokens",
)
"""Cache writes by how long they are kept: in `cache_creation` (Anthropic), among the details, or beside the rest."""
_CACHE_WRITE_BY_AGE: Final = ("cache_creation", "cache_creation_token_details", "cacheDetails")
_SEARCHES: Final = ("num_search_queries", "web_search_requests", "web_search_calls")
"""Searches of the web: Perplexity's beside the tokens, the others in an object of their own."""
_SERVER_TOOLS: Final = ("server_tool_use", "server_side_tool_usage_details", "server_tool_use_details")
"""How often the provider ran tools of its own: Anthropic's, xAI's, OpenRouter's."""
_AUDIO_DETAILS: Final = ("audio_tokens", "audio", "audioTokens")
_IMAGE_DETAILS: Final = ("image_tokens", "image", "imageTokens")
_INPUT_AUDIO: Final = ("input_audio_tokens", "input_audio", "inputAudioTokens")
_INPUT_IMAGE: Final = ("input_image_tokens", "input_image", "inputImageTokens")
_OUTPUT_AUDIO: Final = ("output_audio_tokens", "output_audio", "outputAudioTokens")
_OUTPUT_IMAGE: Final = ("output_image_tokens", "output_image", "outputImageTokens")
_REASONING_DETAILS: Final = (
    *("reasoning_tokens", "reasoning", "reasoningTokens"),
    *("flex_reasoning", "priority_reasoning"),
)
_APART_FROM_OUTPUT: Final = frozenset({"thoughts_token_count", "thoughtsTokenCount"})
"""Gemini's thoughts are not among its candidates' tokens."""
_CACHE_APART: Final = frozenset(
    {
        *("cache_read_input_tokens", "cache_creation_input_tokens", "cacheReadInputTokens", "cacheWriteInputTokens"),
        *("cacheReadInputTokenCount", "cacheWriteInputTokenCount"),
    }
)
"""Who names the cache so (Anthropic, Bedrock) counts it apart from the input, unless a total says otherwise."""
_CACHE_WITHIN: Final = frozenset({"prompt_tokens", "prompt_tokens_details", "input_tokens_details"})
"""Who names the input as OpenAI does counts it as OpenAI does: LiteLLM, which has Anthropic's names beside these."""


def count(value: JsonValue) -> int | None:
    """Return a whole number of tokens: of an integer, or a double or decimal text that stands for one exactly."""
    if type(value) is not int:
        value = _whole(value)
    return value if value is not None and 0 <= value <= LARGEST_COUNT else None


def _whole(value: JsonValue) -> int | None:
    if type(value) is float:
        return int(value) if value.is_integer() else None
    if type(value) is str:
        if value.isascii() and value.isdecimal() and len(value) <= _LONGEST_COUNT:
            return int(value)
        if _NUMBER.fullmatch(value):
            number = Decimal(value)
            return int(number) if number == int(number) else None
    return None


_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")
_NO_WORD: Final = frozenset({"", "none", "null", "undefined", "nan", "n/a", "false"})
"""What texts say that say nothing, in lower case: words for a value that is not there."""


def oddity(value: JsonValue) -> str:
    """Return what is odd about what is no count: negative, absurd, fractional, or unreadable; "" of no value at all."""
    number: float | Decimal
    if type(value) is str:
        if not _NUMBER.fullmatch(value):
            return "" if len(value) < _LONGEST_COUNT and value.strip().lower() in _NO_WORD else "unreadable"
        number = Decimal(value)
    elif type(value) is int or type(value) is float:
        number = value
    else:
        return "unreadable" if value is True else ""
    if number != number:
        return ""
    if number < 0:
        return "negative"
    return "absurd" if number > LARGEST_COUNT else "fractional"


def read_usage(value: JsonValue) -> Usage | None:
    """Return the tokens of an object of any known form; None if it has none."""
    if not isinstance(value, dict):
        return None
    billed = value.get("billed_units")
    if isinstance(billed, dict):  # Cohere's: beside them are the tokens that were processed, which nobody pays.
        value = billed
    form = _form(_NAMES.intersection(value))
    into, out = _details(value, form.input_details), _details(value, form.output_details)
    by_age = _details(value, form.by_age) or _details(into, _CACHE_WRITE_BY_AGE) or into
    hour = _either(_first(value, form.hour), _first(by_age, _CACHE_WRITE_1H))
    written = _either(_first(value, form.written), _first(into, _CACHE_WRITE_DETAILS))
    if not written or written >= (hour or 0):  # LangChain has 0 for the whole where it tells the ages.
        aged = _plus(_either(_first(value, form.minutes), _first(by_age, _CACHE_WRITE_5M)), hour)
        written = aged if written is None or (aged is not None and aged > written) else written
    parts = _Parts(
        input=_first(value, form.input),
        output=_first(value, form.output),
        total=_first(value, form.total),
        read=_either(
            _either(_first(value, form.read), _first(into, _CACHE_READ_DETAILS)), _all_of(value, form.read_lists)
        ),
        written=written,
        reasoning=_either(_first(value, form.reasoning), _first(out, _REASONING_DETAILS)),
        tool_use=_first(value, form.tool_use),
    )
    input_tokens, output_tokens = (
        _langfuse(value, parts) if "input" in value or "output" in value else _wholes(value, parts)
    )
    tools, cached = _details(value, form.tool_use_details), _details(value, form.read_lists)
    cached = cached or _details(into, _CACHE_READ_BY_MODALITY)
    found = Usage(
        *(input_tokens, output_tokens, parts.read, written, parts.reasoning, hour),
        input_audio_tokens=_anew(_modal(value, form.input_audio, into, _AUDIO_DETAILS), tools, cached, _AUDIO_DETAILS),
        input_image_tokens=_anew(_modal(value, form.input_image, into, _IMAGE_DETAILS), tools, cached, _IMAGE_DETAILS),
        output_audio_tokens=_modal(value, form.output_audio, out, _AUDIO_DETAILS),
        output_image_tokens=_modal(value, form.output_image, out, _IMAGE_DETAILS),
        web_searches=_modal(value, form.searches, _details(value, form.server_tools) or into, _SEARCHES),
        flags=_flags(value, form, (input_tokens, output_tokens, parts.read, written, parts.reasoning)),
    )
    return None if found == _NOTHING else found


_NOTHING: Final = Usage()


class _Parts(NamedTuple):
    """The numbers of an object as it names them, None where it has none."""

    input: int | None
    output: int | None
    total: int | None
    read: int | None
    written: int | None
    reasoning: int | None
    tool_use: int | None

    @property
    def cached(self) -> int:
        """Return what the cache read and wrote."""
        return (self.read or 0) + (self.written or 0)


def _wholes(value: Mapping[str, JsonValue], parts: _Parts) -> tuple[int | None, int | None]:
    """Return the whole input and output. What is beside them rather than part of them is told by the total, if there is
    one, else by whose names the object has.
    """
    sent, received, total = parts.input, parts.output, parts.total
    if sent is not None and parts.cached and not _CACHE_APART.isdisjoint(value):
        beside = None if total is None else total - sent - (received or 0)
        if beside == parts.cached or (total is None and _CACHE_WITHIN.isdisjoint(value)):
            sent += parts.cached
        elif beside and beside == parts.written:  # Of Bedrock's cache LiteLLM had what it read alone until late 2025.
            sent += beside
    reasoning, tool_use = parts.reasoning or 0, parts.tool_use or 0
    if not (reasoning or tool_use):
        return sent, received
    beside = None if total is None else total - (sent or 0) - (received or 0)
    thoughts = not _APART_FROM_OUTPUT.isdisjoint(value)
    # xAI's reasoning is beside its completion, as is Gemini's; of others nothing but the total could say so.
    if reasoning and (beside in (reasoning, reasoning + tool_use) or (thoughts and beside not in (0, tool_use))):
        received = (received or 0) + reasoning
    if tool_use and beside not in (0, reasoning):
        sent = (sent or 0) + tool_use
    elif beside is not None and beside > 0 and beside != reasoning and not _LANGCHAIN.isdisjoint(value):
        # LangChain's total of Gemini is Gemini's, its output has the thoughts in it: what is left came from tools.
        sent = (sent or 0) + beside
    return sent, received


def _langfuse(value: Mapping[str, JsonValue], parts: _Parts) -> tuple[int | None, int | None]:
    """Return the whole input and output of an object that has each kind of token for itself, as Langfuse's do."""
    sent, received = parts.input, parts.output
    inside = sum(_parts(value, "input_", _INPUT)) + (parts.tool_use or 0)
    if not any(key.startswith("input_cache") for key in value):
        inside += parts.cached
    outside = sum(_parts(value, "output_", _OUTPUT))
    if not _APART_FROM_OUTPUT.isdisjoint(value):
        outside += parts.reasoning or 0
    beside = None if parts.total is None else parts.total - (sent or 0) - (received or 0)
    if beside == 0:
        return sent, received
    # A total tells whether the parts come on top; most senders have them so.
    if sent is not None and (beside != outside or inside == outside):
        read = parts.read or 0  # What LiteLLM takes off; what was written it leaves.
        sent += read if beside in (read, read + outside) and beside not in (inside, inside + outside) else inside
    if received is not None and (beside != inside or inside == outside):
        received += outside
    return sent, received


def _flags(value: Mapping[str, JsonValue], form: "_Form", found: Sequence[int | None]) -> tuple[str, ...]:
    """Return what is odd about numbers that an object names and that were not found to be counts."""
    named = (form.input, form.output, form.read, form.written, form.reasoning)
    flags = []
    for column, names, number in zip(_MAIN_COLUMNS, named, found, strict=True):
        if number is None and names:
            words = (oddity(value[name]) for name in names)
            flags += [f"{word} {column}" for word in words if word][:1]
    return tuple(flags)


_MAIN_COLUMNS: Final = (
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"),
)


@dataclass(frozen=True, slots=True)
class _Form:
    """Which of the names for each number an object has, in order of precedence."""

    input: Sequence[str]
    output: Sequence[str]
    total: Sequence[str]
    input_details: Sequence[str]
    output_details: Sequence[str]
    read: Sequence[str]
    written: Sequence[str]
    reasoning: Sequence[str]
    hour: Sequence[str]
    minutes: Sequence[str]
    by_age: Sequence[str]
    input_audio: Sequence[str]
    input_image: Sequence[str]
    output_audio: Sequence[str]
    output_image: Sequence[str]
    read_lists: Sequence[str]
    tool_use: Sequence[str]
    tool_use_details: Sequence[str]
    searches: Sequence[str]
    server_tools: Sequence[str]


_BY_NUMBER: Final = (
    *(_INPUT, _OUTPUT, _TOTAL, _INPUT_DETAILS, _OUTPUT_DETAILS),
    *(_CACHE_READ, _CACHE_WRITE, _REASONING),
    *(_CACHE_WRITE_1H, _CACHE_WRITE_5M, _CACHE_WRITE_BY_AGE),
    *(_INPUT_AUDIO, _INPUT_IMAGE, _OUTPUT_AUDIO, _OUTPUT_IMAGE),
    *(_CACHE_READ_LISTS, _TOOL_USE, _TOOL_USE_DETAILS),
    *(_SEARCHES, _SERVER_TOOLS),
)
_NAMES: Final = frozenset(name for names in _BY_NUMBER for name in names)


@lru_cache(maxsize=1024)
def _form(present: frozenset[str]) -> _Form:
    return _Form(*(tuple(name for name in names if name in present) for names in _BY_NUMBER))


def _first(value: Mapping[str, JsonValue], keys: Sequence[str]) -> int | None:
    for key in keys:
        if (said := value.get(key)) is not None and (found := count(said)) is not None:
            return found
    return None


def _details(value: Mapping[str, JsonValue], keys: Sequence[str]) -> Mapping[str, JsonValue]:
    for key in keys:
        details = value.get(key)
        if isinstance(details, dict):
            return details
        if isinstance(details, list):
            return _listed(details)
    return {}


def _listed(details: list[JsonValue]) -> Mapping[str, JsonValue]:
    """Return details that come as a list by the names of those in an object: Gemini's by modality, Bedrock's by age."""
    found: dict[str, JsonValue] = {}
    for one in details:
        if isinstance(one, dict):
            modality, age = one.get("modality"), one.get("ttl")
            if isinstance(modality, str):
                number = count(one.get("tokenCount", one.get("token_count")))
                found[modality.lower()] = _plus(count(found.get(modality.lower())), number)
            elif isinstance(age, str):
                found[f"ephemeral_{age}_input_tokens"] = one.get("inputTokens")
    return found


def _all_of(value: Mapping[str, JsonValue], keys: Sequence[str]) -> int | None:
    """Return what all members of details add up to."""
    known = [found for one in _details(value, keys).values() if (found := count(one)) is not None] if keys else []
    return sum(known) if known else None


def _modal(
    value: Mapping[str, JsonValue], keys: Sequence[str], details: Mapping[str, JsonValue], detail_keys: Sequence[str]
) -> int | None:
    return _either(_first(value, keys), _first(details, detail_keys))


def _anew(
    sent: int | None,
    tools: Mapping[str, JsonValue],
    cached: Mapping[str, JsonValue],
    names: Sequence[str],
) -> int | None:
    """Return the tokens of a modality that the cache did not read, with those that tools gave."""
    sent = _plus(sent, _first(tools, names)) if tools else sent
    return max(0, sent - (_first(cached, names) or 0)) if cached and sent is not None else sent


def _either(one: int | None, other: int | None) -> int | None:
    return other if one is None else one


def _plus(one: int | None, other: int | None) -> int | None:
    """Return the sum of what is known."""
    if one is None or other is None:
        return _either(one, other)
    return one + other


def _parts(value: Mapping[str, JsonValue], prefix: str, whole: Sequence[str]) -> list[int]:
    return [
        found
        for key in value
        if key.startswith(prefix) and key not in whole and (found := count(value[key])) is not None
    ]
