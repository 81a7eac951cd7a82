"""Tiers of service, as providers and their instrumentations name them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

BATCH: Final = "batch"
TIERS: Final = (BATCH, "flex", "priority", "fast")
"""Tiers that tables know rates of. Every other word is a standard tier, or one that was paid for beforehand."""

STANDARD: Final = "standard"
"""What a line of a price table calls calls of none of TIERS."""
_OTHER_WORDS: Final[Mapping[str, str]] = MappingProxyType({"batches": "batch", "batch_api": "batch"})


def tier_of(service_tier: str) -> str:
    """Return which of TIERS a word means, or nothing for a standard one."""
    word = service_tier.strip().lower()
    word = _OTHER_WORDS.get(word, word)
    return word if word in TIERS else ""
