"""Measures pricing on one thread, by rows in a batch: python -m tests.bench.bench_costs."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_telemetry.columns import Column, mask, pc
from a11i_telemetry.otlp import decode_traces
from a11i_tokenization.costs import PRICED_BY, cost_columns
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.pricing.offers import Prices
from a11i_tokenization.pricing.own_lines import parse
from a11i_tokenization.pricing.own_prices import OwnPrices
from a11i_tokenization.stage import CALL_KINDS
from tests.bench.load import generate

_SPANS: Final = 8_000
_ROWS: Final = (60, 250, 1_000, 8_000)
"""Spans in a batch: ingest's batches of 200 kB hold 60 of whole conversations, and some hundreds of small spans."""
_ROUNDS: Final = 20

Batch = tuple[dict[str, Column], "np.typing.NDArray[np.bool_]"]


def main() -> None:
    """Print CPU time a span, the best of some rounds."""
    requests = generate(_SPANS, seed=1, now_ns=time.time_ns())
    table = pa.Table.from_batches([decode_traces(request.payload).columns for request in requests])
    whole = table.select([*PRICED_BY]).combine_chunks().to_batches()[0]
    calls = mask(pc.is_in(whole["step_kind"], CALL_KINDS))
    print(f"{whole.num_rows} spans, {np.count_nonzero(calls)} of them calls")

    book = PriceBook()
    first = _first_call(book, whole)
    print(f"{'first call of a model':<28} {first * 1e6:8.0f} us")
    lines = [pb2.PriceLine(model=f"acme-{number}", rates={"input": "1"}) for number in range(998)]
    own = OwnPrices("acme", 1, parse([*lines, pb2.PriceLine(model="*", discount_percent="10")], book.provider_id), book)
    for name, prices in (("default prices", book), ("own table of 999 lines", own)):
        for rows in _ROWS:
            seconds = _best_each(partial(_price, prices), _cut(whole, calls, rows))
            print(f"{name + f', batches of {rows}':<44} {seconds / whole.num_rows * 1e6:8.2f} us/span")


def _first_call(book: PriceBook, whole: pa.RecordBatch) -> float:
    columns = {name: whole[name][:1] for name in PRICED_BY}
    columns |= {"provider": pa.array(["anthropic"]), "request_model": pa.array(["claude-sonnet-4-5-20250929"])}
    started = time.process_time()
    cost_columns(columns, np.ones(1, np.bool_), book)
    return time.process_time() - started


def _cut(whole: pa.RecordBatch, calls: "np.typing.NDArray[np.bool_]", rows: int) -> list[Batch]:
    starts = range(0, whole.num_rows, rows)
    return [({name: whole[name][at : at + rows] for name in PRICED_BY}, calls[at : at + rows]) for at in starts]


def _price(prices: Prices, batch: Batch) -> None:
    cost_columns(*batch, prices)


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
