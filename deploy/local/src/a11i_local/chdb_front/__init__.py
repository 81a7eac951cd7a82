"""ClickHouse's HTTP interface over chDB: one process that owns one data directory.

    A11I_CHDB_PASSWORD=... python -m a11i_local.chdb_front --listen 127.0.0.1:8123 --path DIR

It speaks as much of the interface as `clickhouse-connect` and `curl` need, so that code written against it runs
unchanged against a ClickHouse server. Not spoken: sessions, roles, external tables, ClickHouse's own block compression.
"""
