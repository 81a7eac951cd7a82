"""Counts what the stage did, from the redactor's own counts."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from a11i_chassis import metrics
from a11i_redaction.pipeline import Redactor
from a11i_redaction.policy.entities import detected_entities
from a11i_telemetry.batch import SpanBatch

_OF_TENANTS: Final = "CUSTOM"


def instrumented(redactor: Redactor) -> Callable[[SpanBatch], SpanBatch]:
    """Return the redactor's stage function with metrics around it."""

    def stage(batch: SpanBatch) -> SpanBatch:
        hits, misses = redactor.cache_looks
        failures, found = Counter(redactor.failures), Counter(redactor.found)
        output = redactor.redact_batch(batch)
        hits_after, misses_after = redactor.cache_looks
        metrics.REDACTION_CACHE.labels("hit").inc(hits_after - hits)
        metrics.REDACTION_CACHE.labels("miss").inc(misses_after - misses)
        for reason, count in (redactor.failures - failures).items():
            metrics.REDACTION_WITHHELD.labels(reason).inc(count)
        for entity, count in (redactor.found - found).items():
            # Tenants name entities of their own; a metric's labels are bounded.
            metrics.REDACTION_FINDINGS.labels(entity if entity in detected_entities() else _OF_TENANTS).inc(count)
        return output

    return stage
