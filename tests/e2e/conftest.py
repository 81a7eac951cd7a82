"""One mesh for all end-to-end tests that don't need one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running_mesh import RunningMesh, running_mesh

__all__ = ["RunningMesh", "mesh"]

TIMEOUT_S = 240
"""Of a test that names none. The first of a file pays for the start of a mesh, which may take START_DEADLINE_S."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests of the mesh more time than those of parts have."""
    for item in items:
        if Path(__file__).parent in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningMesh]:
    """A mesh that is up."""
    with running_mesh(tmp_path_factory.mktemp("mesh")) as mesh:
        yield mesh
