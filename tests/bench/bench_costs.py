"""Measures pricing on one thread, by rows in a batch: python -m tests.bench.bench_costs."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_telemetry.columns import Column
from a11i_telemetry.otlp import decode_traces
from a11i_tokenization.calls import Calls
from a11i_tokenization.costs import PRICED_BY, cost_columns
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.offers import Prices
from a11i_tokenization.pricing.own_lines import parse
from a11i_tokenization.pricing.own_prices import OwnPrices
from tests.bench.load import generate

_SPANS: Final = 8_000
_ROWS: Final = (60, 250, 1_000, 8_000)
"""Spans in a batch: ingest's batches of 200 kB hold 60 of whole conversations, and some hundreds of small spans."""
_ROUNDS: Final = 20

Batch = tuple[dict[str, Column], Calls]


def main() -> None:
    """Print CPU time a span, the best of some rounds."""
    requests = generate(_SPANS, seed=1, now_ns=time.time_ns())
    table = pa.Table.from_batches([decode_traces(request.payload).columns for request in requests])
    whole = table.select([*PRICED_BY]).combine_chunks().to_batches()[0]
    print(f"{whole.num_rows} spans, {len(_cut(whole, whole.num_rows)[0][1].names)} of them calls")

    book = PriceBook()
    first = _first_call(book, whole)
    print(f"{'first call of a model':<28} {first * 1e6:8.0f} us")
    lines = [pb2.PriceLine(model=f"acme-{number}", rates={"input": "1"}) for number in range(998)]
    own = OwnPrices("acme", 1, parse([*lines, pb2.PriceLine(model="*", discount_percent="10")], book.provider_id), book)
    for name, prices in (("default prices", book), ("own table of 999 lines", own)):
        for rows in _ROWS:
            batches = _cut(whole, rows)
            alone = _best_each(partial(_price, prices), batches)
            staged = _best_each(partial(_price_named, prices), batches)
            print(
                f"{name + f', batches of {rows}':<44} {alone / whole.num_rows * 1e6:8.2f} us/span, "
                f"{staged / whole.num_rows * 1e6:.2f} where counting has read the names"
            )


def _first_call(book: PriceBook, whole: pa.RecordBatch) -> float:
    columns = {name: whole[name][:1] for name in PRICED_BY}
    columns |= {"provider": pa.array(["anthropic"]), "request_model": pa.array(["claude-sonnet-4-5-20250929"])}
    started = time.process_time()
    cost_columns(columns, np.ones(1, np.bool_), book)
    return time.process_time() - started


def _cut(whole: pa.RecordBatch, rows: int) -> list[Batch]:
    parts = [
        {name: whole[name][start : start + rows] for name in PRICED_BY} for start in range(0, whole.num_rows, rows)
    ]
    return [(part, Calls.among(part)) for part in parts]


def _price(prices: Prices, batch: Batch) -> None:
    columns, calls = batch
    cost_columns(columns, calls.where, prices)


def _price_named(prices: Prices, batch: Batch) -> None:
    columns, calls = batch
    cost_columns(columns, calls.where, prices, calls.names)


def _best_each(step: Callable[[Batch], object], batches: Sequence[Batch]) -> float:
    """Return the least CPU seconds of some rounds for each batch, in total: a round is too long to be let alone."""
    least = [float("inf")] * len(batches)
    for _ in range(_ROUNDS):
        for number, batch in enumerate(batches):
            started = time.process_time()
            step(batch)
            least[number] = min(least[number], time.process_time() - started)
    return sum(least)


if __name__ == "__main__":
    main()
