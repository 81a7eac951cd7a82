"""What is kept in PostgreSQL: the catalog (tenants, projects, API keys, ingest policies), dead letters, replays,
policies of redaction, price tables, repricings
and budgets."""

from a11i_storage.postgres.budgets import BudgetStore, open_budgets
from a11i_storage.postgres.catalog import ApiKey, Catalog, open_catalog
from a11i_storage.postgres.dead_letter_store import DeadLetterStore, open_dead_letters
from a11i_storage.postgres.migrator import migrate
from a11i_storage.postgres.price_tables import PriceTableStore, open_price_tables
from a11i_storage.postgres.redaction_policies import RedactionPolicyStore, open_redaction_policies
from a11i_storage.postgres.replay_store import ReplayStore, open_replays
from a11i_storage.postgres.repricing_store import RepricingStore, open_repricings
from a11i_storage.postgres.settings import PostgresSettings

__all__ = [
    "ApiKey",
    "BudgetStore",
    "Catalog",
    "DeadLetterStore",
    "PostgresSettings",
    "PriceTableStore",
    "RedactionPolicyStore",
    "ReplayStore",
    "RepricingStore",
    "migrate",
    "open_budgets",
    "open_catalog",
    "open_dead_letters",
    "open_price_tables",
    "open_redaction_policies",
    "open_replays",
    "open_repricings",
]
