"""What the service's metrics count of a batch."""

from a11i_chassis import metrics
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.instruments import instrumented
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.signals import Signal
from tests.unit.redaction.redaction_kit import ScriptedModel, batch, batch_of, redactor_with

MAIL = "jane.roe@example.com"


def _counted() -> dict[str, float]:
    samples = next(iter(metrics.REDACTION_FINDINGS.collect())).samples
    return {sample.labels["entity"]: sample.value for sample in samples if sample.name.endswith("_total")}


def _more(patterns: PatternDetector, of: SpanBatch) -> dict[str, float]:
    """Return what the stage counts on a batch."""
    before = _counted()
    instrumented(redactor_with(patterns, ScriptedModel({})))(of)
    counts = {entity: count - before.get(entity, 0) for entity, count in _counted().items()}
    return {entity: count for entity, count in counts.items() if count}


def test_findings_count_whether_rows_carry_a_receipt_or_not(patterns: PatternDetector) -> None:
    spans = batch(2, status_message=[MAIL, f"{MAIL} or b@example.org"])
    assert _more(patterns, spans) == {"EMAIL_ADDRESS": 3}
    assert _more(patterns, batch_of(Signal.METRICS, description=[MAIL])) == {"EMAIL_ADDRESS": 1}


def test_what_was_redacted_before_counts_no_second_time(patterns: PatternDetector) -> None:
    redactor = redactor_with(patterns, ScriptedModel({}))
    once = redactor.redact_batch(batch(status_message=[MAIL]))
    before = _counted()
    instrumented(redactor)(once)
    assert _counted() == before
