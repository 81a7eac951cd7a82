"""The columns of what was counted, put together from the calls of a batch."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from a11i_telemetry.columns import Column
from a11i_telemetry.schema import SCHEMA
from a11i_tokenization.call_counts import PARTS, CallCount
from a11i_tokenization.call_models import CallModel

_PART_NAMES: Final = pa.array(PARTS)
_NO_PARTS: Final = (0,) * len(PARTS)


class CountedCall(NamedTuple):
    """A call of a batch."""

    span: int
    """Its row."""
    model: CallModel
    sent: CallCount | None
    """What went in; None if there was no text."""
    received: CallCount | None
    """What came out, likewise."""
    source: str
    """Whether the counts are counted or estimated; empty if there was no text."""


def counted_columns(calls: Sequence[CountedCall], rows: int) -> dict[str, Column]:
    """Return the columns that are filled whether or not the provider reported a number, by name.

    The calls are in the order of their spans; the other rows have nothing counted.
    """
    counted_input: list[int | None] = [None] * rows
    counted_output: list[int | None] = [None] * rows
    window: list[int | None] = [None] * rows
    tokenizer, source = [""] * rows, [""] * rows
    for call in calls:
        span = call.span
        window[span] = call.model.context_window
        if call.source:
            tokenizer[span], source[span] = call.model.tokenizer.encoding, call.source
            if call.sent is not None:
                counted_input[span] = call.sent.tokens
            if call.received is not None:
                counted_output[span] = call.received.tokens
    spans = [call.span for call in calls]
    sent, received = [call.sent for call in calls], [call.received for call in calls]
    return {
        "counted_input_tokens": pa.array(counted_input, pa.int64()),
        "counted_output_tokens": pa.array(counted_output, pa.int64()),
        "context_window": pa.array(window, pa.int64()),
        "tokenizer": pa.array(tokenizer, pa.string()),
        "counted_source": pa.array(source, pa.string()),
        "part_tokens": _parts(sent, spans, rows),
        "input_message_tokens": _messages(sent, spans, rows),
        "output_message_tokens": _messages(received, spans, rows),
    }


def _parts(sent: Sequence[CallCount | None], spans: Sequence[int], rows: int) -> Column:
    tokens = np.array([_NO_PARTS if one is None else one.by_part for one in sent], np.int64)
    some = tokens != 0
    names = _PART_NAMES.take(_int64(np.nonzero(some)[1]))
    offsets = _offsets(spans, some.sum(axis=1), rows)
    return pa.MapArray.from_arrays(offsets, names, _int64(tokens[some]), type=SCHEMA.field("part_tokens").type)


def _messages(counts: Sequence[CallCount | None], spans: Sequence[int], rows: int) -> Column:
    lists: list[Sequence[int]] = [() if one is None else one.messages for one in counts]
    offsets = _offsets(spans, [len(one) for one in lists], rows)
    return pa.ListArray.from_arrays(offsets, _int64(list(chain.from_iterable(lists))))


def _int64(values: Any) -> Any:
    return pa.array(np.asarray(values, np.int64))


def _offsets(spans: Sequence[int], sizes: Any, rows: int) -> Any:
    """Return where the lists of all rows begin, of which those at `spans` have these sizes, and the end of the last."""
    offsets = np.zeros(rows + 1, np.int32)
    offsets[np.asarray(spans) + 1] = sizes
    return pa.array(np.cumsum(offsets, dtype=np.int32))
