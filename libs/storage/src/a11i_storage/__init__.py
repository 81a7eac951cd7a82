"""Ports and adapters of the stores: ClickHouse spans, PostgreSQL catalog; migrations."""
