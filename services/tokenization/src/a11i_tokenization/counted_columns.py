"""The columns of what was counted, put together from the calls of a batch.

Made of buffers rather than by Arrow's own functions: of a batch of 60 spans each of those takes longer than all that
is to be done here.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a11i_telemetry.columns import Column
from a11i_telemetry.schema import SCHEMA
from a11i_tokenization.call_counts import PARTS, CallCount
from a11i_tokenization.call_models import CallModel

Bools = npt.NDArray[np.bool_]

_NO_PARTS: Final = (0,) * len(PARTS)
_PART_NAMES: Final = [part.encode() for part in PARTS]
_NAMED: Final = [[name for bit, name in enumerate(_PART_NAMES) if code & 0x80 >> bit] for code in range(256)]
"""The names of parts, by the bits of an octet that say which of them there are."""
_NAMES: Final = [b"".join(names) for names in _NAMED]
_NAME_SIZES: Final = [bytes(map(len, names)) for names in _NAMED]
_NAME_COUNTS: Final = [len(names) for names in _NAMED]
_INT64: Final = pa.int64()
_TEXT: Final = pa.string()
_MAP: Final = SCHEMA.field("part_tokens").type
_ENTRIES: Final = pa.struct([_MAP.key_field, _MAP.item_field])
_LIST: Final = SCHEMA.field("input_message_tokens").type
_UNKNOWN: Final = -1


class CountedCalls(NamedTuple):
    """The calls of a batch, in the order of their spans."""

    models: Sequence[CallModel]
    sent: Sequence[CallCount | None]
    """What went in; None if there was no text."""
    received: Sequence[CallCount | None]
    """What came out, likewise."""
    sources: Sequence[str]
    """Whether the counts are counted or estimated; empty if there was no text."""


def counted_columns(calls: CountedCalls, where: Bools) -> dict[str, Column]:
    """Return the columns that are filled whether or not the provider reported a number, by name.

    `where` says which spans are calls; the other rows have nothing counted.
    """
    models, sent, received, rows = calls.models, calls.sent, calls.received, len(where)
    messages: list[Sequence[int]] = [() if one is None else one.messages for one in chain(sent, received)]
    sources = [source.encode() for source in calls.sources]
    tokenizers = [model.tokenizer.encoding.encode() if by else b"" for model, by in zip(models, sources, strict=True)]
    parts, part_names = _parts(sent)
    # All that there is a number of for each call, put in its span's place at once.
    each = np.fromiter(
        chain(
            [_UNKNOWN if one is None else one.tokens for one in chain(sent, received)],
            [model.context_window or _UNKNOWN for model in models],
            map(len, messages),
            map(len, tokenizers),
            map(len, sources),
            [_NAME_COUNTS[code] for code in part_names],
        ),
        np.int64,
    )
    spread = np.zeros((8, rows), np.int64)
    spread[:3] = _UNKNOWN
    spread[:, where] = each.reshape(8, -1)

    numbers = spread[:3]
    known = np.packbits(numbers >= 0, bitorder="little")
    np.maximum(numbers, 0, out=numbers)
    counted_input, counted_output, window = _cut(_array(_INT64, 3 * rows, [known, numbers]), rows)
    tokens = np.fromiter(chain.from_iterable(messages), np.int64)
    of_messages = _array(_INT64, len(tokens), [None, tokens])
    lists = _cut(_array(_LIST, 2 * rows, [None, _bounds(spread[3:5].ravel())], [of_messages]), rows)
    octets = b"".join(chain(tokenizers, sources))
    texts = _cut(_array(_TEXT, 2 * rows, [None, _bounds(spread[5:7].ravel()), octets]), rows)
    return {
        "counted_input_tokens": counted_input,
        "counted_output_tokens": counted_output,
        "context_window": window,
        "tokenizer": texts[0],
        "counted_source": texts[1],
        "part_tokens": _array(_MAP, rows, [None, _bounds(spread[7])], [parts]),
        "input_message_tokens": lists[0],
        "output_message_tokens": lists[1],
    }


def _parts(sent: Sequence[CallCount | None]) -> tuple[Column, list[int]]:
    """Return the names and tokens of all calls' parts, and for each call which of _NAMED it has."""
    by_part = chain.from_iterable([_NO_PARTS if one is None else one.by_part for one in sent])
    tokens = np.fromiter(by_part, np.int64, len(sent) * len(PARTS)).reshape(-1, len(PARTS))
    some = tokens != 0
    codes: list[int] = np.packbits(some, axis=1).ravel().tolist()
    names, sizes = (b"".join([of[code] for code in codes]) for of in (_NAMES, _NAME_SIZES))
    count = len(sizes)
    keys = _array(_TEXT, count, [None, _bounds(np.frombuffer(sizes, np.uint8)), names])
    return _array(_ENTRIES, count, [None], [keys, _array(_INT64, count, [None, tokens[some]])]), codes


def _bounds(sizes: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """Return where values of these sizes begin that follow each other, and the end of the last."""
    bounds = np.zeros(len(sizes) + 1, np.int32)
    np.add.accumulate(sizes, dtype=np.int32, out=bounds[1:])
    return bounds


def _array(kind: Any, rows: int, buffers: Sequence[Any], children: Sequence[Column] | None = None) -> Column:
    made: list[Any] = [None if one is None else pa.py_buffer(one) for one in buffers]
    return pa.Array.from_buffers(kind, rows, made, children=children)


def _cut(column: Column, rows: int) -> list[Column]:
    """Return a column's parts of this many rows."""
    return [column.slice(start, rows) for start in range(0, len(column), rows)]
