"""A connection to ClickHouse that need not be there yet."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Mapping
from typing import Final

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.asyncclient import AsyncClient

from a11i_storage.clickhouse.errors import insert_errors, query_errors
from a11i_storage.clickhouse.settings import ClickHouseSettings

_GRACE_S: Final = 2.0
"""How much later than the server the client gives up, so that as a rule the server's clearer answer arrives."""

_INSERT_SETTINGS: Final = {
    # Durable and visible on return; servers from 26.3 on gather inserts by default.
    "async_insert": "0",
    # The newest of a span's versions within one insert is picked before it is written.
    "optimize_on_insert": "1",
    # Batches that waited long, such as replayed dead letters, come from many days. Rows bound the partitions; the
    # server's bound would refuse these rows for ever, as TOO_MANY_PARTS, which otherwise passes.
    "max_partitions_per_insert_block": "0",
    # One part a partition and insert: blocks are joined up to these limits.
    "min_insert_block_size_rows": "1048576",
    "min_insert_block_size_bytes": str(256 * 1024**2),
}

_QUERY_SETTINGS: Final = {
    # Rows of one span are one span in every read, also across partitions and with indexes in use.
    "do_not_merge_across_partitions_select_final": "0",
    "use_skip_indexes_if_final": "1",
    "use_skip_indexes_if_final_exact_mode": "1",
    "output_format_arrow_string_as_string": "1",
    "output_format_arrow_fixed_string_as_fixed_byte_array": "1",
    "output_format_arrow_low_cardinality_as_dictionary": "0",
}


class ClickHouse:
    """A client that connects with its first call, and anew after the server was away. Safe for concurrent tasks."""

    def __init__(self, settings: ClickHouseSettings) -> None:
        self._settings = settings
        self._client: AsyncClient | None = None
        self._connecting = asyncio.Lock()

    @property
    def database(self) -> str:
        """The database that holds a11i's tables."""
        return self._settings.endpoint.database

    async def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """Run a SELECT with server-side bound parameters. Raises UnavailableError, TooLargeError (of its memory)."""
        limit_s = self._settings.query_timeout_s
        with query_errors():
            async with asyncio.timeout(limit_s + _GRACE_S):
                client = await self._connected()
                limits = {
                    "max_execution_time": str(limit_s),
                    "max_memory_usage": str(self._settings.query_max_memory_bytes),
                }
                settings = _known_to(client, _QUERY_SETTINGS) | limits
                table: pa.Table = await client.query_arrow(sql, dict(parameters or {}), settings=settings)
                return table

    async def command(
        self, sql: str, parameters: Mapping[str, object] | None = None, *, use_database: bool = True
    ) -> None:
        """Run a statement that returns nothing. Raises UnavailableError."""
        limit_s = self._settings.insert_timeout_s
        with query_errors():
            async with asyncio.timeout(limit_s + _GRACE_S):
                client = await self._connected()
                settings = {"max_execution_time": str(limit_s)}
                await client.command(sql, dict(parameters or {}), settings=settings, use_database=use_database)

    async def insert(self, table: str, rows: pa.Table) -> None:
        """Insert rows; they are durable and visible on return.

        Raises UnavailableError, PermanentError (the rows are at fault), TooLargeError (fewer rows may do).
        """
        limit_s = self._settings.insert_timeout_s
        with insert_errors():
            async with asyncio.timeout(limit_s + _GRACE_S):
                client = await self._connected()
                settings = _known_to(client, _INSERT_SETTINGS) | {"max_execution_time": str(limit_s)}
                body = await asyncio.to_thread(_arrow_stream, rows)
                # With the statement apart from a body that is a file, the client copies nothing.
                await client.raw_insert(table, rows.schema.names, body, settings=settings, fmt="ArrowStream")

    async def ready(self) -> bool:
        """Return whether the server answers; for health checks."""
        try:
            async with asyncio.timeout(self._settings.connect_timeout_s):
                return await (await self._connected()).ping()
        except (TimeoutError, clickhouse_connect.driver.exceptions.Error):
            return False

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            await self._client.close()

    async def _connected(self) -> AsyncClient:
        """Return the client, made by the first caller; the server must answer for that."""
        async with self._connecting:
            if self._client is None:
                self._client = await self._connect()
            return self._client

    async def _connect(self) -> AsyncClient:
        endpoint = self._settings.endpoint
        client = await clickhouse_connect.get_async_client(
            host=endpoint.host,
            port=endpoint.port,
            username=endpoint.user,
            password=endpoint.password,
            secure=endpoint.secure,
            connect_timeout=self._settings.connect_timeout_s,
            send_receive_timeout=max(self._settings.insert_timeout_s, self._settings.query_timeout_s) + _GRACE_S,
            # Sessions would make ClickHouse refuse concurrent statements of one client.
            autogenerate_session_id=False,
            # The caller's budget is one deadline; whoever retries does so with that in view.
            query_retries=0,
            # Packing costs more than it saves between processes of one machine or one network.
            compress=False,
            # Values go in the body, not in the URL: lists of ids are long, and URLs end up in logs.
            form_encode_query_params=True,
        )
        # Not given above, as connecting would then fail where the migration has yet to make the database.
        client.database = endpoint.database
        return client


def _known_to(client: AsyncClient, settings: Mapping[str, str]) -> dict[str, str]:
    """Return those settings that the server's version has: some came with a later one, for which they are meant."""
    return {name: value for name, value in settings.items() if name in client.server_settings}


def _arrow_stream(rows: pa.Table) -> io.BytesIO:
    body = io.BytesIO()
    with pa.ipc.new_stream(body, rows.schema) as writer:
        writer.write_table(rows)
    body.seek(0)
    return body


@contextlib.asynccontextmanager
async def open_clickhouse(settings: ClickHouseSettings) -> AsyncIterator[ClickHouse]:
    """Yield a client and close it after. Nothing is asked of the server until the first call."""
    clickhouse = ClickHouse(settings)
    try:
        yield clickhouse
    finally:
        await clickhouse.close()
