"""What stands beside a value in JSON and says what it is: its type, or the name of its column."""

from functools import lru_cache
from typing import Final

from a11i_redaction.detectors.context import key_words
from a11i_redaction.detectors.families import names_number

_TYPES: Final = frozenset({
    "column", "field", "key", "kind", "label", "name", "question", "system", "title", "type",
})  # fmt: skip
"""The last words of keys under which the type of a value stands beside it."""
_TYPED: Final = frozenset({
    "actual", "after", "answer", "before", "current", "expected", "identifier", "new", "no", "nr", "number", "old",
    "previous", "val", "value", "values",
})  # fmt: skip
"""The last words of keys under which such a value stands, if the key itself says nothing of it."""
_COLUMNS: Final = frozenset({"column_names", "columns", "fields", "header", "headers"})
_ROWS: Final = frozenset({"data", "records", "rows", "values"})
_MOST_COLUMNS: Final = 512
_LONGEST_TYPE: Final = 64
"""Characters; what is longer names no type, and is no key of a cache."""
_BEFORE_ROWS: Final = -1


class Beside:
    """What a walk through one JSON text has seen that says something of values to come."""

    __slots__ = ("_column", "_columns", "_typed", "in_rows", "tells")

    def __init__(self) -> None:
        self.tells = False
        """Whether strings under the key now can say something of others: `string` wants them."""
        self.in_rows = False
        """Whether the key now can be that of a table's rows: `element` wants what is under it."""
        self._typed = ""
        self._columns: list[str] = []
        self._column = _BEFORE_ROWS

    def copy(self) -> "Beside":
        """Return another that has seen the same."""
        other = Beside()
        other.tells, other.in_rows = self.tells, self.in_rows
        other._typed, other._columns, other._column = self._typed, [*self._columns], self._column
        return other

    def key(self, key: str) -> str:
        """Return what says what the value under a key is: the type that was named beside it, or the key."""
        self.tells = _tells(key)
        if self.tells and key in _COLUMNS:
            self._columns = []
        elif self._columns:
            self.in_rows = key in _ROWS
            self._column = _BEFORE_ROWS
        return self._typed if self._typed and _is_typed(key) else key

    def string(self, key: str, text: str) -> None:
        """Take note of a string under a key."""
        if key in _COLUMNS:
            if len(self._columns) < _MOST_COLUMNS:
                self._columns.append(text)
        elif len(text) <= _LONGEST_TYPE and _names(text):
            self._typed = text

    def element(self, key: str, gap: str) -> str:
        """Return what says what an element of an array is: the name of its column, if there is one, or the key.

        `gap` is what stands between it and the value or key before it.
        """
        first = gap.rfind("[")
        if self._column == _BEFORE_ROWS and gap.find("[") == first:
            self.in_rows = False  # No array of arrays.
            return key
        self._column = gap.count(",", first + 1) + (self._column if first < 0 else 0)
        return self._columns[self._column] if self._column < len(self._columns) else key

    def end(self) -> None:
        """Take note that an object ends."""
        self._typed = ""
        self.tells = self.in_rows = False


_names = lru_cache(maxsize=4096)(names_number)


@lru_cache(maxsize=4096)
def _tells(key: str) -> bool:
    return key in _COLUMNS or _last_word(key) in _TYPES


def _last_word(key: str) -> str:
    return key_words(key).rpartition(" ")[2]


@lru_cache(maxsize=4096)
def _is_typed(key: str) -> bool:
    return _last_word(key) in _TYPED and not names_number(key)
