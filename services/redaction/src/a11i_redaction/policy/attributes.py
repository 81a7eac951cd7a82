"""Sets of keys, of attributes, columns and JSON members, written with `*` for any characters."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import re2  # type: ignore[import-untyped]  # It has no stubs.

from a11i_redaction.detectors.custom import without_surrogates
from a11i_telemetry.rules import MOVED_COLUMNS

_LONGEST_REMEMBERED: Final = 200
"""Longer keys are rarely seen twice."""


class KeySet:
    """Keys by name or by a pattern with `*`. A column also goes by the attributes whose values it takes."""

    __slots__ = ("_exact", "_known", "_pattern")

    def __init__(self, patterns: Iterable[str]) -> None:
        listed = list(patterns)
        self._exact = frozenset(item for item in listed if "*" not in item)
        starred = ["(?s:.*)".join(map(re2.escape, item.split("*"))) for item in listed if "*" in item]
        self._pattern: Any = re2.compile("|".join(starred)) if starred else None
        self._known = lru_cache(maxsize=4096)(self._matches)

    def __bool__(self) -> bool:
        return bool(self._exact) or self._pattern is not None

    def __contains__(self, key: str) -> bool:
        if not key or not self:
            return False
        return self._known(key) if len(key) <= _LONGEST_REMEMBERED else self._matches(key)

    def has_column(self, name: str) -> bool:
        """Return whether a column is meant, by its own name or by that of an attribute which is moved to it."""
        return bool(self) and (
            name in self or any(key in self for key, column in MOVED_COLUMNS.items() if column == name)
        )

    def _matches(self, key: str) -> bool:
        return key in self._exact or (
            self._pattern is not None and self._pattern.fullmatch(without_surrogates(key)) is not None
        )


NO_KEYS: Final = KeySet(())
