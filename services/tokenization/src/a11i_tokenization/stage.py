"""The pipeline's stage: a SpanBatch in, the same batch with token counts and costs out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pyarrow as pa

from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_TOKENIZED
from a11i_bus.runner import StageSpec
from a11i_bus.topology import SPANS_RECEIVED, SPANS_TOKENIZED
from a11i_chassis.metrics import CALLS_UNPRICED, TOKENS_COUNTED
from a11i_telemetry import received
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.schema import SCHEMA
from a11i_telemetry.signals import Signal
from a11i_tokenization.calls import KINDS, Calls
from a11i_tokenization.costs import cost_columns, flag_column
from a11i_tokenization.counts import TokenCounter
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

CALL_KINDS: Final = pa.array(sorted(KINDS))
"""Steps that are calls of a model, as Arrow takes them."""
_NAMES: Final = tuple(SCHEMA.names)


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
        prices, came = self._prices.of(batch.tenant_id), batch.columns
        # Looked up once: to find one column by its name takes as long as to read it.
        arrays = [*map(came.to_struct_array().field, range(came.num_columns))]  # Faster than `came.columns`.
        columns = dict(zip(_names(came), arrays, strict=True))
        calls = Calls.among(columns)
        tokens = self._counter.columns(columns, calls)
        columns |= tokens.replaced
        costs = cost_columns(columns, calls.where, prices, calls.names)
        columns |= costs.columns
        if costs.flags:
            columns["usage_flags"] = flag_column(columns["usage_flags"], costs.flags)
        for source, counted in tokens.counted.items():
            TOKENS_COUNTED.labels(source).inc(counted)
        if costs.unpriced_calls:
            CALLS_UNPRICED.inc(costs.unpriced_calls)
        return replace(batch, columns=pa.RecordBatch.from_arrays([*columns.values()], schema=came.schema))


def _names(columns: pa.RecordBatch) -> Sequence[str]:
    """Return the columns' names: a batch's are those of its schema, which columns of a newer minor may follow."""
    return _NAMES if columns.num_columns == len(_NAMES) else columns.schema.names
