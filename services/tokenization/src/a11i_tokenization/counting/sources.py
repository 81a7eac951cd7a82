"""Where each encoding comes from: what it is, the package that holds its vocabulary, and how it is loaded."""

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass

from a11i_tokenization.counting.engine import Engine


@dataclass(frozen=True, slots=True)
class Source:
    """One encoding that can be loaded."""

    name: str
    """What requests and models call it."""
    description: str
    """Whose it is and which models have it, in a line."""
    package: str
    """The installed package whose vocabulary it is; empty for an operator's file."""
    load: Callable[[], Engine]
    """Makes its engine, in up to a second. Raises VocabularyError if the package's file is missing or damaged."""
    exact: bool = True
    """False if its counts stand for a tokenizer that is not public."""

    @property
    def version(self) -> str:
        """The package's installed version; empty without a package."""
        return importlib.metadata.version(self.package) if self.package else ""
