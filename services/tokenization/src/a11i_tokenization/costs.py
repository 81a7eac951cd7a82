"""The cost columns of a batch: rates looked up once for each distinct call, multiplied in columns."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry.columns import Column, numbers
from a11i_tokenization.pricing.flags import flagged_sides
from a11i_tokenization.pricing.offers import Prices
from a11i_tokenization.pricing.rate_table import Table
from a11i_tokenization.pricing.rates import ATTO_PER_PICO
from a11i_tokenization.pricing.sheet import NAME_COLUMNS, CallNameTexts
from a11i_tokenization.pricing.sold_units import ODD_UNITS, SoldUnits
from a11i_tokenization.pricing.usage import TOKEN_COLUMNS, SortedUsage

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_USD: Final = pa.decimal128(38, 12)
PRICED_BY: Final = ("step_kind", "status_code", *NAME_COLUMNS, "start_time", *TOKEN_COLUMNS, "usage_flags", "units")
"""The columns that a price follows from; none of them holds text of a conversation."""
COST_COLUMNS: Final = (
    "input_cost_usd", "output_cost_usd", "total_cost_usd", "price_version", "priced_as", "price_basis",
)  # fmt: skip
"""The columns that pricing fills."""
STATUS_ERROR: Final = 2
"""OTLP's STATUS_CODE_ERROR."""
_NO_OUTPUT_KINDS: Final = frozenset({"embedding", "rerank"})
"""Steps that answer with no tokens: their total is known without an output."""


class Costs(NamedTuple):
    """What pricing adds to a SpanBatch."""

    columns: Mapping[str, Column]
    """COST_COLUMNS by name, one entry a span: null, or empty text, where the cost is not known."""
    unpriced_calls: int
    """Calls whose model no table has, or none sells by the token."""
    flags: Mapping[int, list[str]]
    """What cannot be about the tokens of a span, by its row, call or not; mostly empty."""


def cost_columns(
    columns: Mapping[str, Column], calls: Bools, prices: Prices, names: Sequence[CallNameTexts] | None = None
) -> Costs:
    """Price the spans where `calls` is true; `columns` are those of PRICED_BY, `calls` has one entry a span.

    `names` are each call's, for who has read the columns of names already.

    A side of a call has no cost if its model is in no table, its numbers are not known, or they cannot be (negative,
    over MAX_TOKENS, more cached than sent, flagged before); no side that is not known makes a total.
    """
    usage = SortedUsage.common(columns) or SortedUsage.of(columns)
    sold = SoldUnits.of(columns, calls)
    table, rows = prices.sheet().rows(columns, calls, usage, names, sold)
    rates = table.rates(usage.sorts)
    priced = rows > 0
    known = np.empty((3, len(rows)), np.bool_)
    input_known, output_known, total_known = known[0], known[1], known[2]
    np.logical_and(usage.input_known, priced, out=input_known)
    np.logical_and(usage.output_known, priced, out=output_known)
    if rates.any_unsold:
        unpayable = rates.unsold.take(rows, axis=1) & (usage.tokens > 0)
        input_known &= ~unpayable[usage.sorts.input].any(0)
        output_known &= ~unpayable[usage.sorts.output].any(0)
    if (flagged := flagged_sides(columns["usage_flags"])) is not None:
        input_known &= ~flagged[0]
        output_known &= ~flagged[1]
    np.logical_and(input_known, output_known, out=total_known)
    silent = input_known > usage.output_sent
    if np.count_nonzero(silent):
        total_known |= silent & [kind in _NO_OUTPUT_KINDS for kind in columns["step_kind"].to_pylist()]
    if table.any_by_call:
        by_call = table.by_call.take(rows)
        # What failed and told of no tokens was refused: its fee is not billed either.
        by_call &= usage.input_sent | usage.output_sent | (numbers(columns["status_code"]) != STATUS_ERROR)
        input_known |= by_call & ~usage.output_sent
        total_known |= by_call
    if sold is not None:
        # What pictures cost is what the answer costs, of which nobody says the tokens.
        total_known[sold.rows] |= (sold.pictures > 0) & input_known[sold.rows] & ~usage.output_sent[sold.rows]
        total_known[sold.rows] &= sold.payable(table.units.unsold.take(rows[sold.rows], axis=1))
    told = input_known | output_known
    if table.any_by_call:
        told |= total_known
    rows *= told
    made = (*_decimals(table, rows, usage, known, sold), *table.texts_of(rows))
    return Costs(
        columns=dict(zip(COST_COLUMNS, made, strict=True)),
        unpriced_calls=int(np.count_nonzero(calls > priced)),
        flags=_flags(usage.flags, sold) if usage.flags or sold else {},
    )


def flag_column(column: Column, flags: Mapping[int, list[str]]) -> Column:
    """Return the column of usage flags with `flags`, by row, added where a row does not have them."""
    if not flags:
        return column
    rows = column.to_pylist()
    for row, words in flags.items():
        rows[row] += [word for word in words if word not in rows[row]]
    return pa.array(rows, column.type)


def _decimals(table: Table, rows: Ints, usage: SortedUsage, known: Bools, sold: SoldUnits | None) -> list[Column]:
    """Return the cost of input, output and the whole call as decimals, null where it is not known."""
    words = np.zeros((*known.shape, 2), np.int64)
    _fill_pico(words[..., 0], table, rows, usage)
    if sold is not None:
        priced = rows[sold.rows]
        fees = sold.counts * table.units.pico.take(priced, axis=1)
        fees += (sold.counts * table.units.atto.take(priced, axis=1) + ATTO_PER_PICO // 2) // ATTO_PER_PICO
        words[2, sold.rows, 0] += fees.sum(0)
    buffers: list[Any] = [np.packbits(known, bitorder="little"), words]
    size = len(rows)
    every = pa.Array.from_buffers(_USD, 3 * size, [pa.py_buffer(buffer) for buffer in buffers])
    return [every.slice(0, size), every.slice(size, size), every.slice(2 * size)]


def _fill_pico(pico: Ints, table: Table, rows: Ints, usage: SortedUsage) -> None:
    """Fill in the cost of input, output and the whole call in 1e-12 dollars, each part rounded half up."""
    rates, sorts = table.rates(usage.sorts), usage.sorts
    amounts = rates.pico.take(rows, axis=1)
    amounts *= usage.tokens
    np.matmul(sorts.sums, amounts, out=pico)
    if rates.any_atto:
        rest = usage.tokens * rates.atto.take(rows, axis=1)
        parts = (sorts.sums[:2] @ rest + ATTO_PER_PICO // 2) // ATTO_PER_PICO
        pico[:2] += parts
        pico[2] += parts.sum(0)
    if table.any_fee:
        pico[2] += table.fees.take(rows)


def _flags(flags: Mapping[str, Bools], sold: SoldUnits | None) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    if sold is not None:
        found = {row: [ODD_UNITS] for row in sold.rows[sold.odd].tolist()}
    for word, spans in flags.items():
        for row in np.flatnonzero(spans).tolist():
            found.setdefault(row, []).append(word)
    return found
