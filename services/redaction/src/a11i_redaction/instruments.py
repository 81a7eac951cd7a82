"""Counts what the stage did, from the receipts that it left."""

from collections.abc import Callable

from a11i_chassis import metrics
from a11i_redaction.columns import Entries
from a11i_redaction.pipeline import Redactor
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.columns import numbers


def instrumented(redactor: Redactor) -> Callable[[SpanBatch], SpanBatch]:
    """Return the redactor's stage function with metrics around it."""

    def stage(batch: SpanBatch) -> SpanBatch:
        hits, misses = redactor.cache_looks
        output = redactor.redact_batch(batch)
        hits_after, misses_after = redactor.cache_looks
        metrics.REDACTION_CACHE.labels("hit").inc(hits_after - hits)
        metrics.REDACTION_CACHE.labels("miss").inc(misses_after - misses)
        entries = Entries.of(output.columns.column("redacted_entities"))
        for entity, count in zip(entries.keys.to_pylist(), entries.items.to_pylist(), strict=True):
            metrics.REDACTION_FINDINGS.labels(entity).inc(count)
        withheld = int(numbers(output.columns.column("withheld_values")).sum())
        if withheld:
            metrics.REDACTION_WITHHELD.labels("not_examined").inc(withheld)
        return output

    return stage
