"""The vocabularies, loaded once for all tests of tokenization."""

import pytest

from a11i_tokenization.encodings import Encodings
from a11i_tokenization.prices import PriceBook
from a11i_tokenization.vocabularies import packaged_directory


@pytest.fixture(scope="session")
def encodings() -> Encodings:
    return Encodings(packaged_directory())


@pytest.fixture(scope="session")
def book() -> PriceBook:
    return PriceBook()
