"""Tenants' price tables on the real engine: versions that only grow, and are told of."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from a11i_chassis.errors import ConflictError, UnavailableError
from a11i_storage.postgres import PostgresSettings, PriceTableStore, migrate, open_price_tables
from a11i_storage.postgres.price_tables import NewPrices, StoredPrices
from tests.engines import postgres

_DEADLINE_S = 10.0
_LINES = [{"model": "gpt-4o", "discount_percent": "10"}, {"model": "acme-*", "rates": {"input": "1.50"}}]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.PostgresServer]:
    with postgres.running(tmp_path_factory.mktemp("prices")) as started:
        asyncio.run(migrate(PostgresSettings.model_validate({"dsn": started.dsn})))
        yield started


@pytest.fixture
async def store(server: postgres.PostgresServer) -> AsyncIterator[PriceTableStore]:
    async with open_price_tables(PostgresSettings.model_validate({"dsn": server.dsn})) as opened:
        yield opened


@pytest.fixture
def tenant() -> str:
    return str(uuid.uuid4())


async def put(store: PriceTableStore, tenant: str, lines: object = _LINES, expected: int | None = None) -> StoredPrices:
    return await store.put(NewPrices(tenant, json.dumps(lines), "the tests"), expected)


async def test_versions_are_added_and_all_of_them_stay(store: PriceTableStore, tenant: str) -> None:
    first, second = await put(store, tenant), await put(store, tenant, [])
    assert (first.version, second.version) == (1, 2)
    assert json.loads(first.lines) == _LINES
    assert await store.get(tenant, 0) == second
    assert await store.get(tenant, 1) == first
    assert await store.get(tenant, 3) is None
    assert await store.get(str(uuid.uuid4()), 0) is None


async def test_a_table_that_says_the_same_is_no_new_version(store: PriceTableStore, tenant: str) -> None:
    first = await put(store, tenant)
    assert await put(store, tenant) == first
    # The order of lines decides which prices a call, so that it is another table.
    assert (await put(store, tenant, _LINES[::-1])).version == 2


async def test_who_follows_another_version_is_refused_and_nothing_is_stored(
    store: PriceTableStore, tenant: str
) -> None:
    with pytest.raises(ConflictError, match="version 0 is the last, not 1"):
        await put(store, tenant, expected=1)
    await put(store, tenant, expected=0)
    with pytest.raises(ConflictError):
        await put(store, tenant, [], expected=0)
    assert [one.version for one in await store.versions(tenant, 0, 10)] == [1]


async def test_of_those_who_change_a_table_at_once_one_wins(store: PriceTableStore, tenant: str) -> None:
    tables = [[{"model": f"m-{number}"}] for number in range(5)]
    outcomes = await asyncio.gather(*(put(store, tenant, lines, 0) for lines in tables), return_exceptions=True)
    assert sum(isinstance(outcome, StoredPrices) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 4


async def test_versions_are_listed_without_lines_the_latest_first(store: PriceTableStore, tenant: str) -> None:
    for number in range(5):
        await put(store, tenant, [{"model": f"m-{number}"}])
    first = await store.versions(tenant, 0, 3)
    assert [one.version for one in first] == [5, 4, 3]
    assert {one.lines for one in first} == {"[]"}
    assert [one.version for one in await store.versions(tenant, first[-1].version, 3)] == [2, 1]


async def test_what_changed_is_the_last_version_of_each_table_since(store: PriceTableStore, tenant: str) -> None:
    other = str(uuid.uuid4())
    seen = (await put(store, tenant)).id
    await put(store, tenant, [])
    last, others = await put(store, tenant, _LINES[:1]), await put(store, other)
    changed = {one.tenant_id: one for one in await store.changed_since(seen)}
    assert changed == {tenant: last, other: others}
    assert await store.changed_since(max(last.id, others.id)) == []
    assert {tenant, other} <= {one.tenant_id for one in await store.changed_since(0)}


async def test_a_change_is_heard_of_by_another_connection(store: PriceTableStore, tenant: str) -> None:
    async with store.listening() as changes:
        await put(store, tenant)
        async with asyncio.timeout(_DEADLINE_S):
            await changes.heard.wait()
        assert not changes.lost.is_set()


async def test_without_postgresql_every_call_says_so(tenant: str) -> None:
    nowhere = PostgresSettings.model_validate({"dsn": "postgresql://u:p@127.0.0.1:1/db", "connect_timeout_s": 1})
    async with open_price_tables(nowhere) as away:
        with pytest.raises(UnavailableError):
            await away.get(tenant, 0)
        with pytest.raises(UnavailableError):
            async with away.listening():
                pass


async def test_before_the_migration_the_message_names_it(server: postgres.PostgresServer, tenant: str) -> None:
    connection = await asyncpg.connect(server.dsn)
    try:
        await connection.execute("ALTER TABLE price_tables RENAME TO price_tables_away")
        async with open_price_tables(PostgresSettings.model_validate({"dsn": server.dsn})) as store:
            with pytest.raises(UnavailableError, match="migrate PostgreSQL"):
                await store.get(tenant, 0)
    finally:
        await connection.execute("ALTER TABLE price_tables_away RENAME TO price_tables")
        await connection.close()
