"""Every place where a mesh keeps bytes, as (where, bytes): what is stored is read out as text, and as it lies there."""

import asyncio
import json
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import asyncpg
import hyperscan
import nats
import pyarrow as pa
import pyarrow.parquet as pq
from nats.js.errors import NotFoundError
from pyarrow import fs

from tests.e2e.canaries import forms
from tests.e2e.conftest import RunningMesh
from tests.e2e.test_replays import ask, query

Bytes = Iterator[tuple[str, bytes]]


class Search:
    """Looks for many values at once, in all their forms."""

    def __init__(self, planted: Mapping[str, str]) -> None:
        """`planted`: value -> the place where it was planted."""
        self._places: list[str] = []
        patterns: list[bytes] = []
        for value, place in planted.items():
            for form in forms(value):
                patterns.append(b"".join(b"\\x%02x" % byte for byte in form))
                self._places.append(place)
        self._database = hyperscan.Database()
        flags = hyperscan.HS_FLAG_SINGLEMATCH
        count = len(patterns)
        self._database.compile(patterns, ids=list(range(count)), elements=count, flags=[flags] * count)

    def leaks(self, stored: Bytes) -> set[tuple[str, str]]:
        """Return where which values were found: (where it is, where it was planted)."""
        found: set[tuple[str, str]] = set()

        def note(number: int, _start: int, _end: int, _flags: int, where: Any) -> None:
            found.add((where, self._places[number]))

        for where, content in stored:
            self._database.scan(content, match_event_handler=note, context=where)
        return found


def files(mesh: RunningMesh) -> Bytes:
    """All files of the mesh: the engines' data, their journals, logs, what it knows of itself; and its output."""
    yield "the console's output", mesh.output.encode()
    for path in mesh.data_dir.rglob("*"):
        try:
            if path.is_file():
                yield str(path), path.read_bytes()
        except FileNotFoundError:  # A part that the store has just merged away.
            continue


def clickhouse(mesh: RunningMesh) -> Bytes:
    """All columns of all tables, decompressed; the engine's own logs with them."""
    tables = query(
        mesh,
        "SELECT database, name FROM system.tables WHERE engine LIKE '%MergeTree'"
        " OR database = 'system' AND name LIKE '%\\_log'",
    )
    assert {"spans", "logs", "metric_points", "ingest_issues"} <= {name for _, name in tables}
    for database, name in tables:
        for version in ("JSONEachRow", "RowBinary"):
            sql = f"SELECT * FROM {database}.{name} FORMAT {version}"  # noqa: S608 the engine's own names
            yield f"ClickHouse {database}.{name}", ask(mesh, sql)


def postgres(mesh: RunningMesh) -> Bytes:
    """All rows of all tables as text; bytes are hexadecimal in it."""
    yield from asyncio.run(_rows_of_postgres(mesh))


async def _rows_of_postgres(mesh: RunningMesh) -> list[tuple[str, bytes]]:
    connection = await asyncpg.connect(mesh.env["A11I_POSTGRES"])
    try:
        tables = await connection.fetch(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        assert tables
        found = []
        for table in tables:
            rows = await connection.fetch(f"SELECT t::text FROM {table['name']} t")  # noqa: S608 the engine's own names
            found.append((f"PostgreSQL {table['name']}", "\n".join(row[0] for row in rows).encode()))
        return found
    finally:
        await connection.close()


def bucket(mesh: RunningMesh) -> Bytes:
    """All objects of the mesh's S3 bucket, as they are, and all columns of those that are Parquet."""
    store = s3(mesh)
    wanted = fs.FileSelector(mesh.env["A11I_S3_BUCKET"], recursive=True)
    for info in store.get_file_info(wanted):
        if not info.is_file:
            continue
        with store.open_input_file(info.path) as file:
            content = file.read()
        yield f"S3 {info.path}", content
        if info.path.endswith(".parquet"):
            table = pq.read_table(pa.BufferReader(content))
            yield f"S3 {info.path}: rows", json.dumps(table.to_pylist(), default=_text, ensure_ascii=False).encode()


def s3(mesh: RunningMesh) -> Any:
    """The mesh's S3 store."""
    make: Any = fs.S3FileSystem  # pyarrow's stubs know fewer options than it has.
    return make(
        access_key=mesh.env["A11I_S3_ACCESS_KEY"],
        secret_key=mesh.env["A11I_S3_SECRET_KEY"],
        endpoint_override=mesh.env["A11I_S3"],
        region="us-east-1",
    )


def bus(mesh: RunningMesh) -> Bytes:
    """All messages that any stream of the bus still has, out of its encryption at rest."""
    yield from asyncio.run(_messages(mesh))


async def _messages(mesh: RunningMesh) -> list[tuple[str, bytes]]:
    connection = await nats.connect(mesh.env["A11I_NATS"])
    try:
        stream = connection.jetstream()
        streams = await stream.streams_info()
        assert len(streams) >= 5
        found = []
        for one in streams:
            name = one.config.name or ""
            # The first number of a stream that never held a message is 0, which is none.
            for number in range(max(1, one.state.first_seq), one.state.last_seq + 1):
                try:
                    message = await stream.get_msg(name, number)
                except NotFoundError:
                    continue  # Settled, and gone.
                head = json.dumps([message.subject, message.headers]).encode()
                found.append((f"bus {name}", head + b"\n" + (message.data or b"")))
        return found
    finally:
        await connection.close()


def metrics(addresses: Iterable[str]) -> Bytes:
    """What every service tells Prometheus."""
    for address in addresses:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            yield f"metrics of {address}", answer.read()


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
