"""`python -m a11i_storage.migrate clickhouse|postgres`: bring a store to the tables that this version needs.

Reads A11I_MIGRATE_CLICKHOUSE__URL or A11I_MIGRATE_POSTGRES__DSN. Prints what it applied, one name a line. Exits with 0,
with 2 and a line on a wrong setting or argument, with 1 and a line if the store cannot be migrated.
"""

import asyncio
import sys
from collections.abc import Sequence

from pydantic_settings import BaseSettings, SettingsConfigDict

from a11i_chassis.errors import A11iError
from a11i_chassis.settings import fail, load_settings
from a11i_storage.clickhouse.migrator import migrate as migrate_clickhouse
from a11i_storage.clickhouse.settings import ClickHouseSettings
from a11i_storage.postgres import PostgresSettings
from a11i_storage.postgres import migrate as migrate_postgres


class ClickHouseMigrationSettings(BaseSettings):
    """What migrating ClickHouse needs to know."""

    model_config = SettingsConfigDict(
        env_prefix="A11I_MIGRATE_", env_nested_delimiter="__", extra="ignore", hide_input_in_errors=True
    )
    clickhouse: ClickHouseSettings


class PostgresMigrationSettings(BaseSettings):
    """What migrating PostgreSQL needs to know."""

    model_config = SettingsConfigDict(
        env_prefix="A11I_MIGRATE_", env_nested_delimiter="__", extra="ignore", hide_input_in_errors=True
    )
    postgres: PostgresSettings


def main(arguments: Sequence[str]) -> int:
    """Migrate the store that the first argument names; return the exit status."""
    store, *rest = [*arguments, ""]
    if store == "clickhouse":
        work = migrate_clickhouse(
            load_settings(ClickHouseMigrationSettings, [item for item in rest if item]).clickhouse
        )
    elif store == "postgres":
        work = migrate_postgres(load_settings(PostgresMigrationSettings, [item for item in rest if item]).postgres)
    else:
        fail(f"which store? python -m a11i_storage.migrate clickhouse|postgres (not {store!r})")
    try:
        applied = asyncio.run(work)
    except A11iError as error:
        sys.stderr.write(f"cannot migrate {store}: {error.message}\n")
        return 1
    for name in applied:
        sys.stdout.write(f"{name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
