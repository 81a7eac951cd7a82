"""The cost columns of a batch: rates looked up once for each distinct model and minute, multiplied in columns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry.columns import Column, mask, numbers, pc
from a11i_tokenization.prices import PRICE_VERSION, PriceBook
from a11i_tokenization.rates import ATTO_PER_PICO, MAX_TOKENS, Rate, TieredRates

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_INPUT, _OUTPUT, _CALL = 0, 3, 5
"""Where the rates of input, output and the call itself begin in Rates.row."""
_NO_RATES: Final = (Rate(0, 0),) * 6

_USD: Final = pa.decimal128(38, 12)
_MINUTE_NS: Final = 60_000_000_000
PRICED_BY: Final = (
    "step_kind", "provider", "response_model", "request_model", "start_time",
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
)  # fmt: skip
"""The columns that a price follows from."""
_NO_OUTPUT_KINDS: Final = pa.array(["embedding", "rerank"])
"""Steps that answer with no tokens: their total is known without an output."""


@dataclass(frozen=True, slots=True)
class CostColumns:
    """The cost columns of a SpanBatch, one entry a span: null, or empty text, where the cost is not known."""

    input_cost_usd: Column
    output_cost_usd: Column
    total_cost_usd: Column
    price_version: Column
    priced_as: Column
    unpriced_calls: int
    """Calls whose model the table does not have, or does not sell by the token."""


def cost_columns(columns: pa.RecordBatch, calls: Bools, book: PriceBook) -> CostColumns:
    """Price the spans where `calls` is true; `columns` are a SpanBatch's with its counts, `calls` one entry a span.

    A call has no cost if its model is not in the table, its numbers are not known, or they cannot be (negative, over
    MAX_TOKENS, more cached than sent).
    """
    spans = np.flatnonzero(calls)
    rows = columns.select(list(PRICED_BY)).take(spans)
    usage = _Usage.of(rows)
    priced = _look_up(rows, usage, book)
    input_pico = priced.cost((usage.uncached, usage.cache_read, usage.cache_write), _INPUT)
    output_pico = priced.cost((usage.answer, usage.reasoning), _OUTPUT)
    call_pico = priced.cost((np.ones_like(spans),), _CALL)
    input_known = priced.known & usage.input_known
    output_known = priced.known & usage.output_known & (priced.sells_output | (usage.output == 0))
    no_output = ~usage.output_sent & mask(pc.is_in(rows["step_kind"], _NO_OUTPUT_KINDS))
    total_known = input_known & (output_known | no_output)
    some_known = input_known | output_known

    size = len(calls)
    names = np.zeros(size, np.int64)
    names[spans] = np.where(some_known, priced.name, 0)
    return CostColumns(
        input_cost_usd=_decimals(size, spans[input_known], input_pico[input_known]),
        output_cost_usd=_decimals(size, spans[output_known], output_pico[output_known]),
        total_cost_usd=_decimals(size, spans[total_known], (input_pico + output_pico + call_pico)[total_known]),
        price_version=pa.array(["", PRICE_VERSION]).take((names > 0).astype(np.int64)),
        priced_as=priced.names.take(names),
        unpriced_calls=int(np.count_nonzero(~priced.known)),
    )


def minute_of(time: datetime) -> int:
    """Return the minute since the epoch, which is how exactly prices are dated."""
    return int(time.timestamp()) // 60


@dataclass(frozen=True, slots=True)
class _Usage:
    """Token counts of calls in sorts that do not overlap, 0 where not known."""

    uncached: Ints
    cache_read: Ints
    cache_write: Ints
    output: Ints
    answer: Ints
    reasoning: Ints
    input: Ints
    input_known: Bools
    output_known: Bools
    output_sent: Bools

    @classmethod
    def of(cls, rows: pa.RecordBatch) -> "_Usage":
        sent, output = numbers(rows["input_tokens"]), numbers(rows["output_tokens"])
        cache_read, cache_write = numbers(rows["cache_read_tokens"]), numbers(rows["cache_write_tokens"])
        output_sent = mask(rows["output_tokens"].is_valid())
        cached = cache_read + cache_write
        sane_cache = _sane(cache_read) & _sane(cache_write) & (cached <= sent)
        # Some report reasoning beside the output instead of inside it; no more than the output is priced.
        reasoning = np.clip(numbers(rows["reasoning_tokens"]), 0, np.maximum(output, 0))
        return cls(
            uncached=sent - cached,
            cache_read=cache_read,
            cache_write=cache_write,
            output=output,
            answer=output - reasoning,
            reasoning=reasoning,
            input=sent,
            input_known=mask(rows["input_tokens"].is_valid()) & _sane(sent) & sane_cache,
            output_known=output_sent & _sane(output),
            output_sent=output_sent,
        )


@dataclass(frozen=True, slots=True)
class _Priced:
    """What each call's model costs."""

    known: Bools
    sells_output: Bools
    name: Ints
    """Index into `names`, 0 where not known."""
    names: Column
    pico: Ints
    """Shape (calls, sorts): rates in the order of Rates.row, whole units of 1e-12 dollars."""
    atto: Ints
    """The same rates' rest in 1e-18 dollars."""

    def cost(self, tokens: tuple[Ints, ...], first_rate: int) -> Ints:
        """Return the cost in 1e-12 dollars, rounded half up, of tokens of the sorts from `first_rate` on."""
        pico = np.zeros(len(self.known), np.int64)
        atto = np.full(len(self.known), ATTO_PER_PICO // 2)
        for rate, count in enumerate(tokens, first_rate):
            pico += count * self.pico[:, rate]
            atto += count * self.atto[:, rate]
        pico += atto // ATTO_PER_PICO
        return pico


def _look_up(rows: pa.RecordBatch, usage: _Usage, book: PriceBook) -> _Priced:
    minutes: Ints = numbers(rows["start_time"].cast(pa.int64())) // _MINUTE_NS
    groups, first_rows = _distinct(rows, minutes)
    names = [""]
    rates: list[TieredRates | None] = []
    text = rows.select(["provider", "response_model", "request_model"]).take(first_rows).to_pylist()
    for minute, call in zip(minutes[first_rows].tolist(), text, strict=True):
        model = book.find(call["provider"], (call["response_model"], call["request_model"]))
        names.append(model.priced_as if model else "")
        rates.append(model.rates_at(minute) if model else None)

    table: list[tuple[Rate, ...]] = [_NO_RATES]
    first_tier = np.zeros(len(rates), np.int64)
    for group, tiered in enumerate(rates):
        if tiered is not None:
            first_tier[group] = len(table)
            table.extend(tier.row() for tier in tiered.tiers)
    line = first_tier[groups]
    known = line > 0
    for group, tiered in enumerate(rates):
        if tiered is not None and tiered.starts:
            calls = groups == group
            # The tier is the number of starts that the input is beyond.
            line[calls] += np.searchsorted(np.array(tiered.starts), usage.input[calls], side="left")
    sells_output = np.array([tiered is not None and tiered.has_output for tiered in rates], np.bool_)
    return _Priced(
        known=known,
        sells_output=sells_output[groups],
        name=np.where(known, groups + 1, 0),
        names=pa.array(names),
        pico=np.array([[rate.pico for rate in row] for row in table])[line],
        atto=np.array([[rate.atto for rate in row] for row in table])[line],
    )


def _distinct(rows: pa.RecordBatch, minutes: Ints) -> tuple[Ints, Ints]:
    """Number the distinct (provider, models, minute); return each row's number, and a row for each number."""
    codes = np.zeros(len(minutes), np.int64)
    for name in ("provider", "response_model", "request_model"):
        encoded = rows[name].dictionary_encode()
        codes = codes * max(1, len(encoded.dictionary)) + encoded.indices.to_numpy()
    # Numbered anew before minutes are mixed in, so that 64 bits hold the product.
    _, codes = np.unique(codes, return_inverse=True)
    since = minutes - minutes.min(initial=0)
    _, first_rows, groups = np.unique(
        codes * (since.max(initial=0) + 1) + since, return_index=True, return_inverse=True
    )
    return groups, first_rows


def _sane(tokens: Ints) -> Bools:
    return (tokens >= 0) & (tokens <= MAX_TOKENS)


def _decimals(size: int, where: Ints, pico: Ints) -> Column:
    """Return decimals of `size` entries, null but for those at `where`, which are non-negative 1e-12 dollars."""
    words = np.zeros((size, 2), np.int64)
    words[where, 0] = pico
    valid = np.zeros(size, np.bool_)
    valid[where] = True
    return pa.Array.from_buffers(
        _USD, size, [pa.py_buffer(np.packbits(valid, bitorder="little").tobytes()), pa.py_buffer(words.tobytes())]
    )
