"""A right that one process at a time has, in a real PostgreSQL."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from a11i_chassis.errors import UnavailableError
from a11i_storage.postgres import PostgresSettings
from a11i_storage.postgres.turn import Turn, open_turn
from tests.engines import postgres

KEY = 7


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.PostgresServer]:
    with postgres.running(tmp_path_factory.mktemp("turn")) as running:
        yield running


@pytest.fixture
def settings(server: postgres.PostgresServer) -> PostgresSettings:
    return PostgresSettings.model_validate({"dsn": server.dsn})


async def test_one_at_a_time_has_it_and_another_gets_it_after(settings: PostgresSettings) -> None:
    async with open_turn(settings, KEY) as one, open_turn(settings, KEY) as other:
        async with one.taken() as hold:
            assert hold is not None
            await hold.check()
            async with other.taken() as refused:
                assert refused is None
            async with open_turn(settings, KEY + 1) as of_something_else, of_something_else.taken() as theirs:
                assert theirs is not None
        async with other.taken() as now:
            assert now is not None


async def test_who_loses_the_connection_learns_of_it_and_another_gets_the_right(settings: PostgresSettings) -> None:
    async def lose(one: Turn, other: Turn) -> None:
        async with one.taken() as hold:
            assert hold is not None
            await _end_all_who_hold(settings)
            async with other.taken() as now:
                assert now is not None
            await hold.check()

    async with open_turn(settings, KEY) as one, open_turn(settings, KEY) as other:
        with pytest.raises(UnavailableError):
            await lose(one, other)


async def test_the_server_looks_soon_whether_who_has_it_is_still_there(settings: PostgresSettings) -> None:
    """A host that lost its power says nothing: with the usual settings nobody would get the right for two hours."""
    async with open_turn(settings, KEY) as turn, turn.taken() as hold:
        assert hold is not None
        names = ("idle", "interval", "count")
        idle_s, interval_s, count = [
            int(await hold._connection.fetchval(f"SELECT current_setting('tcp_keepalives_{name}')")) for name in names
        ]
        assert 0 < idle_s + interval_s * count <= 30
        assert count > 1


async def _end_all_who_hold(settings: PostgresSettings) -> None:
    async with asyncio.timeout(10):
        connection = await asyncpg.connect(settings.dsn.get_secret_value())
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1", KEY
        )
        await connection.close()
