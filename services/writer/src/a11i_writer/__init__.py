"""Writes spans to ClickHouse."""
