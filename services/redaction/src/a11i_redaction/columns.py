"""Arrow columns as distinct values, and back: work is done once a value, however many rows hold it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry.columns import Column, Positions, offsets, owners

Flags = npt.NDArray[np.bool_]


def encode(column: Column) -> tuple[Positions, list[Any]]:
    """Return each element's code, and the distinct values that the codes count."""
    encoded = column.dictionary_encode(null_encoding="encode")
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, encoded.dictionary.to_pylist()


def decode(codes: Positions, values: Sequence[str]) -> Column:
    """Return the text column of these elements: the inverse of `encode`."""
    texts: Column = pa.array(values, pa.string())
    return texts.take(pa.array(codes))


def pairs(first: Positions, second: Positions) -> tuple[Positions, list[tuple[int, int]]]:
    """Return, for elements with two codes each, a code of both together, and the distinct pairs."""
    if not len(first):
        return first, []
    width = int(second.max()) + 1
    distinct, codes = np.unique(first * width + second, return_inverse=True)
    return codes.astype(np.int64), [divmod(int(pair), width) for pair in distinct]


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of a map column: a flat list, each with the row that it belongs to (rising)."""

    rows: Positions
    keys: Column
    items: Column

    @classmethod
    def of(cls, column: Column) -> "Entries":
        """Return the entries of a map column."""
        kind = column.type
        lists = column.cast(pa.list_(pa.struct([kind.key_field, kind.item_field])))
        keys, items = lists.flatten().flatten()
        return cls(owners(lists), keys, items)

    def column(self, row_count: int, kind: Any) -> Column:
        """Return the map column of these entries, of the Arrow type `kind`: the inverse of `of`."""
        return pa.MapArray.from_arrays(offsets(self.rows, row_count), self.keys, self.items).cast(kind)

    def without(self, dropped: Flags) -> "Entries":
        """Return the entries that are not marked."""
        kept = pa.array(~dropped)
        return Entries(self.rows[~dropped], self.keys.filter(kept), self.items.filter(kept))

    def with_added(self, rows: Sequence[int], keys: Sequence[str], items: Sequence[str]) -> "Entries":
        """Return the entries with others added at the end of their rows."""
        together = np.concatenate([self.rows, np.asarray(rows, np.int64)])
        order = np.argsort(together, kind="stable")
        taken = pa.array(order)
        return Entries(
            together[order],
            pa.concat_arrays([self.keys, pa.array(keys, pa.string())]).take(taken),
            pa.concat_arrays([self.items, pa.array(items, pa.string())]).take(taken),
        )


def list_entries(column: Column) -> tuple[Positions, Column]:
    """Return the elements of a list column and the row of each."""
    return owners(column), column.flatten()


def list_column(rows: Positions, elements: Column, row_count: int) -> Column:
    """Return the list column of these elements: the inverse of `list_entries`."""
    return pa.ListArray.from_arrays(offsets(rows, row_count), elements)


__all__ = [
    "Column",
    "Entries",
    "Flags",
    "Positions",
    "decode",
    "encode",
    "list_column",
    "list_entries",
    "offsets",
    "pairs",
]
