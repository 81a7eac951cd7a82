"""Columns with values that ingest took from attributes: where an attribute is to go whole, its copies go too."""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa

from a11i_redaction.columns import Entries, Flags, encode
from a11i_redaction.policy.attributes import KeySet
from a11i_telemetry.rules import ANSWERS, INPUTS, OUTPUTS, PREFIXES, RULES

_MAPS: Final = ("attr_string", "attr_int", "attr_double", "attr_json")
_ON_TOOLS: Final = {"input_messages": "tool_arguments", "output_messages": "tool_result"}
"""Where the same attributes' values stand on a tool's span."""


def rows_of_dropped(columns: pa.RecordBatch, dropped: KeySet) -> Mapping[str, Flags]:
    """Return, by column, in which rows it may hold the value of an attribute that is dropped and that the row has."""
    marked: dict[str, Flags] = {}
    for name in _MAPS if dropped else ():
        if name not in columns.schema.names:
            continue
        entries = Entries.of(columns.column(name))
        codes, keys = encode(entries.keys)
        for code, key in enumerate(keys):
            for column in _columns_from(key) if key in dropped else ():
                flags = marked.setdefault(column, np.zeros(columns.num_rows, np.bool_))
                flags[entries.rows[codes == code]] = True
    return marked


def _columns_from(key: str) -> frozenset[str]:
    """Return the columns that can hold an attribute's value."""
    prefixes = (prefix for prefix in PREFIXES if key.startswith(prefix))
    return frozenset().union(*(_by_source().get(source, frozenset()) for source in (key, *prefixes)))


@lru_cache(maxsize=1)
def _by_source() -> Mapping[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for rule in (*RULES, INPUTS, OUTPUTS):
        for source in rule.sources:
            answer = ANSWERS.get(source.key)
            for key in (source.key, *(answer.keys if answer else ())):
                found[key].update({rule.column, _ON_TOOLS.get(rule.column, rule.column)})
    return {key: frozenset(columns) for key, columns in found.items()}
