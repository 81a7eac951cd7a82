"""Runs the detectors over texts: each distinct text once, again on what is left, withheld where a detector fails.

What detectors find in a text is the same whatever the policy, and remembered as it is. A policy chooses among it before
findings that overlap become one, so that what it does not take hides nothing that it does.
"""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from a11i_redaction.cache import Findings, FindingsCache, Known
from a11i_redaction.detectors.budget import Budget, BudgetExceededError
from a11i_redaction.detectors.custom import CustomDetector
from a11i_redaction.detectors.languages import NameDetectors
from a11i_redaction.detectors.names import NameDetector, WindowFindings
from a11i_redaction.detectors.patterns import MIN_SCORE, PatternDetector
from a11i_redaction.findings import Finding, merge
from a11i_redaction.policy.entities import detected_entities
from a11i_redaction.policy.model import Policy
from a11i_redaction.reduction import Reduced, encrypted, is_dropped, named_by_placeholders, placeholders
from a11i_redaction.views.building import View, ViewBuilder

_MAX_ROUNDS: Final = 8
"""Looks at one text. Nearly all settle at the second; the model can go on finding less and less in a long one."""


class Unit(NamedTuple):
    """A text to examine: what decides about its findings."""

    text: str
    key: str
    """The attribute's or JSON member's key that the text stands under, where that may tell what it is; else empty."""
    names: bool
    """Whether names are looked for, besides secrets and patterns."""
    is_key: bool = False
    """Whether it is a key itself, so that different ones must stay different."""


class Analyzer:
    """Finds PII and secrets in texts. Safe for use by several threads, which take turns: the work is one core's."""

    def __init__(
        self, patterns: PatternDetector, names: NameDetectors | None, cache: FindingsCache, max_value_chars: int
    ) -> None:
        self._patterns = patterns
        self._views = ViewBuilder()
        self._names = names
        self._cache = cache
        self._max_value_chars = max_value_chars
        self._lock = threading.Lock()
        self._hits = self._misses = 0
        self.failures: Counter[str] = Counter()
        """How many texts could not be examined so far, by reason: the error's type, or what was over its limit."""

    @property
    def cache_looks(self) -> tuple[int, int]:
        """How many texts were known, and how many not, so far."""
        return self._hits, self._misses

    def analyze(
        self, units: Sequence[Unit], policy: Policy, wrote: Callable[[str], bool] = lambda _: False
    ) -> list[Findings]:
        """Return, for each unit, the findings that count under a policy, disjoint and in the order of the text.

        `wrote` says whether an encrypted placeholder is one of the tenant's: else it is text as any other.
        None for a unit that could not be examined: a detector raised, or its size or time was over the budget.
        """
        with self._lock:
            results: list[Findings] = []
            looks: list[tuple[int, _Look]] = []
            with_names = policy.names and self._names is not None
            languages = ",".join(policy.languages)
            own = policy.rules.keys() - detected_entities()
            for index, unit in enumerate(units):
                if is_dropped(unit.text, policy.rules):
                    results.append(())
                    continue
                # What detectors find is the same under every policy, but for placeholders that only this one knows.
                genuine = frozenset(filter(wrote, encrypted(unit.text)))
                known = ",".join(sorted(named_by_placeholders(unit.text, own) | genuine))
                key = FindingsCache.key(
                    unit.text, f"{unit.names and with_names:d}{unit.is_key:d}{languages}\0{known}\0{unit.key}"
                )
                raw = self._cache.get(key)
                found = self._known(key, raw, policy)
                if found is Known.NOTHING:
                    names = unit.names and with_names
                    looks.append((index, _Look(unit, key, names, genuine, self._patterns.budget(), _tuple(raw))))
                    results.append(None)
                else:
                    results.append(found)
            self._hits += len(units) - len(looks)
            self._misses += len(looks)
            self._examine([look for _, look in looks], policy)
            for index, look in looks:
                results[index] = look.result
                self._remember(look, policy)
            return results

    def _known(self, key: bytes, raw: Findings | Known, policy: Policy) -> Findings | Known:
        """Return what is known of a text under a policy. Where there is nothing at all, no policy takes anything."""
        if raw is Known.NOTHING or raw is None or not (raw or policy.custom):
            return raw
        return self._cache.get(FindingsCache.under(key, policy.digest))

    def _remember(self, look: "_Look", policy: Policy) -> None:
        if look.failed:
            return
        self._cache.put(look.key, look.raw)
        if look.raw is not None and (look.raw or policy.custom):
            self._cache.put(FindingsCache.under(look.key, policy.digest), look.result)

    def _examine(self, looks: Sequence["_Look"], policy: Policy) -> None:
        active = []
        for look in looks:
            if len(look.unit.text) <= self._max_value_chars:
                active.append(look)
            else:
                self._withhold(look, "TooLong")
        windows: WindowFindings = {}
        entities = detected_entities() | policy.rules.keys()
        strictness = policy.strictness
        for turn in range(_MAX_ROUNDS):
            new = [look for look in active if turn or look.raw is None]
            self._each(active, partial(self._look, entities, first=turn == 0))
            if self._names is not None:
                detector = self._names.of(policy.languages)
                self._look_for_names(detector, [look for look in new if look.names and not look.withheld], windows)
            self._each(active, partial(self._take, policy, strictness, first=turn == 0))
            active = [look for look in active if look.open and not look.withheld]
            if not active:
                return
        for look in active:
            self._withhold(look, "Unsettled")

    def _each(self, looks: Iterable["_Look"], work: Callable[["_Look"], None]) -> None:
        """Do some work on each text that is not withheld, within its time. One on which it fails is withheld."""
        now: float | None = None
        for look in looks:
            if look.withheld:
                continue
            try:
                look.budget.begin(now)
                work(look)
                now = look.budget.end()
            except Exception as error:  # Whatever it is: a value that was not examined is not passed on.
                self._fail(look, error)
                now = None

    def _look(self, entities: Collection[str], look: "_Look", *, first: bool) -> None:
        """Take out of the text what was found before, and look for patterns if it is not known what they find."""
        look.reduce(entities)
        if not first or look.raw is None:
            self._look_for_patterns(look)

    def _look_for_patterns(self, look: "_Look") -> None:
        text, key = look.reduced.text, look.unit.key
        found = self._patterns.find(text, key, look.budget)
        look.new.extend(found)
        look.view = self._views.of(text, look.budget, whole=look.unit.is_key)
        if look.view is not None:
            sure = [finding for finding in found if finding.score >= MIN_SCORE]
            look.new.extend(look.view.in_text(self._patterns.find(look.view.text, key, look.budget), sure))

    def _look_for_names(self, detector: NameDetector, looks: Sequence["_Look"], windows: WindowFindings) -> None:
        """Look for names in all texts at once, or, if that fails, one by one, so that only the cause is withheld."""
        if not looks:
            return
        try:
            found = _names_in([(look.reduced.text, look) for look in looks], detector, windows)
            shown = [(look, look.view, names) for look, names in zip(looks, found, strict=True) if look.view]
            hidden = _names_in([(view.text, look) for look, view, _ in shown], detector, windows)
        except Exception as error:  # As above.
            if len(looks) == 1:
                self._fail(looks[0], error)
                return
            half = len(looks) // 2
            self._look_for_names(detector, looks[:half], windows)
            self._look_for_names(detector, looks[half:], windows)
            return
        for look, names in zip(looks, found, strict=True):
            look.new.extend(names)
        for (look, view, known), names in zip(shown, hidden, strict=True):
            look.new.extend(view.in_text(names, known))
        for look in looks:
            if look.budget.over:
                self._fail(look, BudgetExceededError())

    def _take(self, policy: Policy, strictness: Mapping[str, int], look: "_Look", *, first: bool) -> None:
        """Add to what was found what the policy takes of what is new."""
        look.choose(policy, first=first)
        if policy.custom is not None:
            self._look_for_own(look, policy, policy.custom)
        look.take(strictness)

    def _look_for_own(self, look: "_Look", policy: Policy, custom: CustomDetector) -> None:
        text = look.reduced.text
        found = custom.find(text, look.unit.key, look.budget)
        view = look.view or self._views.of(text, look.budget, whole=look.unit.is_key)
        if view is not None:
            found.extend(view.in_text(custom.find(view.text, look.unit.key, look.budget), tuple(found)))
        look.new.extend(finding for finding in found if policy.takes(finding, text))

    def _fail(self, look: "_Look", error: Exception) -> None:
        # Only what lies in the text itself is remembered of it.
        look.failed = not isinstance(error, BudgetExceededError)
        self._withhold(look, type(error).__name__)

    def _withhold(self, look: "_Look", reason: str) -> None:
        look.withheld = True
        self.failures[reason] += 1


class _Look:
    """A text that is being examined."""

    __slots__ = (
        "budget", "failed", "found", "genuine", "key", "names", "new", "open", "raw", "reduced", "unit", "view",
        "withheld",
    )  # fmt: skip

    def __init__(
        self,
        unit: Unit,
        key: bytes,
        names: bool,
        genuine: frozenset[str],
        budget: Budget,
        raw: tuple[Finding, ...] | None,
    ) -> None:
        self.unit = unit
        self.key = key
        self.names = names
        self.genuine = genuine
        """Encrypted placeholders in it that are the tenant's."""
        self.budget = budget
        self.raw = raw
        """What detectors find in the text as it is; None until it is known, or if it cannot be."""
        self.found: list[Finding] = []
        self.new: list[Finding] = []
        self.view: View | None = None
        """What the text shows where something hides values, after the last look for patterns."""
        self.open = True
        """Whether another look is needed."""
        self.withheld = False
        self.failed = False

    @property
    def result(self) -> Findings:
        return None if self.withheld else tuple(self.found)

    def reduce(self, entities: Collection[str]) -> None:
        """Take out what was found so far, and placeholders of these entities."""
        self.reduced = _reduce(self.unit.text, self.found, entities, self.genuine)
        self.new = []
        self.view = None

    def choose(self, policy: Policy, *, first: bool) -> None:
        """Keep what the policy takes of what detectors found."""
        if first and self.raw is None:
            self.raw = tuple(self.new)
        found = self.raw if first and self.raw is not None else self.new
        self.new = policy.taken(found, self.reduced.text)

    def take(self, strictness: Mapping[str, int]) -> None:
        """Add what was found now, if anything: then another look is needed."""
        new = _in_original(self.unit.text, self.reduced, merge(self.new, strictness)) if self.new else []
        if new:
            self.found = sorted([*self.found, *new])
        self.open = bool(new)


def _names_in(
    texts: Sequence[tuple[str, _Look]], detector: NameDetector, windows: WindowFindings
) -> list[list[Finding]]:
    """Return the names in texts that are those of the looks, or what they show."""
    found = detector.find([(text, look.unit.key) for text, look in texts], windows, [look.budget for _, look in texts])
    for (text, look), names in zip(texts, found, strict=True):
        if look.unit.is_key:  # Max Tokens, Grace Period: one word of a key alone is no name.
            names[:] = [name for name in names if " " in text[name.start : name.end]]
    return found


def _tuple(found: Findings | Known) -> tuple[Finding, ...] | None:
    return None if isinstance(found, Known) else found


def _reduce(text: str, findings: Sequence[Finding], entities: Collection[str], genuine: Collection[str]) -> Reduced:
    taken = sorted([*placeholders(text, entities, genuine), *((finding.start, finding.end) for finding in findings)])
    return Reduced(text, taken)


def _in_original(text: str, reduced: Reduced, findings: Sequence[Finding]) -> list[Finding]:
    placed: list[Finding] = []
    for finding in findings:
        spans = reduced.original_spans(finding.start, finding.end)
        # A value around what was taken out before is no longer one.
        plain = finding.plain if len(spans) == 1 else ""
        placed.extend(
            Finding(start, end, finding.entity, finding.score, plain)
            for start, end in spans
            if any(char.isalnum() for char in text[start:end])
        )
    return placed
