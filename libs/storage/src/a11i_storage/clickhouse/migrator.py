"""Bringing the database to the tables that this version needs."""

from a11i_storage.clickhouse.connection import ClickHouse, open_clickhouse
from a11i_storage.clickhouse.settings import ClickHouseSettings
from a11i_storage.migrations import Migration, load_migrations, outstanding

_RECORD_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations
(
  name String,
  checksum FixedString(64),
  applied_time DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(applied_time)
ORDER BY name
"""


async def migrate(settings: ClickHouseSettings) -> list[str]:
    """Create the database if need be, run the migrations that it has not seen, and return their names.

    May be run again, at the same time, and after a kill at any point: a migration is recorded when its statements are
    done, and each of them does nothing the second time.
    Raises UnavailableError, and PermanentError if a migration was changed after it ran here.
    """
    async with open_clickhouse(settings) as clickhouse:
        await clickhouse.command(f"CREATE DATABASE IF NOT EXISTS {clickhouse.database}", use_database=False)
        await clickhouse.command(_RECORD_TABLE)
        todo = outstanding(load_migrations(__package__), await _applied(clickhouse))
        for migration in todo:
            await _run(clickhouse, migration)
        return [migration.name for migration in todo]


async def _applied(clickhouse: ClickHouse) -> dict[str, str]:
    """Return checksums of the migrations that ran, by name."""
    table = await clickhouse.query("SELECT name, toString(checksum) AS checksum FROM schema_migrations FINAL")
    return {row["name"]: row["checksum"] for row in table.to_pylist()}


async def _run(clickhouse: ClickHouse, migration: Migration) -> None:
    for statement in migration.statements:
        await clickhouse.command(statement)
    await clickhouse.command(
        "INSERT INTO schema_migrations (name, checksum) SELECT {name:String}, {checksum:String}",
        {"name": migration.name, "checksum": migration.checksum},
    )
