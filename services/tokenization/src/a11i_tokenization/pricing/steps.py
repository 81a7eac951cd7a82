"""How a name was read and a price was found, in words that a basis keeps and sentences that people read."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

STEPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asked": "the model that answered is in no table; took the one that was asked for",
        "arn": "took the model out of an ARN",
        "path": "took the model out of a resource's path",
        "prefix": "took off a prefix",
        "region": "took off the region of an inference profile",
        "fine-tune": "took the base model of a fine-tuned one",
        "batch": "took off :batch, which names the tier",
        "route": "took off a router's suffix",
        "date": "took off a date or a version",
        "provider": "took the provider that the prefix names, not the one of the span",
        "vendor": "the span's provider is none that sells the model; took one that does",
        "second": "the seller's price is in the second table alone, which is not dated",
        "same-claude": "took the seller's entry of the same Claude model, which has another of its names",
        "as-other-versions": "took the maker's price, as the seller does for all other versions that both list",
        "in-region": "worked out the region's rates as their share of the plain ones in the second table",
        "successor": "took the newer model that the name means since then, by the vendor's page",
        "no-tier": "no rates are known for the tier of service; took the standard ones",
        "tier-factor": "worked out the tier's rates as their share of the standard ones in the second table",
        "factor": "worked out rates that the table lacks as their share of the input's or output's in the second table",
        "batch-half": "took half of all rates, which the vendor says of all such batches",
        "size-rule": "took the rates for larger inputs that the vendor's page says",
        "size-factor": "worked out the rates for larger inputs as their share of the others in the second table",
        "other-rates": "took one rate for inputs of any size: the second table has more, but of other rates than these",
        "search-unit": "a call counts as one search unit",
        "image": "a call counts as one image, as spans do not say how many there were",
        "free": "the provider sells the model for nothing",
    }
)
"""Every word that a basis may keep, and what it says."""


def sentences(how: Iterable[str]) -> list[str]:
    """Return what words say; a word of another version of the service stands for itself."""
    return [STEPS.get(word, word) for word in how]
