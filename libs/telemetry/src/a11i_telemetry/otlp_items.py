"""What log records and metric points have in common: resource and scope around them, attributes, rows to columns.

Item by item in Python: there are few of them beside spans. Messages are those of `lenient`, so text may be anything.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from a11i_telemetry import attributes
from a11i_telemetry.schema import Column

MAX_ITEMS: Final = 200_000
"""Records or points of one request, as many as spans."""
MAX_SURROUNDINGS_BYTES: Final = 128 * 1024 * 1024
"""Text of resources and scopes after each item has its own copy, likewise."""

ID_BYTES: Final = 16
_ROWS_AT_ONCE: Final = 10_000
"""Some 20 MB of Python's objects."""
_LAST_TIME_NS: Final = 2**63 - 1

Row = dict[str, Any]
"""An item's values by column; columns that are left out are empty."""

_ATTRIBUTE_COLUMNS: Final = {
    "string_value": "attr_string",
    "int_value": "attr_int",
    "double_value": "attr_double",
    "bool_value": "attr_bool",
}


class OtlpItemsError(ValueError):
    """The bytes are no request of the signal, or one that would take too much memory. Nothing of them was taken."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A resource and a scope, read once for all of their items."""

    values: dict[str, str]
    """By column."""
    digest: bytes
    """Of what they say."""
    size_bytes: int
    """Of the text that each item repeats."""

    def item_id(self, *parts: bytes) -> bytes:
        """Return the identity of an item in these surroundings whose content is `parts`."""
        digest = hashlib.blake2b(self.digest, digest_size=ID_BYTES)
        for part in parts:
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
        return digest.digest()


class Room:
    """How much the items of a request may still take."""

    def __init__(self) -> None:
        self._items = MAX_ITEMS
        self._bytes = MAX_SURROUNDINGS_BYTES

    def take(self, items: int, repeated_bytes: int) -> None:
        """Count items that each repeat that much text. Raises OtlpItemsError if that is too much."""
        self._items -= items
        self._bytes -= items * repeated_bytes
        if self._items < 0:
            raise OtlpItemsError(f"the request has more than {MAX_ITEMS} items; send it in parts")
        if self._bytes < 0:
            message = (
                f"what the request's items share comes to over {MAX_SURROUNDINGS_BYTES} bytes on them; "
                "send fewer items at once, or smaller resource attributes"
            )
            raise OtlpItemsError(message)


def scopes(groups: Sequence[Any], scope_field: str) -> Iterator[tuple[Surroundings, Any]]:
    """Yield each scope of the ResourceLogs or ResourceMetrics, with what stands around its items."""
    for group in groups:
        resource = attributes.pairs_to_object(group.resource.attributes)
        service = resource.get("service.name", "")
        of_resource = {
            "service_name": service if isinstance(service, str) else attributes.to_json(service),
            "resource_attributes": object_text(resource),
            "resource_schema_url": attributes.text(group.schema_url),
        }
        for scope_group in getattr(group, scope_field):
            scope = scope_group.scope
            values = of_resource | {
                "scope_name": attributes.text(scope.name),
                "scope_version": attributes.text(scope.version),
                "scope_attributes": object_text(attributes.pairs_to_object(scope.attributes)),
                "scope_schema_url": attributes.text(scope_group.schema_url),
            }
            content = attributes.to_json(values).encode()
            digest = hashlib.blake2b(content, digest_size=ID_BYTES).digest()
            yield Surroundings(values, digest, len(content)), scope_group


def attribute_columns(pairs: Sequence[Any]) -> Row:
    """Return attributes by type; of two with one key the last counts."""
    columns: Row = {}
    for key, value in {attributes.text(pair.key): pair.value for pair in pairs}.items():
        kind = value.WhichOneof("value")
        column = _ATTRIBUTE_COLUMNS.get(kind, "attr_json")
        if column == "attr_string":
            item: Any = attributes.text(value.string_value)
        elif column == "attr_json":
            item = attributes.to_json(attributes.value_to_object(value))
        else:
            item = getattr(value, kind)
        columns.setdefault(column, []).append((key, item))
    return columns


def object_text(pairs: Mapping[str, attributes.JsonValue]) -> str:
    """Return attributes as the text of a JSON object; "" for none."""
    return attributes.to_json(pairs) if pairs else ""


def time_ns(nanoseconds: int) -> int | None:
    """Return a time within what the store holds; None for 0, which is "not sent"."""
    return min(nanoseconds, _LAST_TIME_NS) or None


class ColumnsOf:
    """Makes columns of rows. Rows that came are columns soon: as Python's objects they take many times the room."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._schema = pa.schema([(column.name, column.arrow) for column in columns])
        self._rows: list[Row] = []
        self._batches: list[pa.RecordBatch] = []

    def add(self, row: Row) -> None:
        """Take a row."""
        self._rows.append(row)
        if len(self._rows) == _ROWS_AT_ONCE:
            self._flush()

    def finish(self) -> pa.RecordBatch:
        """Return all rows in their order."""
        if self._rows or not self._batches:
            self._flush()
        (batch,) = pa.Table.from_batches(self._batches).combine_chunks().to_batches() or self._batches[:1]
        return batch

    def _flush(self) -> None:
        arrays = [
            pa.array([row.get(column.name, empty) for row in self._rows], column.arrow)
            for column in self._columns
            for empty in [_empty_value(column)]
        ]
        self._batches.append(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._rows = []


def _empty_value(column: Column) -> Any:
    kind = column.arrow
    if column.clickhouse.startswith("Nullable"):
        return None
    if pa.types.is_string(kind):
        return ""
    if pa.types.is_list(kind) or pa.types.is_map(kind):
        return []
    return False if pa.types.is_boolean(kind) else 0
