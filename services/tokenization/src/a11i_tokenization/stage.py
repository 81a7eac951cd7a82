"""The pipeline's stage: a SpanBatch in, the same batch with token counts and costs out."""

from typing import Final

import numpy as np
import pyarrow as pa

from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_TOKENIZED
from a11i_bus.runner import StageSpec
from a11i_bus.topology import SPANS_RECEIVED, SPANS_TOKENIZED
from a11i_chassis.metrics import CALLS_UNPRICED, TOKENS_COUNTED
from a11i_telemetry import received
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.columns import mask, numbers, pc
from a11i_telemetry.signals import Signal
from a11i_tokenization.costs import PRICED_BY, STATUS_ERROR, cost_columns, flag_column
from a11i_tokenization.counts import Bools, TokenCounter
from a11i_tokenization.pricing.book import PricesByTenant

STAGE: Final = StageSpec(
    name="tokenization",
    version=3,
    source=SPANS_RECEIVED,
    group="tokenization",
    sink=SPANS_TOKENIZED,
    decode=received.decode,
    outcome=LEDGER_OUTCOME_TOKENIZED,
)
"""Where the stage stands in the pipeline."""

CALL_KINDS: Final = pa.array(["llm", "embedding", "rerank"])
"""Steps that are calls of a model. An agent's or a workflow's numbers sum up its calls': to count or price them again
would bill every call twice."""


class TokenizeStage:
    """Counts calls, and prices them. Safe for use from several threads."""

    def __init__(self, counter: TokenCounter, prices: PricesByTenant) -> None:
        self._counter = counter
        self._prices = prices

    def __call__(self, batch: SpanBatch) -> SpanBatch:
        """Return the batch with its token, source and cost columns completed; everything else is as it came.

        Only spans have such columns: a batch of another signal comes back as it is. Raises UnavailableError while the
        tenant's prices are not known.
        """
        if batch.signal is not Signal.SPANS:
            return batch
        prices, columns = self._prices.of(batch.tenant_id), batch.columns
        calls = mask(pc.is_in(columns["step_kind"], CALL_KINDS))
        tokens = self._counter.columns(columns, calls, _refused(columns))
        priced_by = {name: columns[name] for name in PRICED_BY}
        costs = cost_columns({**priced_by, **tokens.replaced}, calls, prices)
        for source, counted in tokens.counted.items():
            TOKENS_COUNTED.labels(source).inc(counted)
        CALLS_UNPRICED.inc(costs.unpriced_calls)
        flags = flag_column(columns["usage_flags"], costs.flags)
        return batch.with_columns(**tokens.replaced, **costs.columns, usage_flags=flags)


def _refused(columns: pa.RecordBatch) -> Bools:
    """Return which spans failed before the model said anything: no provider bills those."""
    failed = numbers(columns["status_code"]) == STATUS_ERROR
    if failed.any():
        failed &= mask(pc.equal(columns["output_messages"], ""))
    return np.asarray(failed)
