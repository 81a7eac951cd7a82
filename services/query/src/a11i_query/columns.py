"""Arrow columns as Python values, many at a time: `to_pylist` makes an Arrow object of each value first."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

import pyarrow as pa

Row: TypeAlias = Mapping[str, Any]
"""A row's values by column; maps as dictionaries, times as nanoseconds since the epoch."""

_Array: TypeAlias = "pa.Array[Any]"


def rows(batch: pa.RecordBatch) -> Iterator[Row]:
    """Yield the rows of a batch, whose lists and maps are not null."""
    names = batch.schema.names
    for row in zip(*(_values(column) for column in batch.columns), strict=True):
        yield dict(zip(names, row, strict=True))


def _values(column: _Array) -> list[Any]:
    kind = column.type
    if column.null_count == len(column):
        return [None] * len(column)
    if isinstance(column, pa.MapArray):
        keys, items, bounds = _flat(column, column.keys, column.items)
        return [dict(zip(keys[start:end], items[start:end], strict=True)) for start, end in bounds]
    if isinstance(column, pa.ListArray):
        values, _, bounds = _flat(column, column.values, column.values)
        return [values[start:end] for start, end in bounds]
    if pa.types.is_timestamp(kind):
        # Python's datetime has no nanoseconds.
        return _values(column.cast(pa.int64()))
    # NumPy has no integers that may be null; of texts it makes objects, with None.
    if (
        pa.types.is_string(kind)
        or pa.types.is_fixed_size_binary(kind)
        or (pa.types.is_integer(kind) and not column.null_count)
    ):
        numbers_or_texts: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
        return numbers_or_texts
    return column.to_pylist()


def _flat(column: Any, first: _Array, second: _Array) -> tuple[list[Any], list[Any], list[tuple[int, int]]]:
    """Return the elements of all of a column's lists in a row, twice, and where each list begins and ends in them."""
    offsets = column.offsets.to_numpy()
    start, end = int(offsets[0]), int(offsets[-1])
    bounds = list(pairwise((offsets - start).tolist()))
    return _values(first.slice(start, end - start)), _values(second.slice(start, end - start)), bounds
