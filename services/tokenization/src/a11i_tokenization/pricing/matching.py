"""genai-prices' matching of model names, prepared, so that a name that nobody sells is known to be one in no time."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEndsWith,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
    MatchLogic,
    ModelInfo,
    Provider,
)

_Test = Callable[[str], object]


class ModelIndex:
    """The models of one provider."""

    def __init__(self, provider: Provider) -> None:
        self._models = provider.models
        self._exact: dict[str, int] = {}
        self._tests: list[tuple[int, _Test]] = []
        for position, model in enumerate(provider.models):
            for clause in _alternatives(model.match):
                if isinstance(clause, ClauseEquals):
                    self._exact.setdefault(clause.equals.lower(), position)
                else:
                    self._tests.append((position, _test(clause)))

    def find(self, name: str) -> ModelInfo | None:
        """Return the first model that matches a name in lower case."""
        last = self._exact.get(name, len(self._models))
        position = next((position for position, test in self._tests if position < last and test(name)), last)
        return self._models[position] if position < len(self._models) else None


class ModelIndices:
    """The models of all providers, with those that each of them sells of others."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._indices: Mapping[str, ModelIndex] = {provider.id: ModelIndex(provider) for provider in providers}

    def find(self, provider: Provider, name: str) -> ModelInfo | None:
        """Return the model that a provider sells under a name in lower case."""
        for seller in (provider.id, *(provider.fallback_model_providers or ())):
            index = self._indices.get(seller)
            if index is not None and (found := index.find(name)) is not None:
                return found
        return None


def _alternatives(clause: MatchLogic) -> Iterator[MatchLogic]:
    if isinstance(clause, ClauseOr):
        for one in clause.or_:
            yield from _alternatives(one)
    else:
        yield clause


def _test(clause: MatchLogic) -> _Test:
    if isinstance(clause, ClauseStartsWith):
        prefix = clause.starts_with.lower()
        return lambda name: name.startswith(prefix)
    if isinstance(clause, ClauseEndsWith):
        suffix = clause.ends_with.lower()
        return lambda name: name.endswith(suffix)
    if isinstance(clause, ClauseContains):
        part = clause.contains.lower()
        return lambda name: part in name
    if isinstance(clause, ClauseRegex):
        return re.compile(clause.regex).search
    if isinstance(clause, ClauseAnd):
        tests = [_test(one) for one in clause.and_]
        return lambda name: all(test(name) for test in tests)
    return clause.is_match
