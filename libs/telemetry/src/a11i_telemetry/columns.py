"""Small functions on Arrow columns that decoding is made of."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

Column = Any
"""An Arrow array. Any for the type checker, as pyarrow's stubs refuse much that its functions take."""
pc: Any = pyarrow.compute
"""Arrow's compute functions, likewise."""
Positions = npt.NDArray[np.int64]
"""Indices of rows; -1 stands for none."""


def to_text(raw: Column) -> Column:
    """Return a binary column as text, with U+FFFD for what is not UTF-8; nulls stay."""
    text = raw.view(pa.string())  # What a cast does, at an eighth of what a call of one costs.
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        # Arrow can only refuse. Python's decoder mends, and such columns are rare enough for a loop.
        mended = [None if one is None else one.decode("utf-8", "replace") for one in raw.to_pylist()]
        return pa.array(mended, pa.string())
    return text


def sized(raw: Column, size: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """Return a binary column without nulls as rows of `size` bytes, zero where a value has another length, and lengths.

    The inverse for the rows is `from_sized`.
    """
    _, starts, data = raw.buffers()
    bounds = np.frombuffer(starts, np.int32)[raw.offset : raw.offset + len(raw) + 1]
    lengths = np.diff(bounds)
    fitting = lengths == size
    if fitting.all() and len(raw):
        octets = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
        return octets.reshape(-1, size), lengths
    found = np.zeros((len(raw), size), np.uint8)
    if fitting.any():
        found[fitting] = np.frombuffer(data, np.uint8)[bounds[:-1][fitting, np.newaxis] + np.arange(size)]
    return found, lengths


def from_sized(rows: npt.NDArray[np.uint8], valid: npt.NDArray[np.bool_] | None = None) -> Column:
    """Return rows of bytes as a column of binary of that size, null where `valid` is false."""
    nulls = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
    octets = pa.py_buffer(rows.tobytes())
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(rows.shape[1]), len(rows), [nulls, octets])


def owners(lists: Column) -> Positions:
    """Return for each element of a column of lists the row that it belongs to."""
    lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
    return np.repeat(np.arange(len(lists)), lengths)


def offsets(owner: Positions, rows: int) -> Column:
    """Return the offsets of the lists that elements sorted by `owner` make up: the inverse of `owners`."""
    starts = np.zeros(rows + 1, np.int32)
    np.cumsum(np.bincount(owner, minlength=rows), out=starts[1:])
    return pa.array(starts)


def take(values: Column, positions: Positions) -> Column:
    """Return the values at `positions`, null where that is -1."""
    return values.take(pa.array(positions, mask=positions < 0))


def mask(column: Column) -> npt.NDArray[np.bool_]:
    """Return a boolean column without nulls as numpy has it."""
    return np.asarray(column.to_numpy(zero_copy_only=False))


def numbers(column: Column) -> npt.NDArray[Any]:
    """Return a column of numbers as numpy has it, 0 where it is null."""
    known = column.fill_null(0) if column.null_count else column
    return np.asarray(known.to_numpy(zero_copy_only=False))


def empty(kind: Any, rows: int) -> Column:
    """Return a column of `rows` times "not sent", as `schema` has it: "", no element, 0 if unsigned, or null."""
    return _few_empty(kind, rows) if rows <= _FEW_ROWS else _empty(kind, rows)


def empties(schema: Any, rows: int) -> Mapping[str, Column]:
    """Return an `empty` column for each field of a schema, by name."""
    return _few_empties(schema, rows) if rows <= _FEW_ROWS else _empties(schema, rows)


_FEW_ROWS: Final = 512
"""Most batches have no more. Columns of so many are remembered, as making one takes longer than all else for a span."""
_MOST_REMEMBERED: Final = 1024
"""Columns, of 4 kB and less."""


@lru_cache(maxsize=_MOST_REMEMBERED)
def _few_empty(kind: Any, rows: int) -> Column:
    return _empty(kind, rows)


@lru_cache(maxsize=_FEW_ROWS)
def _few_empties(schema: Any, rows: int) -> Mapping[str, Column]:
    return _empties(schema, rows)


def _empties(schema: Any, rows: int) -> Mapping[str, Column]:
    return MappingProxyType({field.name: empty(field.type, rows) for field in schema})


def _empty(kind: Any, rows: int) -> Column:
    if pa.types.is_string(kind):
        return pa.repeat("", rows)
    if pa.types.is_list(kind) or pa.types.is_map(kind):
        return pa.array([[]] * rows, kind)
    if pa.types.is_unsigned_integer(kind):
        return pa.array(np.zeros(rows), kind)
    return pa.nulls(rows, kind)
