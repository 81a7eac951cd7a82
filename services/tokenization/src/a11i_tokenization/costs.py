"""The cost columns of a batch: rates looked up once for each distinct model and minute, multiplied in columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry.columns import Column, mask, pc
from a11i_tokenization.prices import PRICE_VERSION, PriceBook
from a11i_tokenization.rates import ATTO_PER_PICO, MAX_TOKENS, SORTS, Rates, TieredRates

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_INPUT, _OUTPUT, _CALL = 0, 3, 5
"""Where the rates of input, output and the call itself begin in SORTS."""

_USD: Final = pa.decimal128(38, 12)
_MINUTE_NS: Final = 60_000_000_000
PRICED_BY: Final = (
    "step_kind", "provider", "response_model", "request_model", "start_time",
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
)  # fmt: skip
"""The columns that a price follows from."""
_MODEL_COLUMNS: Final = ("provider", "response_model", "request_model")
_NO_OUTPUT_KINDS: Final = pa.array(["embedding", "rerank"])
"""Steps that answer with no tokens: their total is known without an output."""
_NO_RATES: Final = Rates((0,) * len(SORTS), (0,) * len(SORTS))
_VERSIONS: Final = pa.array(["", PRICE_VERSION])


@dataclass(frozen=True, slots=True)
class Costs:
    """What pricing adds to a SpanBatch."""

    columns: Mapping[str, Column]
    """The cost columns by name, one entry a span: null, or empty text, where the cost is not known."""
    unpriced_calls: int
    """Calls whose model the table does not have, or does not sell by the token."""


def cost_columns(columns: Mapping[str, Column], calls: Bools, book: PriceBook) -> Costs:
    """Price the spans where `calls` is true; `columns` are those of PRICED_BY, `calls` has one entry a span.

    A call has no cost if its model is not in the table, its numbers are not known, or they cannot be (negative, over
    MAX_TOKENS, more cached than sent).
    """
    spans = np.flatnonzero(calls)
    usage = _Usage.of(columns, spans)
    priced = _look_up(columns, spans, usage, book)
    input_pico = priced.cost((usage.uncached, usage.cache_read, usage.cache_write), _INPUT)
    output_pico = priced.cost((usage.answer, usage.reasoning), _OUTPUT)
    total_pico = input_pico + output_pico + priced.pico[:, _CALL]
    input_known = priced.known & usage.input_known
    output_known = priced.known & usage.output_known & (priced.sells_output | (usage.output == 0))
    total_known = input_known & output_known
    silent = input_known & ~usage.output_sent
    if silent.any():
        total_known |= silent & mask(pc.is_in(columns["step_kind"], _NO_OUTPUT_KINDS))[spans]

    size = len(calls)
    names = np.zeros(size, np.int64)
    names[spans] = np.where(input_known | output_known, priced.name, 0)
    added = {
        "input_cost_usd": _decimals(size, spans[input_known], input_pico[input_known]),
        "output_cost_usd": _decimals(size, spans[output_known], output_pico[output_known]),
        "total_cost_usd": _decimals(size, spans[total_known], total_pico[total_known]),
        "price_version": _VERSIONS.take(np.minimum(names, 1)),
        "priced_as": priced.names.take(pa.array(names)),
    }
    return Costs(added, unpriced_calls=int(np.count_nonzero(~priced.known)))


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
    def of(cls, columns: Mapping[str, Column], spans: Ints) -> "_Usage":
        sent, input_sent = _numbers(columns["input_tokens"], spans)
        output, output_sent = _numbers(columns["output_tokens"], spans)
        cache_read, _ = _numbers(columns["cache_read_tokens"], spans)
        cache_write, _ = _numbers(columns["cache_write_tokens"], spans)
        reasoning, _ = _numbers(columns["reasoning_tokens"], spans)
        cached = cache_read + cache_write
        sane_cache = _sane(cache_read) & _sane(cache_write) & (cached <= sent)
        # Some report reasoning beside the output instead of inside it; no more than the output is priced.
        reasoning = np.maximum(np.minimum(reasoning, output), 0)
        return cls(
            uncached=sent - cached,
            cache_read=cache_read,
            cache_write=cache_write,
            output=output,
            answer=output - reasoning,
            reasoning=reasoning,
            input=sent,
            input_known=input_sent & _sane(sent) & sane_cache,
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
    """Shape (calls, SORTS): rates in whole units of 1e-12 dollars."""
    atto: Ints
    """The rates' rest in 1e-18 dollars."""

    def cost(self, tokens: tuple[Ints, ...], first_rate: int) -> Ints:
        """Return the cost in 1e-12 dollars, rounded half up, of tokens of the sorts from `first_rate` on."""
        pico = np.zeros(len(self.known), np.int64)
        atto = np.full(len(self.known), ATTO_PER_PICO // 2)
        for rate, count in enumerate(tokens, first_rate):
            pico += count * self.pico[:, rate]
            atto += count * self.atto[:, rate]
        pico += atto // ATTO_PER_PICO
        return pico


def _look_up(columns: Mapping[str, Column], spans: Ints, usage: _Usage, book: PriceBook) -> _Priced:
    minutes = _numbers(columns["start_time"], spans)[0] // _MINUTE_NS
    groups, distinct = _distinct(columns, spans, minutes)
    names = [""]
    rates: list[TieredRates | None] = []
    for provider, models, minute in distinct:
        model = book.find(provider, models)
        names.append(model.priced_as if model else "")
        rates.append(model.rates_at(minute) if model else None)

    table = [_NO_RATES]
    first_tier = np.zeros(len(rates), np.int64)
    for group, tiered in enumerate(rates):
        if tiered is not None:
            first_tier[group] = len(table)
            table.extend(tiered.tiers)
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
        pico=np.array([tier.pico for tier in table])[line],
        atto=np.array([tier.atto for tier in table])[line],
    )


def _distinct(
    columns: Mapping[str, Column], spans: Ints, minutes: Ints
) -> tuple[Ints, list[tuple[str, tuple[str, ...], int]]]:
    """Number the distinct (provider, models, minute) of the spans; return each span's number, and what they are."""
    encoded = [columns[name].dictionary_encode() for name in _MODEL_COLUMNS]
    each = [column.indices.to_numpy()[spans] for column in encoded]
    texts = [column.dictionary.to_pylist() for column in encoded]
    codes = np.zeros(len(spans), np.int64)
    for numbers, text in zip(each, texts, strict=True):
        codes = codes * len(text) + numbers
    # Numbered anew before minutes, of which there are many, are mixed in: 64 bits hold the product.
    _, codes = np.unique(codes, return_inverse=True)
    since = minutes - minutes.min(initial=0)
    codes = codes * (since.max(initial=0) + 1) + since
    _, first, groups = np.unique(codes, return_index=True, return_inverse=True)
    providers, *models = (
        [text[number] for number in numbers[first].tolist()] for text, numbers in zip(texts, each, strict=True)
    )
    return groups, list(zip(providers, zip(*models, strict=True), minutes[first].tolist(), strict=True))


def _numbers(column: Column, spans: Ints) -> tuple[Ints, Bools]:
    """Return a column of 64-bit numbers or times at `spans`, 0 where it is null, and where it is not.

    Reads Arrow's buffers, as its functions cost more than the numbers of a batch are worth.
    """
    size, offset = len(column), column.offset
    validity, data = column.buffers()
    if not size:
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    values = np.frombuffer(data, np.int64, size, offset * 8)[spans]
    if validity is None:
        return values, np.ones(len(spans), np.bool_)
    bits = np.unpackbits(np.frombuffer(validity, np.uint8), count=offset + size, bitorder="little")
    known = bits[offset:][spans] > 0
    return np.where(known, values, 0), known


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
