"""genai-prices' matching of model names, prepared, so that a name that nobody sells is known to be one in no time."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

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

from a11i_tokenization.pricing.claude_names import ClaudeNames

_Test = Callable[[str], object]
_VERSION: Final = re.compile(r"(?P<base>.+)-(?P<number>\d{4})", re.ASCII)
"""A name with the month or day of a version, such as mistral-large-2411."""


class ModelIndex:
    """The models of one provider."""

    def __init__(self, provider: Provider) -> None:
        self._models = provider.models
        self._exact: dict[str, int] = {}
        self._tests: list[tuple[int, _Test]] = []
        self._versions: dict[str, dict[str, int]] = {}
        for position, model in enumerate(provider.models):
            for clause in _alternatives(model.match):
                if isinstance(clause, ClauseEquals):
                    self._exact.setdefault(clause.equals.lower(), position)
                else:
                    self._tests.append((position, _test(clause)))
                if version := _VERSION.fullmatch(_beginning(clause)):
                    self._versions.setdefault(version["base"], {})[version["number"]] = position
        clauses = [clause for model in provider.models for clause in _alternatives(model.match)]
        self._rejects = _rejection(clauses)
        self._claudes = ClaudeNames(filter(None, map(_written, clauses)))
        self._differing = {base for base, by_number in self._versions.items() if self._differ(base, by_number)}

    def is_guess(self, base: str, names: Collection[str]) -> bool:
        """Return whether a name is what is left of a version that is not listed, though versions of it differ."""
        return base in self._differing and any(is_version(name, of=base) for name in names)

    def _differ(self, base: str, by_number: Mapping[str, int]) -> bool:
        found = self.find(base)
        models = {id(self._models[position]) for position in by_number.values()}
        return len(models | ({id(found)} if found else set())) > 1

    def listed(self, name: str) -> ModelInfo | None:
        """Return the model that is listed under a whole name in lower case."""
        position = self._exact.get(name)
        return None if position is None else self._models[position]

    def same_claude(self, name: str) -> ModelInfo | None:
        """Return the model of Claude's that the provider has under another name, if all such names cost the same."""
        found = [model for like in self._claudes.like(name) if (model := self.find(like))]
        return found[0] if found and all(model.prices == found[0].prices for model in found) else None

    def find(self, name: str) -> ModelInfo | None:
        """Return the first model that matches a name in lower case."""
        last = self._exact.get(name, len(self._models))
        if self._rejects(name):
            return self._models[last] if last < len(self._models) else None
        position = next((position for position, test in self._tests if position < last and test(name)), last)
        return self._models[position] if position < len(self._models) else None


class ModelIndices:
    """The models of all providers, with those that each of them sells of others."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._indices: Mapping[str, ModelIndex] = {provider.id: ModelIndex(provider) for provider in providers}

    def find(self, provider: Provider, name: str) -> ModelInfo | None:
        """Return the model that a provider sells under a name in lower case, its own or another's."""
        if (own := self.own(provider, name)) is not None:
            return own
        found = self.followed(provider, name)
        return found[1] if found else None

    def own(self, provider: Provider, name: str) -> ModelInfo | None:
        """Return the model that a provider has a price of its own for."""
        index = self._indices.get(provider.id)
        return None if index is None else index.find(name)

    def listed(self, provider: Provider, name: str) -> ModelInfo | None:
        """Return the model that a provider lists under a whole name in lower case."""
        index = self._indices.get(provider.id)
        return None if index is None else index.listed(name)

    def same_claude(self, provider: Provider, name: str) -> ModelInfo | None:
        """Return the model of Claude's that a provider has a price of its own for under another name of it."""
        index = self._indices.get(provider.id)
        return None if index is None else index.same_claude(name)

    def followed(self, provider: Provider, name: str) -> tuple[str, ModelInfo] | None:
        """Return the model of another that a provider sells under a name at that one's price, and whose it is."""
        for maker in provider.fallback_model_providers or ():
            index = self._indices.get(maker)
            if index is not None and (found := index.find(name)) is not None:
                return maker, found
        return None

    def is_guess(self, provider: Provider, base: str, names: Collection[str]) -> bool:
        """Return whether a name is what is left of a version that is not listed, though versions of it differ."""
        sellers = (provider.id, *(provider.fallback_model_providers or ()))
        return any(seller in self._indices and self._indices[seller].is_guess(base, names) for seller in sellers)


def is_version(name: str, *, of: str) -> bool:
    """Return whether a name is another with the four digits of a version behind it."""
    return base_of(name) == of


def base_of(name: str) -> str | None:
    """Return what is before the four digits of a version; None if a name has none."""
    version = _VERSION.fullmatch(name)
    return version["base"] if version else None


def _alternatives(clause: MatchLogic) -> Iterator[MatchLogic]:
    if isinstance(clause, ClauseOr):
        for one in clause.or_:
            yield from _alternatives(one)
    else:
        yield clause


def _beginning(clause: MatchLogic) -> str:
    """Return how the names begin that a clause takes; empty if it does not say."""
    return _written(clause) if isinstance(clause, ClauseEquals | ClauseStartsWith) else ""


def _written(clause: MatchLogic) -> str:
    """Return what a clause looks for, which is a name that it takes; empty if that is not said in plain letters."""
    if isinstance(clause, ClauseEquals):
        return clause.equals.lower()
    if isinstance(clause, ClauseStartsWith):
        return clause.starts_with.lower()
    if isinstance(clause, ClauseEndsWith):
        return clause.ends_with.lower()
    return clause.contains.lower() if isinstance(clause, ClauseContains) else ""


def _rejection(clauses: Sequence[MatchLogic]) -> Callable[[str], bool]:
    """Return a function that says of most names, in no time, that they match no clause but one of the whole name."""
    starts = tuple(clause.starts_with.lower() for clause in clauses if isinstance(clause, ClauseStartsWith))
    ends = tuple(clause.ends_with.lower() for clause in clauses if isinstance(clause, ClauseEndsWith))
    parts = [clause.contains.lower() for clause in clauses if isinstance(clause, ClauseContains)]
    inside = re.compile("|".join(map(re.escape, parts))).search if parts else lambda _: None
    known = (ClauseEquals, ClauseStartsWith, ClauseEndsWith, ClauseContains)
    tests = [_test(clause) for clause in clauses if not isinstance(clause, known)]

    def rejects(name: str) -> bool:
        return not (name.startswith(starts) or name.endswith(ends) or inside(name) or any(test(name) for test in tests))

    return rejects


def prepared(clause: MatchLogic) -> Callable[[str], object]:
    """Return a function that says whether a name in lower case matches."""
    tests = [_test(one) for one in _alternatives(clause)]
    return lambda name: any(test(name) for test in tests)


def _test(clause: MatchLogic) -> _Test:
    if isinstance(clause, ClauseEquals):
        whole = clause.equals.lower()
        return lambda name: name == whole
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
