"""A policy as the pipeline uses it: checked, complete and compiled."""

import enum
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from a11i_redaction.detectors.custom import CustomDetector, without_surrogates
from a11i_redaction.findings import Finding
from a11i_redaction.policy.attributes import NO_KEYS, KeySet
from a11i_redaction.policy.entities import MODEL_ENTITIES

_NEVER: Final = 2.0
"""A threshold that no score reaches."""


class Operator(enum.IntEnum):
    """What becomes of a value that was found; numbers as in a11i.redaction.v1.Operator."""

    REPLACE = 1
    MASK = 2
    HASH = 3
    FORMAT = 4
    ENCRYPT = 5
    DROP_VALUE = 6
    KEEP = 7


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of one entity that is looked for."""

    min_score: float
    operator: Operator = Operator.REPLACE
    mask_keep_last: int = 0


class Pattern(Protocol):
    """A compiled expression of RE2."""

    def fullmatch(self, text: str) -> object | None:
        """Return something if the whole text matches."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is looked for, and what becomes of it. Equal digests find the same in the same text."""

    label: str
    """Name and version, as spans carry it: "standard/1", or "standard+2" for version 2 of a stored policy."""
    rules: Mapping[str, Rule]
    """By entity. What is not in it is not looked for."""
    digest: bytes
    """Of all that decides about findings."""
    custom: CustomDetector | None = None
    """Recognizers of the policy's own, the preset's included; None if it has none."""
    skipped: KeySet = NO_KEYS
    """Keys whose values are not examined."""
    dropped: KeySet = NO_KEYS
    """Keys whose values are dropped whole."""
    drop_over_budget: bool = False
    """Whether nothing stands in place of a value that could not be examined, instead of a placeholder."""
    allowed: frozenset[str] = frozenset()
    """Values that stay, in lower case."""
    allowed_patterns: Sequence[Pattern] = field(default=())
    languages: tuple[str, ...] = ()
    """Of names, sorted; empty: the service's default."""

    @property
    def names(self) -> bool:
        """Whether the language model has something to look for."""
        return not MODEL_ENTITIES.isdisjoint(self.rules)

    @property
    def in_place(self) -> bool:
        """Whether an operator leaves something else than a placeholder, which a detector could take for a value."""
        return any(rule.operator in _IN_PLACE for rule in self.rules.values())

    @property
    def strictness(self) -> Mapping[str, int]:
        """How much less of a value an entity's operator leaves than those of others, if any leave more or less."""
        return strictness_of(self.rules)

    @property
    def encrypts(self) -> bool:
        """Whether a tenant's key is needed."""
        return any(rule.operator is Operator.ENCRYPT for rule in self.rules.values())

    def takes(self, finding: Finding, text: str) -> bool:
        """Return whether a finding in a text counts."""
        rule = self.rules.get(finding.entity)
        if finding.score < (rule.min_score if rule else _NEVER):
            return False
        return not self._allows(finding.value(text))

    def taken(self, findings: Sequence[Finding], text: str) -> list[Finding]:
        """Return those of the findings in a text that count. A part of an allowed value in disguise is none."""
        taken = [finding for finding in findings if self.takes(finding, text)]
        if not (self.allowed or self.allowed_patterns):
            return taken
        whole = [finding for finding in findings if finding.plain and self._allows(finding.plain)]
        return [
            finding
            for finding in taken
            if not any(
                one.entity == finding.entity and one.start <= finding.start and finding.end <= one.end for one in whole
            )
        ]

    def _allows(self, value: str) -> bool:
        return bool(self.allowed or self.allowed_patterns) and (
            value.lower() in self.allowed
            or any(item.fullmatch(without_surrogates(value)) for item in self.allowed_patterns)
        )


_IN_PLACE: Final = frozenset({Operator.MASK, Operator.HASH, Operator.FORMAT})
_LEAVE_MOST: Final = (
    Operator.MASK,  # Where it keeps some in clear, for all to see.
    Operator.ENCRYPT,  # All of it, for those with the right.
    Operator.MASK,
    Operator.FORMAT,
    Operator.HASH,
    Operator.REPLACE,
    Operator.DROP_VALUE,
)
"""From what leaves most of a value to what leaves least."""


def strictness_of(rules: Mapping[str, Rule]) -> Mapping[str, int]:
    """Return how strict the rules are, as `Policy.strictness`."""
    ranks = {entity: _strictness(rule) for entity, rule in rules.items()}
    return ranks if len(set(ranks.values())) > 1 else {}


def _strictness(rule: Rule) -> int:
    """Return how little a rule leaves: the higher, the less."""
    return _LEAVE_MOST.index(rule.operator, 0 if rule.mask_keep_last else 1)


def digest_of(canonical: bytes) -> bytes:
    """Return the digest of what decides about findings."""
    return hashlib.blake2b(canonical, digest_size=16).digest()
