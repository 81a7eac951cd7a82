"""The redaction of a batch: a SpanBatch of any signal in, one without PII and secrets out.

Every text column, every key and value of every map and every string inside JSON is examined. All distinct texts of a
batch go to the analyzer in one call, so that it can work on them together.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from a11i_redaction.analysis import Analyzer, Unit
from a11i_redaction.batch_texts import BatchTexts
from a11i_redaction.findings import Finding
from a11i_redaction.policy import Policy
from a11i_redaction.pseudonyms import WITHHELD, Pseudonyms
from a11i_redaction.receipts import has_receipt, receipt_columns
from a11i_redaction.values import Parser, Rewritten, locate, rewrite, units_of
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
    """Redacts batches and texts under one policy. Safe for use by several threads."""

    def __init__(self, analyzer: Analyzer, pseudonyms: Pseudonyms, policy: Policy, detector: str) -> None:
        self._analyzer = analyzer
        self._pseudonyms = pseudonyms
        self._policy = policy
        self._detector = detector

    @property
    def policy(self) -> Policy:
        """The policy that spans pass."""
        return self._policy

    @property
    def cache_looks(self) -> tuple[int, int]:
        """How many texts were known, and how many not, so far."""
        return self._analyzer.cache_looks

    @property
    def failures(self) -> Counter[str]:
        """How many texts could not be examined so far, by reason."""
        return self._analyzer.failures

    def redact_batch(self, batch: SpanBatch) -> SpanBatch:
        """Return the batch with a placeholder for each finding, and a receipt on each row whose signal has one.

        Raises SchemaVersionError for a batch of a newer schema that has text where this version cannot look.
        """
        texts = BatchTexts(batch)
        units = list(texts.units())
        changes = self._changes(units, self._analyzer.analyze(units), batch.tenant_id)
        columns, happened = texts.apply(changes)
        if has_receipt(batch.columns):
            columns |= receipt_columns(batch.columns, happened, policy=self._policy.version, detector=self._detector)
        return batch.with_columns(**columns)

    def redact_texts(self, texts: Sequence[str], tenant_id: str) -> list[RedactedText]:
        """Return each text redacted as a message's text of that tenant would be, JSON or not."""
        parser = Parser(names=True)
        values = [parser.parse(text, "") for text in texts]
        units = list({unit for value in values for unit in units_of(value)})
        found = self._analyzer.analyze(units)
        changes = self._changes(units, found, tenant_id)
        known = {unit: findings for unit, findings in zip(units, found, strict=True) if findings}
        results = []
        for value in values:
            rewritten = rewrite(value, changes)
            text = value.text if rewritten is None else rewritten.text
            results.append(RedactedText(text, tuple(locate(value, known)), rewritten.withheld if rewritten else 0))
        return results

    def _changes(
        self, units: Sequence[Unit], found: Sequence[tuple[Finding, ...] | None], tenant_id: str
    ) -> dict[Unit, Rewritten]:
        changes: dict[Unit, Rewritten] = {}
        for unit, findings in zip(units, found, strict=True):
            if findings is None:
                changes[unit] = Rewritten(WITHHELD, {}, 1)
            elif findings:
                counts = Counter(finding.entity for finding in findings)
                changes[unit] = Rewritten(self._replaced(unit.text, findings, tenant_id), counts)
        return changes

    def _replaced(self, text: str, findings: Iterable[Finding], tenant_id: str) -> str:
        pieces: list[str] = []
        position = 0
        for finding in findings:
            pieces.append(text[position : finding.start])
            value = text[finding.start : finding.end]
            pieces.append(self._pseudonyms.placeholder(tenant_id, finding.entity, value))
            position = finding.end
        pieces.append(text[position:])
        return "".join(pieces)
