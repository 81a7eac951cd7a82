"""Which spans of a batch are calls of a model, and of which."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from a11i_telemetry.columns import Column
from a11i_tokenization.pricing.sheet import NAME_COLUMNS, CallNameTexts

Bools = npt.NDArray[np.bool_]

KINDS: Final = frozenset({"llm", "embedding", "rerank"})
"""Steps that are calls of a model. An agent's or a workflow's numbers sum up its calls': to count or price them again
would bill every call twice."""


class Calls(NamedTuple):
    """The calls of a batch."""

    where: Bools
    """Which spans are calls."""
    spans: Sequence[int]
    """Their rows."""
    names: Sequence[CallNameTexts]
    """Of each call what NAME_COLUMNS hold."""

    @classmethod
    def among(cls, columns: Mapping[str, Column]) -> "Calls":
        """Find the calls among spans."""
        kinds = columns["step_kind"].to_pylist()
        where = [kind in KINDS for kind in kinds]
        names = zip(*(columns[name].to_pylist() for name in NAME_COLUMNS), strict=True)
        spans = [*compress(range(len(kinds)), where)]
        return cls(np.array(where, np.bool_), spans, [*compress(names, where)])

    def of(self, rows: Iterable[Any]) -> Iterable[Any]:
        """Return what is of calls, of something for each span."""
        return compress(rows, self.where.tolist())
