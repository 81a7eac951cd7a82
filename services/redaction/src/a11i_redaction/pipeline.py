"""The redaction of a batch: a SpanBatch of any signal in, one without PII and secrets out.

Every text column, every key and value of every map and every string inside JSON is examined, but for what the policy
says. All distinct texts of a batch go to the analyzer in one call, so that it can work on them together.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from a11i_redaction.analysis import Analyzer, Unit
from a11i_redaction.batch_texts import BatchTexts
from a11i_redaction.cache import Findings
from a11i_redaction.findings import Finding
from a11i_redaction.operators import Operators, dropped
from a11i_redaction.policy.in_force import InForce, Policies
from a11i_redaction.policy.model import Operator, Policy
from a11i_redaction.pseudonyms import WITHHELD, Pseudonyms
from a11i_redaction.receipts import Pass, by_entity, has_receipt, receipt_columns, tallied
from a11i_redaction.values import Parser, Rewritten, Value, locate, rewrite, units_of
from a11i_telemetry.batch import SpanBatch


@dataclass(frozen=True, slots=True)
class RedactedText:
    """A text after redaction."""

    text: str
    findings: tuple[Finding, ...]
    """What was found, with the places in the original text."""
    withheld: int
    """How many values (the text itself, or strings in its JSON) could not be examined and were withheld."""


class Redactor:
    """Redacts batches and texts. Safe for use by several threads."""

    def __init__(
        self,
        analyzer: Analyzer,
        pseudonyms: Pseudonyms,
        policies: Policies,
        detector: str,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._analyzer = analyzer
        self._pseudonyms = pseudonyms
        self._policies = policies
        self._clock_ns = clock_ns
        self._found: Counter[str] = Counter()
        self.detector = detector
        """The detectors and their versions, as spans carry them."""

    @property
    def cache_looks(self) -> tuple[int, int]:
        """How many texts were known, and how many not, so far."""
        return self._analyzer.cache_looks

    @property
    def failures(self) -> Counter[str]:
        """How many texts could not be examined so far, by reason."""
        return self._analyzer.failures

    @property
    def found(self) -> Counter[str]:
        """How many findings batches had so far, by entity; a value that ingest copied counts once."""
        return self._found

    def redact_batch(self, batch: SpanBatch) -> SpanBatch:
        """Return the batch redacted under its project's policy, with a receipt on each row whose signal has one.

        Raises SchemaVersionError for a batch of a newer schema that has text where this version cannot look, and
        UnavailableError while the policy is not known.
        """
        began_ns = self._clock_ns()
        chosen = self._policies.in_force(batch.tenant_id, batch.project_id)
        policy = chosen.policy
        texts = BatchTexts(
            batch, skipped=policy.skipped, dropped=policy.dropped, every_number=policy.custom is not None
        )
        units = list(texts.units())
        changes = self._changes(units, self._analyzer.analyze(units, policy, chosen.wrote), batch.tenant_id, chosen)
        columns, happened = texts.apply(changes)
        tally = tallied(happened)
        self._found.update(by_entity(tally))
        if has_receipt(batch.columns):
            done = Pass(chosen.policy.label, self.detector, texts.row_bytes(), self._clock_ns() - began_ns)
            columns |= receipt_columns(batch.columns, tally, done)
        return batch.with_columns(**columns)

    def redact_texts(self, texts: Sequence[str], tenant_id: str, chosen: InForce | None = None) -> list[RedactedText]:
        """Return each text redacted as a message's text of that tenant would be, JSON or not.

        By default under the policy of the tenant.
        """
        chosen = chosen or self._policies.in_force(tenant_id, "")
        values, units = _parsed(texts, chosen.policy)
        found = self._analyzer.analyze(units, chosen.policy, chosen.wrote)
        changes = self._changes(units, found, tenant_id, chosen)
        return _redacted(values, units, found, changes)

    def analyze_texts(self, texts: Sequence[str], policy: Policy) -> list[RedactedText]:
        """Return what is found in each text, which stays as it is."""
        values, units = _parsed(texts, policy)
        found = self._analyzer.analyze(units, policy)
        withheld = {
            unit: Rewritten(WITHHELD, {}, 1) for unit, findings in zip(units, found, strict=True) if findings is None
        }
        return _redacted(values, units, found, withheld)

    def _changes(
        self, units: Sequence[Unit], found: Sequence[Findings], tenant_id: str, chosen: InForce
    ) -> dict[Unit, Rewritten]:
        policy = chosen.policy
        operators = Operators(self._pseudonyms, tenant_id, chosen.cipher)
        changes: dict[Unit, Rewritten] = {}
        in_place: list[Unit] = []
        for unit, findings in zip(units, found, strict=True):
            if findings is None:
                nothing = policy.drop_over_budget and not unit.is_key
                changes[unit] = Rewritten("" if nothing else WITHHELD, {}, 1)
            elif findings:
                counts = Counter(finding.entity for finding in findings)
                changes[unit] = Rewritten(_replaced(unit, findings, policy, operators), counts)
                in_place.append(unit)
        if policy.in_place:
            self._settle(in_place, changes, dict(zip(units, found, strict=True)), chosen, operators)
        return changes

    def _settle(
        self,
        units: Sequence[Unit],
        changes: dict[Unit, Rewritten],
        found: dict[Unit, Findings],
        chosen: InForce,
        operators: Operators,
    ) -> None:
        """See that another pass would change nothing: what it would change has placeholders instead."""
        policy = chosen.policy
        again = [unit._replace(text=changes[unit].text) for unit in units]
        for unit, redacted, findings in zip(
            units, again, self._analyzer.analyze(again, policy, chosen.wrote), strict=True
        ):
            stable = findings is not None and _replaced(redacted, findings, policy, operators) == redacted.text
            if not stable:
                text = _with_placeholders(unit.text, found[unit] or (), operators)
                changes[unit] = Rewritten(text, changes[unit].entities)


def _parsed(texts: Sequence[str], policy: Policy) -> tuple[list[Value], list[Unit]]:
    parser = Parser(names=True, skipped=policy.skipped, dropped=policy.dropped, every_number=policy.custom is not None)
    values = [parser.parse(text, "") for text in texts]
    return values, list({unit for value in values for unit in units_of(value)})


def _redacted(
    values: Sequence[Value], units: Sequence[Unit], found: Sequence[Findings], changes: Mapping[Unit, Rewritten]
) -> list[RedactedText]:
    known = {unit: findings for unit, findings in zip(units, found, strict=True) if findings}
    results = []
    for value in values:
        rewritten = rewrite(value, changes)
        text = value.text if rewritten is None else rewritten.text
        results.append(RedactedText(text, tuple(locate(value, known)), rewritten.withheld if rewritten else 0))
    return results


def _replaced(unit: Unit, findings: Sequence[Finding], policy: Policy, operators: Operators) -> str:
    """Return a text after the operators. Keys that are different stay so, hence none is masked or dropped."""
    if unit.is_key:
        return _with_placeholders(unit.text, findings, operators)
    pieces: list[str] = []
    position = 0
    for finding in findings:
        rule = policy.rules[finding.entity]
        if rule.operator is Operator.DROP_VALUE:
            return dropped(finding.entity)
        pieces.append(unit.text[position : finding.start])
        pieces.append(operators.apply(rule, finding.entity, finding.value(unit.text)))
        position = finding.end
    pieces.append(unit.text[position:])
    return "".join(pieces)


def _with_placeholders(text: str, findings: Sequence[Finding], operators: Operators) -> str:
    pieces: list[str] = []
    position = 0
    for finding in findings:
        pieces.append(text[position : finding.start])
        pieces.append(operators.replace(finding.entity, finding.value(text)))
        position = finding.end
    pieces.append(text[position:])
    return "".join(pieces)
