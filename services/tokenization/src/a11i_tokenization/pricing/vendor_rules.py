"""What vendors say of all of their models at once, where the tables of prices have it of some models, or not at all.

Batches of Claude, the cache included, cost half: platform.claude.com/docs/en/build-with-claude/batch-processing; so
they do on Vertex AI: cloud.google.com/vertex-ai/generative-ai/pricing. Batches of OpenAI's embeddings cost half:
platform.openai.com/docs/guides/batch. Batches of Gemini's embeddings cost half: ai.google.dev/gemini-api/docs/pricing.

Claude Sonnet 4 costs 6 and 22.50 dollars instead of 3 and 15 over 200,000 tokens of input, cached ones among them, and
the cache in proportion to the input: platform.claude.com/docs/en/about-claude/pricing.

The first of Gemini's searches each day or month are free: ai.google.dev/gemini-api/docs/pricing. Which those were no
span tells.

OpenAI's gpt-image-* have the qualities low, medium and high: platform.openai.com/docs/guides/image-generation. An entry
for "standard" ones takes the lowest.

mistral-large-latest answers as mistral-large-2512 from the day when Mistral Large 3 came: mistral.ai/news/mistral-3.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from a11i_tokenization.pricing.rates import INPUT, OUTPUT, SORTS, TieredRates

SUCCESSORS: Final[Mapping[tuple[str, str], tuple[int, str]]] = MappingProxyType(
    {
        ("mistral", "mistral-large-latest"): (
            int(datetime(2025, 12, 2, tzinfo=UTC).timestamp()) * 10**9,
            "mistral-large-2512",
        )
    }
)
"""By provider and name that the first table has for an older model: from when, in nanoseconds, it means which one."""

FREE_SEARCHES: Final = ("google", "gemini-")
"""The provider, and how the names of its models begin, whose first searches are free."""
NO_QUALITIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"standard": ("gpt-image-", "chatgpt-image-")})
"""How the names of models begin that have no pictures of a quality: whoever tells it has made it up."""

_HALF: Final = Decimal("0.5")
_HALVED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "anthropic": ("claude-",),
        "google": ("claude-", "gemini-embedding-"),
        "openai": ("text-embedding-",),
    }
)
"""By provider, how the names begin of the models whose batches cost half."""
_SONNET_4: Final = frozenset({("anthropic", "claude-sonnet-4-0"), ("google", "claude-4-sonnet")})
"""By provider and the name in the first table."""
_LONG: Final = 200_000
_LONG_FACTORS: Final = MappingProxyType(
    dict.fromkeys(SORTS[INPUT], Decimal(2)) | dict.fromkeys(SORTS[OUTPUT], Decimal("1.5"))
)


def batch(provider: str, model: str, rates: TieredRates) -> TieredRates | None:
    """Return what a model costs in a batch, by its names in the first table; None if no rule says it."""
    if not model.startswith(_HALVED.get(provider, ("/",))):
        return None
    return rates.changed(lambda one: one.scaled(_HALF))


def sizes(provider: str, model: str, rates: TieredRates) -> TieredRates:
    """Return rates with those for larger inputs, where a rule has them and the rates do not."""
    if (provider, model) not in _SONNET_4 or rates.starts:
        return rates
    (one,) = rates.tiers
    return TieredRates((one, one.scaled(_LONG_FACTORS)), (_LONG,))
