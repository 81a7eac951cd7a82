"""The ClickHouse HTTP front over chDB, as clients find it: a real process, a real engine."""

import asyncio
import contextlib
import gzip
import json
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import clickhouse_connect
import lz4.frame  # type: ignore[import-untyped]  # the package has no types
import pyarrow as pa
import pytest
import pytest_asyncio
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.engines import clickhouse as engine


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engine.ClickHouseServer]:
    with engine.running(tmp_path_factory.mktemp("clickhouse") / "data") as running:
        yield running


@contextlib.asynccontextmanager
async def connected(server: engine.ClickHouseServer, **options: Any) -> AsyncIterator[AsyncClient]:
    client = await clickhouse_connect.get_async_client(
        host="127.0.0.1", port=server.port, username=engine.USER, password=server.password, query_retries=0, **options
    )
    try:
        yield client
    finally:
        await client.close()


@pytest_asyncio.fixture
async def client(server: engine.ClickHouseServer) -> AsyncIterator[AsyncClient]:
    async with connected(server) as client:
        yield client


@pytest_asyncio.fixture
async def http(server: engine.ClickHouseServer) -> AsyncIterator[aiohttp.ClientSession]:
    credential = {"X-ClickHouse-User": engine.USER, "X-ClickHouse-Key": server.password}
    async with aiohttp.ClientSession(server.base_url, headers=credential) as session:
        yield session


async def ask(http: aiohttp.ClientSession, statement: str, **params: str) -> str:
    async with http.post("/", data=statement.encode(), params=params) as answer:
        return (await answer.text()).rstrip("\n")


async def test_clickhouse_connect_queries_with_parameters_bound_by_the_server(client: AsyncClient) -> None:
    text = 'it\'s \\ "q" {x:String} \n\t ü'
    result = await client.query(
        "SELECT {text:String} AS text, {n:Array(Nullable(Int64))} AS n, toDateTime64({t:String}, 9, 'UTC') AS t",
        parameters={"text": text, "n": [1, None, -(2**63)], "t": "2027-01-15 08:00:00.123456789"},
    )
    assert result.column_names == ("text", "n", "t")
    assert result.result_rows[0][:2] == (text, [1, None, -(2**63)])


async def test_long_parameters_go_as_a_form(server: engine.ClickHouseServer) -> None:
    async with connected(server, form_encode_query_params=True) as client:
        ids = [f"{number:032x}" for number in range(5000)]
        result = await client.query("SELECT length({ids:Array(String)})", parameters={"ids": ids})
        assert result.result_rows == [(5000,)]


@pytest.mark.parametrize("compression", [False, "lz4", "zstd", "gzip"])
async def test_rows_go_in_and_come_out_in_every_way(server: engine.ClickHouseServer, compression: bool | str) -> None:
    async with connected(server, compress=compression) as client:
        await client.command("CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
        await client.insert("t", [[1, "x"], [2, "\n\x00"]], column_names=["a", "s"])
        await client.insert_arrow("t", pa.table({"a": pa.array([3], pa.uint64()), "s": ["z" * 100_000]}))
        await client.raw_insert("t", ["a", "s"], "4,four\n", fmt="CSV")
        await client.command("INSERT INTO t VALUES (5, 'FORMAT Native')")
        rows = (await client.query("SELECT a, s FROM t ORDER BY a")).result_rows
        assert rows == [(1, "x"), (2, "\n\x00"), (3, "z" * 100_000), (4, "four"), (5, "FORMAT Native")]
        arrow = await client.query_arrow("SELECT a FROM t ORDER BY a")
        assert arrow["a"].to_pylist() == [1, 2, 3, 4, 5]
        await client.command("DROP TABLE t")


PACKERS = [("gzip", gzip.compress), ("deflate", zlib.compress), ("lz4", lz4.frame.compress)]


@pytest.mark.parametrize(("encoding", "pack"), PACKERS)
async def test_packed_bodies_are_unpacked_and_broken_ones_refused(
    http: aiohttp.ClientSession, encoding: str, pack: Any
) -> None:
    for body, status in ((pack(b"SELECT 7"), 200), (b"not packed", 400)):
        async with http.post("/", data=body, headers={"Content-Encoding": encoding}) as answer:
            assert answer.status == status, await answer.text()
    assert await ask(http, "SELECT 7") == "7"


async def test_statement_and_data_may_come_in_url_body_or_both(http: aiohttp.ClientSession) -> None:
    await ask(http, "CREATE TABLE ways (a UInt8) ENGINE = MergeTree ORDER BY a")
    await ask(http, "1\n", query="INSERT INTO ways FORMAT CSV")
    await ask(http, "INSERT INTO ways FORMAT CSV\n2\n")
    await ask(http, "(3)", query="INSERT INTO ways VALUES")
    assert await ask(http, "", query="SELECT groupArray(a) FROM (SELECT a FROM ways ORDER BY a)") == "[1,2,3]"
    async with http.get("/", params={"query": "SELECT 1 AS a FORMAT JSON"}) as answer:
        assert answer.headers["X-ClickHouse-Format"] == "JSON"
        assert json.loads(await answer.text())["data"] == [{"a": 1}]


async def test_a_statement_may_hold_any_bytes(http: aiohttp.ClientSession) -> None:
    async with http.post("/", data=b"SELECT hex('\xff\x00')") as answer:
        assert await answer.text() == "FF00\n"
    async with http.post("/", data=b"SELEC '\xff'") as answer:
        assert (await answer.read()).startswith(b"Code: 62. ")


async def test_get_may_read_only(http: aiohttp.ClientSession) -> None:
    async with http.get("/", params={"query": "CREATE TABLE no (a UInt8) ENGINE = Memory"}) as answer:
        assert answer.headers["X-ClickHouse-Exception-Code"] == "164"
    assert await ask(http, "EXISTS TABLE no") == "0"


async def test_settings_and_database_hold_for_their_statement_alone(http: aiohttp.ClientSession) -> None:
    await ask(http, "CREATE DATABASE apart")
    get = "SELECT getSetting('max_threads'), currentDatabase()"
    assert await ask(http, get, max_threads="3", database="apart") == "3\tapart"
    await ask(http, "SET max_threads = 7")
    await ask(http, "USE apart")
    assert await ask(http, "SELECT getSetting('max_threads') = 7, currentDatabase()") == "0\tdefault"


@pytest.mark.parametrize(
    ("statement", "params", "code", "status"),
    [
        ("SELEC", {}, 62, 400),
        ("SELECT 1; SELECT 2", {}, 62, 400),
        ("   ", {}, 62, 400),
        ("SELECT * FROM nope", {}, 60, 404),
        ("SELECT {x:UInt8}", {"param_x": "text"}, 457, 400),
        ("SELECT {x:UInt8}", {}, 456, 500),
        ("SELECT 1", {"no_such_setting": "1"}, 115, 404),
        ("SELECT 1", {"a=1, b": "1"}, 62, 400),
        ("SELECT 1", {"database": "no`pe"}, 81, 404),
        ("SELECT 1", {"session_id": "x"}, 48, 501),
        ("SELECT sleepEachRow(1) FROM numbers(3)", {"max_execution_time": "1"}, 159, 408),
        ("SYSTEM SHUTDOWN", {}, 497, 403),
        ("INSERT INTO nope FORMAT Native\nx", {}, 60, 404),
        ("SELECT number FROM numbers(1e9) ORDER BY cityHash64(number)", {"max_memory_usage": "10000000"}, 241, 500),
    ],
)
async def test_errors_are_clickhouses_and_the_next_statement_is_well(
    http: aiohttp.ClientSession, statement: str, params: dict[str, str], code: int, status: int
) -> None:
    async with http.post("/", data=statement.encode(), params=params) as answer:
        text = await answer.text()
        assert answer.headers["X-ClickHouse-Exception-Code"] == str(code), text
        assert answer.status == status
        assert text.startswith(f"Code: {code}. DB::Exception: ")
    assert await ask(http, "SELECT 1") == "1"


async def test_broken_insert_data_is_refused_whole(client: AsyncClient, http: aiohttp.ClientSession) -> None:
    await ask(http, "CREATE TABLE whole (a UInt8) ENGINE = MergeTree ORDER BY a")
    for format_name, data in (("Native", b"\xff" * 40), ("Arrow", b"junk"), ("CSV", b"1\n2\nx\n"), ("NoFormat", b"1")):
        with pytest.raises(DatabaseError):
            await client.raw_insert("whole", ["a"], data, fmt=format_name)
    assert await ask(http, "SELECT count() FROM whole") == "0"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic YTExaTp3cm9uZw=="},
        {"X-ClickHouse-User": "a11i", "X-ClickHouse-Key": "wrong"},
        {"X-ClickHouse-User": "other", "X-ClickHouse-Key": ""},
    ],
)
async def test_who_is_not_the_user_is_refused(server: engine.ClickHouseServer, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession(server.base_url) as session:
        async with session.post("/", data=b"SELECT 1", headers=headers) as answer:
            assert (answer.status, answer.headers["X-ClickHouse-Exception-Code"]) == (403, "516")
        good = {"X-ClickHouse-User": engine.USER, "X-ClickHouse-Key": server.password}
        async with session.post("/", data=b"SELECT 1", headers=good) as answer:
            assert answer.status == 200


async def test_ping_and_other_statements_are_answered_while_some_run(
    client: AsyncClient, http: aiohttp.ClientSession
) -> None:
    slow = [asyncio.ensure_future(client.query("SELECT sleep(1.5)")) for _ in range(4)]
    await _until_running(http, 4)
    start = time.monotonic()
    async with http.get("/ping") as answer:
        assert await answer.text() == "Ok.\n"
    assert await ask(http, "SELECT 1") == "1"
    assert time.monotonic() - start < 1
    await asyncio.gather(*slow)


async def test_a_statement_whose_client_went_away_is_stopped(client: AsyncClient, http: aiohttp.ClientSession) -> None:
    query = asyncio.ensure_future(
        client.query("SELECT sleepEachRow(0.1) FROM numbers(500) SETTINGS max_block_size = 1")
    )
    await _until_running(http, 1)
    query.cancel()
    with pytest.raises(asyncio.CancelledError):
        await query
    await _until_running(http, 0)


async def _until_running(http: aiohttp.ClientSession, count: int) -> None:
    sql = "SELECT count() FROM system.processes WHERE query LIKE '%sleep%' AND query NOT LIKE '%processes%'"
    async with asyncio.timeout(10):
        while await ask(http, sql) != str(count):
            await asyncio.sleep(0.02)
