"""A span as the normaliser sees it: what of its attributes the tables know, and what is found out of it."""

from collections.abc import Sequence
from typing import Any

from a11i_telemetry.parts import JsonValue
from a11i_telemetry.sources import CacheApart
from a11i_telemetry.takes import json_of, structure_of

Row = dict[str, Any]
"""Columns that are known, by name, as Python values."""


class Span:
    """The known attributes of one span, and its row in the making."""

    __slots__ = ("_documents", "apart", "facts", "flags", "kind", "moved", "name", "row")

    def __init__(self, facts: dict[str, JsonValue], name: str) -> None:
        self.facts = facts
        """Values by key; of indexed keys, by prefix, a list of path and value."""
        self.name = name
        self.kind = ""
        """`step_kind`, once it is known."""
        self.row: Row = {}
        self.moved: list[str] = []
        """Keys whose text became a column's as it was."""
        self.apart: Sequence[CacheApart] = ()
        """Why the input tokens in the row can leave the cache out."""
        self.flags: list[str] = []
        """What is odd about the tokens that it reports."""
        self._documents: dict[str, JsonValue] = {}

    def flag(self, words: str) -> None:
        """Note what is odd about the tokens, once."""
        if words not in self.flags:
            self.flags.append(words)

    def document(self, key: str) -> JsonValue:
        """Return what an attribute's JSON text says, or the value if it is none. Read once; not to be changed."""
        document = self._documents.get(key, self)  # Itself, as None is a document too.
        if document is self:
            document = self._documents[key] = json_of(self.facts.get(key))
        return document

    def structure(self, key: str) -> JsonValue:
        """Return the list or object that an attribute's text says in JSON, else None. Not to be changed."""
        structure = structure_of(self.facts[key])
        if structure is not None:
            self._documents[key] = structure
        return structure

    def worked_out(self, place: str, value: JsonValue) -> JsonValue:
        """Remember what was made of a document."""
        self._documents[place] = value
        return value

    def known(self, place: str) -> JsonValue:
        """Return what was remembered, or None."""
        return self._documents.get(place)
