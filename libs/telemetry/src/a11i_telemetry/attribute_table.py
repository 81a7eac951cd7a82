"""The attributes of many spans as one table: a row an attribute, in the order in which they came."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry import attributes, lenient
from a11i_telemetry.columns import Column, Positions, mask, offsets, owners, take, to_text


class Kind:
    """The type of an attribute's value, as AnyValue's field number. Plain numbers, as numpy is slow with an enum's."""

    EMPTY: Final = 0
    STRING: Final = 1
    BOOL: Final = 2
    INT: Final = 3
    DOUBLE: Final = 4
    ARRAY: Final = 5
    KVLIST: Final = 6
    BYTES: Final = 7
    REPLACED: Final = 255
    """A later attribute of the same span has the same key; this one does not count."""


class AmbiguousValueError(Exception):
    """A value has several members of AnyValue's oneof, and the columns cannot tell which was the last."""


@dataclass(frozen=True, slots=True)
class AttributeTable:
    """Attributes by position. Every array but `keys` and `json_texts` has one element for each attribute."""

    spans: int
    owner: Positions
    """The span's row; ascending."""
    kinds: npt.NDArray[np.uint8]
    keys: Column
    """The distinct keys."""
    key_codes: npt.NDArray[Any]
    """Index into `keys`."""
    strings: Column
    """Null where the kind is another; so are `bools`, `ints` and `doubles`."""
    bools: Column
    ints: Column
    doubles: Column
    json_codes: Positions
    """Index into `json_texts` for empty values, arrays, key-value lists and bytes, else -1."""
    json_texts: Column
    positions_by_key: dict[str, Positions]
    """Positions of each key, ascending, replaced ones left out."""

    @classmethod
    def read(cls, lists: Column) -> "AttributeTable":
        """Read a column of lists of WireKeyValue, a row a span.

        Raises AmbiguousValueError.
        """
        raw_keys, values = lists.flatten().flatten()
        members = values.flatten()
        owner, kinds = owners(lists), _kinds(members)
        encoded = raw_keys.dictionary_encode()
        # Encoded again, as two keys can become one when they are mended.
        keys = to_text(encoded.dictionary).dictionary_encode()
        key_codes = keys.indices.to_numpy()[encoded.indices.to_numpy()]
        json_codes, json_texts = _json(kinds, members)
        return cls(
            spans=len(lists),
            owner=owner,
            kinds=kinds,
            keys=keys.dictionary,
            key_codes=key_codes,
            strings=to_text(members[Kind.STRING - 1]),
            bools=members[Kind.BOOL - 1],
            ints=members[Kind.INT - 1],
            doubles=members[Kind.DOUBLE - 1],
            json_codes=json_codes,
            json_texts=json_texts,
            positions_by_key=_group_by_key(owner, keys.dictionary.to_pylist(), key_codes, kinds),
        )

    def map_of(self, positions: Positions, items: Column) -> Column:
        """Return the map column, a row a span, of the attributes at ascending `positions` with their `items`."""
        return pa.MapArray.from_arrays(offsets(self.owner[positions], self.spans), self.keys_at(positions), items)

    def keys_at(self, positions: Positions) -> Column:
        """Return the keys of the attributes at `positions`."""
        return self.keys.take(pa.array(self.key_codes[positions]))

    def json_at(self, positions: Positions) -> Column:
        """Return the JSON texts of the attributes at `positions`; null for other kinds."""
        codes = np.where(positions < 0, -1, self.json_codes[positions]) if len(self.json_codes) else positions
        return take(self.json_texts, codes)


def _kinds(members: list[Column]) -> npt.NDArray[np.uint8]:
    kinds = np.zeros(len(members[0]), np.uint8)
    set_members = np.zeros(len(members[0]), np.uint8)
    for number, member in enumerate(members, start=1):
        if member.null_count < len(member):
            valid = mask(member.is_valid())
            kinds[valid] = number
            set_members += valid
    if set_members.max(initial=0) > 1:
        raise AmbiguousValueError
    return kinds


def _group_by_key(
    owner: Positions, keys: list[str], key_codes: npt.NDArray[Any], kinds: npt.NDArray[np.uint8]
) -> dict[str, Positions]:
    """Return positions by key, and mark in `kinds` those that a later attribute replaces."""
    # A stable sort of 16-bit numbers is a radix sort.
    order = np.argsort(key_codes.astype(np.uint16) if len(keys) <= 0xFFFF else key_codes, kind="stable")
    codes, spans = key_codes[order], owner[order]
    replaced = np.zeros(len(order), np.bool_)
    replaced[:-1] = (codes[:-1] == codes[1:]) & (spans[:-1] == spans[1:])
    kinds[order[replaced]] = Kind.REPLACED
    order, codes = order[~replaced], codes[~replaced]
    bounds = np.searchsorted(codes, np.arange(len(keys) + 1)).tolist()
    return {key: order[start:end] for key, (start, end) in zip(keys, pairwise(bounds), strict=True)}


def _json(kinds: npt.NDArray[np.uint8], members: list[Column]) -> tuple[Positions, Column]:
    """Return the index of each attribute's JSON text, and the texts; nested values are read once for each one."""
    codes = np.where(kinds == Kind.EMPTY, 0, -1)
    texts = ["null"]
    for kind, read in _READERS.items():
        positions = np.flatnonzero(kinds == kind)
        if len(positions):
            distinct = members[kind - 1].take(pa.array(positions)).dictionary_encode()
            codes[positions] = distinct.indices.to_numpy() + len(texts)
            texts.extend(attributes.to_json(read(raw)) for raw in distinct.dictionary.to_pylist())
    return codes, pa.array(texts, pa.string())


def _array(raw: bytes) -> attributes.JsonValue:
    return attributes.value_to_object(lenient.AnyValue(array_value=lenient.ArrayValue.FromString(raw)))


def _kvlist(raw: bytes) -> attributes.JsonValue:
    return attributes.value_to_object(lenient.AnyValue(kvlist_value=lenient.KeyValueList.FromString(raw)))


_READERS: Final = {Kind.ARRAY: _array, Kind.KVLIST: _kvlist, Kind.BYTES: attributes.bytes_to_object}
