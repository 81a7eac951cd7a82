"""Numbered SQL files that bring a database to the tables of this version."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from a11i_chassis.errors import PermanentError


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of statements, each of which may be run again."""

    name: str
    """The file's name without suffix, such as 0001_spans; migrations run in the order of their names."""
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """The file's statements: each ends with a semicolon at the end of a line."""
        return [part.strip() for part in f"{self.sql.rstrip()}\n".split(";\n") if part.strip()]


def load_migrations(package: str) -> list[Migration]:
    """Return the migrations in the folder `migrations` of `package`, in order."""
    folder = resources.files(package) / "migrations"
    files = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [Migration(name.removesuffix(".sql"), (folder / name).read_text()) for name in files]


def outstanding(migrations: list[Migration], applied: Mapping[str, str]) -> list[Migration]:
    """Return the migrations that are not among `applied` (checksums by name).

    Raises PermanentError if one was changed after it ran: the database and the files then say different things.
    """
    for migration in migrations:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            message = (
                f"migration {migration.name} was changed after it ran on this database; "
                "restore the file and put the change into a new migration"
            )
            raise PermanentError(message)
    return [migration for migration in migrations if migration.name not in applied]
