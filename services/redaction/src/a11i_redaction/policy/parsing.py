"""Policies as people write them, checked and made complete. What is wrong is said with the field's name."""

import difflib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, NoReturn, TypeVar

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_chassis.errors import InvalidArgumentError
from a11i_redaction.detectors.custom import CustomDetector
from a11i_redaction.policy.attributes import KeySet
from a11i_redaction.policy.entities import MODEL_ENTITIES, detected_entities
from a11i_redaction.policy.model import Operator, Policy, Rule, digest_of, strictness_of
from a11i_redaction.policy.presets import Preset, presets
from a11i_redaction.policy.recognizers import MAX_RECOGNIZERS, checked_pattern, checked_recognizer, checked_text

MAX_BYTES: Final = 1_000_000
"""Of a whole policy."""
_MAX_RULES: Final = 500
_MAX_KEYS: Final = 200
_MAX_ALLOWED: Final = 1_000
_MAX_ALLOW_PATTERNS: Final = 50
_MIN_SCORE: Final = 0.05
_MAX_KEPT: Final = 4
_Item = TypeVar("_Item")
_LANGUAGE: Final = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True)
class Abilities:
    """What this service can do."""

    names: bool
    """Whether there is a language model."""
    languages: frozenset[str] = frozenset({"en"})
    """Of the models, as ISO 639-1 codes."""
    encryption: bool = True
    """Whether there is a master key."""


def parse(policy: pb.Policy, abilities: Abilities, *, version: int = 0, field: str = "policy") -> Policy:
    """Return a policy ready for use. `version` is the stored one's, 0 for one that is not stored.

    Raises InvalidArgumentError, which names the field below `field`.
    """
    if policy.ByteSize() > MAX_BYTES:
        _refuse(field, f"at most {MAX_BYTES:,} bytes")
    base = _preset(policy.preset, field)
    recognizers = [
        checked_recognizer(item, f"{field}.recognizers[{index}]")
        for index, item in enumerate(_bounded(policy.recognizers, MAX_RECOGNIZERS, f"{field}.recognizers"))
    ]
    rules = _rules(policy, base, {item.entity for item in recognizers}, abilities, field)
    custom = [item for item in recognizers if item.entity in rules]
    allowed = {
        checked_text(text, f"{field}.allow_list[{index}]").lower()
        for index, text in enumerate(_bounded(policy.allow_list, _MAX_ALLOWED, f"{field}.allow_list"))
    }
    allow_patterns = [
        checked_pattern(text, f"{field}.allow_patterns[{index}]")
        for index, text in enumerate(_bounded(policy.allow_patterns, _MAX_ALLOW_PATTERNS, f"{field}.allow_patterns"))
    ]
    _check_languages(policy.languages, abilities, field)
    if policy.on_over_budget not in pb.OverBudget.values():
        _refuse(f"{field}.on_over_budget", "not one that is known here")
    finds = (
        {entity: rule.min_score for entity, rule in rules.items()},
        [asdict(item) for item in custom],
        sorted(allowed),
        list(policy.allow_patterns),
        sorted(set(policy.languages)),
        strictness_of(rules),  # Of which entity findings that overlap are.
    )
    return Policy(
        label=label_of(policy, abilities, version),
        rules=rules,
        digest=digest_of(json.dumps(finds, sort_keys=True).encode()),
        custom=CustomDetector(custom) if custom else None,
        skipped=_keys(policy.skip_attributes, f"{field}.skip_attributes"),
        dropped=_keys(policy.drop_attributes, f"{field}.drop_attributes"),
        drop_over_budget=policy.on_over_budget == pb.OVER_BUDGET_DROP_VALUE,
        allowed=frozenset(allowed),
        allowed_patterns=allow_patterns,
        languages=tuple(sorted(set(policy.languages))),
    )


def label_of(policy: pb.Policy, abilities: Abilities, version: int = 0) -> str:
    """Return how spans name a policy: "standard/1" for a preset itself, "standard+2" for version 2 of a stored one.

    One that is not stored and says more than its preset is "standard/1+". A stored one can start from a preset that
    this version of the service does not know.
    """
    base = presets().get(policy.preset)
    if base is None:
        return f"{policy.preset or 'unknown'}+{version}"
    without = not abilities.names and not MODEL_ENTITIES.isdisjoint(base.thresholds)
    name = f"{base.name}-no-names" if without else base.name
    if version:
        return f"{name}+{version}"
    return f"{name}/{base.version}" + ("" if _bare(policy) else "+")


def _preset(name: str, field: str) -> Preset:
    found = presets().get(name)
    if found is None:
        known = ", ".join(presets())
        _refuse(f"{field}.preset", f"which one does it start from? {known}" if not name else f"not one of {known}")
    return found


def _rules(policy: pb.Policy, base: Preset, own: set[str], abilities: Abilities, field: str) -> dict[str, Rule]:
    least = _score(policy.min_score, f"{field}.min_score")
    thresholds = {
        entity: (least if least and score == base.min_score else score) for entity, score in base.thresholds.items()
    }
    rules = {entity: Rule(score) for entity, score in thresholds.items()}
    rules |= {entity: Rule(least or base.min_score) for entity in own - rules.keys()}
    seen: set[str] = set()
    for index, item in enumerate(_bounded(policy.entities, _MAX_RULES, f"{field}.entities")):
        name = f"{field}.entities[{index}]"
        _check_entity(item.entity, own, f"{name}.entity")
        if item.entity in seen:
            _refuse(f"{name}.entity", f"{item.entity} has a rule already")
        seen.add(item.entity)
        rule = _rule(item, rules.get(item.entity, Rule(least or base.min_score)), abilities, name)
        if rule is None:
            rules.pop(item.entity, None)
        else:
            rules[item.entity] = rule
    if not abilities.names:
        rules = {entity: rule for entity, rule in rules.items() if entity not in MODEL_ENTITIES - own}
    return rules


def _rule(item: pb.EntityRule, before: Rule, abilities: Abilities, field: str) -> Rule | None:
    score = _score(item.min_score, f"{field}.min_score")
    if item.operator not in pb.Operator.values():
        _refuse(f"{field}.operator", "not one that is known here")
    operator = Operator(item.operator) if item.operator else before.operator
    if item.mask_keep_last > _MAX_KEPT:
        _refuse(f"{field}.mask_keep_last", f"at most {_MAX_KEPT} characters")
    if item.mask_keep_last and operator is not Operator.MASK:
        _refuse(f"{field}.mask_keep_last", "only the operator MASK keeps characters")
    if operator is Operator.ENCRYPT and not abilities.encryption:
        _refuse(f"{field}.operator", "ENCRYPT needs a master key: set A11I_REDACTION_MASTER_KEY")
    wanted = item.enabled if item.HasField("enabled") else True
    if wanted and item.entity in MODEL_ENTITIES and item.operator and not abilities.names:
        _refuse(f"{field}.entity", f"{item.entity} needs the language model, which this service runs without")
    if not wanted or operator is Operator.KEEP:
        return None
    return replace(before, min_score=score or before.min_score, operator=operator, mask_keep_last=item.mask_keep_last)


def _check_entity(entity: str, own: set[str], field: str) -> None:
    known = detected_entities() | own
    if entity not in known:
        near = difflib.get_close_matches(entity.upper()[:100], sorted(known), n=3, cutoff=0.5)
        hint = f"; {', '.join(near)} are near" if near else "; ListPresets says what there is"
        _refuse(field, f"not an entity that is known here or that a recognizer of this policy finds{hint}")


def _check_languages(languages: Sequence[str], abilities: Abilities, field: str) -> None:
    for index, language in enumerate(_bounded(languages, _MAX_KEYS, f"{field}.languages")):
        name = f"{field}.languages[{index}]"
        if not _LANGUAGE.fullmatch(language):
            _refuse(name, "not an ISO 639-1 code, such as en")
        if abilities.names and language not in abilities.languages:
            _refuse(name, f"there is no model for it here, only for {', '.join(sorted(abilities.languages))}")


def _keys(patterns: Sequence[str], field: str) -> KeySet:
    listed = _bounded(patterns, _MAX_KEYS, field)
    return KeySet(checked_text(text, f"{field}[{index}]") for index, text in enumerate(listed))


def _score(score: float, field: str) -> float:
    if score and not (math.isfinite(score) and _MIN_SCORE <= score <= 1):
        _refuse(field, f"from {_MIN_SCORE} to 1, or 0 for the one that holds without")
    return score


def _bounded(items: Sequence[_Item], most: int, field: str) -> Sequence[_Item]:
    if len(items) > most:
        _refuse(field, f"{most:,} at most")
    return items


def _bare(policy: pb.Policy) -> bool:
    """Return whether a policy says nothing beside its preset."""
    return [field.name for field, _ in policy.ListFields()] == ["preset"]


def _refuse(field: str, message: str) -> NoReturn:
    field = field.lstrip(".")
    raise InvalidArgumentError(f"{field}: {message}", field=field)
