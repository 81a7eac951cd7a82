"""A model's price in integers, so that whole columns of token counts can be priced exactly."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from genai_prices import Usage
from genai_prices.types import ModelPrice, TieredPrices

MAX_TOKENS: Final = 1_000_000_000
"""A call of more is a mistake of whoever reported it, and is not priced."""

MAX_PICO_USD: Final = 1_500_000_000
"""$1,500 a million tokens. All sorts of a call together stay within 64 bits at this rate and MAX_TOKENS each."""

SORTS: Final = ("input", "cache_read", "cache_write", "output", "reasoning", "call")
"""What is priced apart: input that is neither read from nor written to the cache, and the two that are; output
without reasoning, and reasoning; the call."""

_ATTO_PER_USD: Final = 10**18
ATTO_PER_PICO: Final = 10**6
"""How many of the small units of Rates make one of the large."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What a call costs: for each of SORTS the price of one token, in the last place that of the call itself.

    `pico` holds whole units of 1e-12 dollars, `atto` the rest in 1e-18 dollars, from 0 to 999,999.
    """

    pico: tuple[int, ...]
    atto: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TieredRates:
    """Rates by the size of the call's whole input; the tier that a call reaches holds for all of its tokens."""

    tiers: tuple[Rates, ...]
    starts: tuple[int, ...]
    """Ascending; tier i + 1 is for input of more than starts[i] tokens. One shorter than `tiers`."""
    has_output: bool
    """False if the model is sold without output, as embeddings are."""


def tiered_rates(price: ModelPrice) -> TieredRates | None:
    """Return the rates of a price; None if it has none for input tokens (sold by the page, the minute, or not at all),
    or one over MAX_PICO_USD.

    The rates are found by asking genai-prices for the cost of one sort of token at a time, so its own rules hold
    (cached tokens at the input's rate where they have none, reasoning at the output's, tiers).
    """
    if price.input_mtok is None:
        return None
    starts = sorted(
        {tier.start for value in vars(price).values() if isinstance(value, TieredPrices) for tier in value.tiers}
    )
    tiers = tuple(_probe(price, tokens) for tokens in (1, *(start + 1 for start in starts)))
    if any(pico > MAX_PICO_USD for rates in tiers for pico in rates.pico[:-1]):
        return None
    return TieredRates(tiers, tuple(starts), has_output=price.output_mtok is not None)


def _probe(price: ModelPrice, tokens: int) -> Rates:
    """Return the rates of calls with `tokens` of input."""

    def cost(**usage: int) -> Decimal:
        return price.calc_price(Usage(**usage))["total_price"]

    call = cost()
    unanswered = cost(input_tokens=tokens)
    usd = (
        (unanswered - call) / tokens,
        (cost(input_tokens=tokens, cache_read_tokens=tokens) - call) / tokens,
        (cost(input_tokens=tokens, cache_write_tokens=tokens) - call) / tokens,
        cost(input_tokens=tokens, output_tokens=1) - unanswered,
        cost(input_tokens=tokens, output_tokens=1, output_reasoning_tokens=1) - unanswered,
        call,
    )
    units = [divmod(round(rate * _ATTO_PER_USD), ATTO_PER_PICO) for rate in usd]
    return Rates(pico=tuple(pico for pico, _ in units), atto=tuple(atto for _, atto in units))
