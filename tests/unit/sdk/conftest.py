"""Fixtures of the SDK's tests."""

from collections.abc import Iterator

import pytest

from tests.unit.sdk.recording import Recording, recording


@pytest.fixture
def recorded() -> Iterator[Recording]:
    """A running client, with what it recorded."""
    with recording() as running:
        yield running
