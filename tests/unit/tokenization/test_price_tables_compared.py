from datetime import UTC, datetime
from decimal import Decimal

from a11i_tokenization.model_table import Entry, ModelTable
from a11i_tokenization.prices import PriceBook
from tests.bench.compare_price_tables import differences, page

NOON_NS = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 10**9


def entry(provider: str, usd_in: str, usd_out: str) -> Entry:
    rates = {"input_cost_per_token": Decimal(usd_in) / 10**6, "output_cost_per_token": Decimal(usd_out) / 10**6}
    return {**rates, "mode": "chat", "litellm_provider": provider}


def test_models_are_listed_whose_prices_are_over_a_quarter_apart() -> None:
    # gpt-4o is 2.50 and 10 dollars, claude-sonnet-4-5 3 and 15.
    table = ModelTable(
        "litellm 0",
        {
            "gpt-4o": entry("openai", "3.125", "8"),
            "gpt-4o-2024-08-06": entry("openai", "2.50", "12.51"),
            "anthropic/claude-sonnet-4-5": entry("anthropic", "2", "15"),
            "nobody/has-it": entry("nobody", "1", "1"),
        },
    )
    found = list(differences(table, PriceBook(table), NOON_NS))
    assert [one.name for one in found] == ["anthropic/claude-sonnet-4-5", "gpt-4o-2024-08-06"]
    written = page(found, table.version)
    assert "| openai/gpt-4o | `gpt-4o-2024-08-06` | 2.5 / 10 | 2.5 / 12.51 |" in written
    assert "| anthropic/claude-sonnet-4-5 | `anthropic/claude-sonnet-4-5` | 3 / 15 | 2 / 15 |" in written
