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
        "image": "a call counts as one picture, as its span does not say how many there were",
        "pictures": "took the model's price of a picture, of whatever quality and size, for each",
        "picture-kind": "took the price of pictures of this quality and size in the second table",
        "no-picture-price": "no table has a price of such pictures; a line of the tenant's own can, for `picture`",
        "second-searches": "took the fee of a search of the web from the second table",
        "free-searches": "searches are in no cost: the first ones of a day or month are free, and no span says which",
        "searches-in-fee": "searches are in the fee of the call",
        "no-search-price": "no table has a price of a search; a line of the tenant's own can, for `web_search`",
        "request-fee": "took the call's fee by how much of the web it looked at from the second table",
        "default-pieces": "took the default's price of what the tenant's line has none for",
        "free": "the provider sells the model for nothing",
    }
)
"""Every word that a basis may keep, and what it says."""


def sentences(how: Iterable[str]) -> list[str]:
    """Return what words say; a word of another version of the service stands for itself."""
    return [STEPS.get(word, word) for word in how]
