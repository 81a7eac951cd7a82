"""The catalog in PostgreSQL: tenants, projects, API keys, ingest policies."""

from a11i_storage.postgres.catalog import ApiKey, Catalog, open_catalog
from a11i_storage.postgres.migrator import migrate
from a11i_storage.postgres.settings import PostgresSettings

__all__ = ["ApiKey", "Catalog", "PostgresSettings", "migrate", "open_catalog"]
