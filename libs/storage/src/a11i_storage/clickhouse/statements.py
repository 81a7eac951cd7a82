"""SQL from files, with the one place where a reader's statements are told whose rows they may see."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template
from typing import Final

from a11i_storage.clickhouse.calls_once import calls_once
from a11i_storage.clickhouse.tables import TABLES

_TABLE_NAMES: Final = "|".join(table.name for table in TABLES.values())
_SCOPE_SQL: Final = "(tenant_id = {scope_tenant_id:String} AND project_id = {scope_project_id:String})"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows a read may see. Comes from a credential alone, never from a request."""

    tenant_id: str
    project_id: str

    def __post_init__(self) -> None:
        if not (self.tenant_id and self.project_id):
            raise ValueError("a scope needs a tenant and a project")

    @property
    def parameters(self) -> dict[str, object]:
        """The values that `statement`'s predicate binds."""
        return {"scope_tenant_id": self.tenant_id, "scope_project_id": self.project_id}


class UnscopedStatementError(Exception):
    """A statement reads a table without being held to a scope: a defect of the SQL file."""


def statement(name: str, clauses: Mapping[str, str] | None = None) -> str:
    """Return the SQL of `sql/<name>.sql` with the scope's predicate and the given clauses in place.

    Clauses are SQL of this package's own; values never come this way, they are bound by the server.
    Raises UnscopedStatementError for a file that reads a table without the scope.
    """
    return _template(name).substitute({**calls_once(), **(clauses or {})}, scope=_SCOPE_SQL)


@cache
def _template(name: str) -> Template:
    return checked((resources.files(__package__) / "sql" / f"{name}.sql").read_text())


def checked(sql: str) -> Template:
    """Return the statement without comments, as a template.

    Raises UnscopedStatementError unless each mention of a table is directly followed by the scope's predicate.
    """
    code = " ".join(line.partition("--")[0] for line in sql.splitlines())
    mentions = re.findall(rf"\b(?:{_TABLE_NAMES})\b(?!\.)", code)
    held = re.findall(rf"\bFROM (?:{_TABLE_NAMES})(?: FINAL)?\s+WHERE\s+\$scope\s+AND\b", code)
    if not mentions or len(mentions) != len(held):
        raise UnscopedStatementError(sql)
    return Template(code)
