"""What is wrong with a span though it was taken: the column `defects`."""

from typing import Final

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from a11i_telemetry.attribute_table import AttributeTable, Kind
from a11i_telemetry.columns import Column, empty

DEFECTS_KEY: Final = "a11i.ingest.defects"
"""Attribute by which ingest says what it mended or cut: an array of strings, which becomes the column `defects`."""

END_BEFORE_START: Final = "end before start"
NO_START_TIME: Final = "no start time"
NO_END_TIME: Final = "no end time"
START_IN_THE_FAR_FUTURE: Final = "start in the far future"

_FAR_NS: Final = 24 * 60 * 60 * 10**9
"""A client's clock may be wrong by a time zone, so that a start up to a day after its receipt passes for a start."""
_LAST_TIME_NS: Final = 2**63 - 1
_TYPE: Final = pa.list_(pa.string())


def defects(
    table: AttributeTable, start: npt.NDArray[np.uint64], end: npt.NDArray[np.uint64], received_time_ns: int
) -> Column:
    """Return for each span what ingest says of it, then what its times, nanoseconds since the epoch, show.

    `received_time_ns` is 0 where it is not known: then only times beyond int64 are far in the future.
    """
    latest = min(received_time_ns + _FAR_NS, _LAST_TIME_NS) if received_time_ns else _LAST_TIME_NS
    wrong = (
        (NO_START_TIME, start == 0),
        (START_IN_THE_FAR_FUTURE, start > latest),
        (NO_END_TIME, end == 0),
        (END_BEFORE_START, (end < start) & (end != 0)),
    )
    said = table.positions_by_key.get(DEFECTS_KEY, ())
    flagged = np.logical_or.reduce([where for _, where in wrong])
    if not len(said) and not flagged.any():
        return empty(_TYPE, table.spans)
    found: list[list[str]] = [[] for _ in range(table.spans)]
    for position in said:
        if table.kinds[position] == Kind.ARRAY:
            texts = orjson.loads(table.json_texts[int(table.json_codes[position])].as_py())
            found[table.owner[position]] += [text for text in texts if isinstance(text, str)]
    for row in np.flatnonzero(flagged).tolist():
        found[row] += [defect for defect, where in wrong if where[row]]
    return pa.array(found, _TYPE)
