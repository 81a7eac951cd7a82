"""One mesh for all end-to-end tests that don't need one of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.running_mesh import RunningMesh, running_mesh

__all__ = ["RunningMesh", "mesh"]


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningMesh]:
    """A mesh that is up."""
    with running_mesh(tmp_path_factory.mktemp("mesh")) as mesh:
        yield mesh
