"""Requests whose input tokens their vendors have published: the only numbers of real models that can be had here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

_JARGON: Final = (
    (
        "system",
        "",
        "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
    ),
    ("system", "example_user", "New synergies will help drive top-line growth."),
    ("system", "example_assistant", "Things working well together will increase revenue."),
    (
        "system",
        "example_user",
        "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
    ),
    ("system", "example_assistant", "Let's talk later when we're less busy about how to do better."),
    ("user", "", "This late pivot means we don't have time to boil the ocean for the client deliverable."),
)
_JARGON_MESSAGES: Final = tuple(
    {"role": role, "content": content} | ({"name": name} if name else {}) for role, name, content in _JARGON
)
_WEATHER_MESSAGES: Final = (
    {"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."},
    {"role": "user", "content": "What's the weather like in San Francisco?"},
)
_CITY: Final = {"type": "string", "description": "The city and state, e.g. San Francisco, CA"}
_UNIT: Final = {
    "type": "string",
    "description": "The unit of temperature to return",
    "enum": ["celsius", "fahrenheit"],
}
_SAYS: Final = "Get the current weather in a given location"
_OPENAI_TOOL: Final = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "description": _SAYS,
        "parameters": {"type": "object", "properties": {"location": _CITY, "unit": _UNIT}, "required": ["location"]},
    },
}
_CLAUDE_TOOL: Final = {
    "name": "get_weather",
    "description": _SAYS,
    "input_schema": {"type": "object", "properties": {"location": _CITY}, "required": ["location"]},
}
_COOKBOOK: Final = 'OpenAI\'s cookbook, "How to count tokens with tiktoken"'
_CLAUDE_PAGE: Final = 'Anthropic, "Token counting"'


@dataclass(frozen=True, slots=True)
class PublishedCount:
    """A request and what its vendor's API says of it."""

    what: str
    provider: str
    model: str
    reported: int
    messages: Sequence[Any]
    system: str = ""
    tools: Sequence[Any] = ()


PUBLISHED: Final = (
    PublishedCount(f"six messages; {_COOKBOOK}", "openai", "gpt-4", 129, _JARGON_MESSAGES),
    PublishedCount(f"six messages; {_COOKBOOK}", "openai", "gpt-4o", 124, _JARGON_MESSAGES),
    PublishedCount(f"a tool; {_COOKBOOK}", "openai", "gpt-4", 105, _WEATHER_MESSAGES, tools=[_OPENAI_TOOL]),
    PublishedCount(f"a tool; {_COOKBOOK}", "openai", "gpt-4o", 101, _WEATHER_MESSAGES, tools=[_OPENAI_TOOL]),
    PublishedCount(
        f"instructions and a greeting; {_CLAUDE_PAGE}",
        "anthropic",
        "claude-opus-4-20250514",
        14,
        [{"role": "user", "content": "Hello, Claude"}],
        system="You are a scientist",
    ),
    PublishedCount(
        f"a tool; {_CLAUDE_PAGE}",
        "anthropic",
        "claude-opus-4-20250514",
        403,
        _WEATHER_MESSAGES[1:],
        tools=[_CLAUDE_TOOL],
    ),
)
