"""A mesh makes its tenant, project and key once, and takes up again where it was cut off."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from a11i_chassis.errors import UnavailableError
from a11i_local.data_dir import DataDir
from a11i_local.errors import StartError
from a11i_local.probes import grpc_serving
from a11i_local.provision import api_key
from tests.service.local.auth_double import ADMIN_TOKEN, AuthDouble, running


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    with closing(DataDir.open(tmp_path / "mesh")) as data:
        yield data


@pytest.fixture
def auth() -> AuthDouble:
    return AuthDouble()


@pytest_asyncio.fixture
async def address(auth: AuthDouble) -> AsyncIterator[str]:
    async with running(auth) as address:
        yield address


async def test_the_first_start_makes_a_key_and_the_second_keeps_it(
    data: DataDir, auth: AuthDouble, address: str
) -> None:
    key = await api_key(data, address, ADMIN_TOKEN)

    assert auth.made == ["tenant-0", "project-1", "key-2"]
    assert key == "key-2"
    assert await api_key(data, address, ADMIN_TOKEN) == key
    assert len(auth.made) == 3


async def test_a_key_that_is_no_longer_good_is_replaced_in_the_same_project(
    data: DataDir, auth: AuthDouble, address: str
) -> None:
    await api_key(data, address, ADMIN_TOKEN)
    auth.keys.clear()

    assert await api_key(data, address, ADMIN_TOKEN) == "key-3"
    assert auth.made == ["tenant-0", "project-1", "key-2", "key-3"]


async def test_a_start_that_was_cut_off_goes_on_with_the_same_project(
    data: DataDir, auth: AuthDouble, address: str
) -> None:
    auth.failure = UnavailableError("the catalog is away")
    with pytest.raises(StartError, match="could not give an API key: the catalog is away"):
        await api_key(data, address, ADMIN_TOKEN)
    auth.failure = None

    await api_key(data, address, ADMIN_TOKEN)
    assert auth.made == ["tenant-0", "project-1", "key-2"]


async def test_while_auth_cannot_say_a_good_key_is_not_thrown_away(
    data: DataDir, auth: AuthDouble, address: str
) -> None:
    key = await api_key(data, address, ADMIN_TOKEN)
    auth.failure = UnavailableError("the catalog is away")
    with pytest.raises(StartError):
        await api_key(data, address, ADMIN_TOKEN)
    auth.failure = None

    assert await api_key(data, address, ADMIN_TOKEN) == key


async def test_the_probe_follows_the_services_health(auth: AuthDouble) -> None:
    async with running(auth) as address:
        probe = grpc_serving(address)
        assert await probe()
    assert not await probe()
