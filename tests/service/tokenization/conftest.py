"""The vocabularies that the services of these tests share."""

import functools
from collections.abc import Iterator

import pytest

from a11i_tokenization import app
from a11i_tokenization.loading import open_tokenizers


@pytest.fixture(scope="session", autouse=True)
def _vocabularies_are_loaded_once() -> Iterator[None]:
    """Let all services of this process count with the same ones: each would take half a second to load its own.

    They keep nothing of what they count, and are made for several threads at once.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "open_tokenizers", functools.cache(open_tokenizers))
        yield
