"""The pipeline's stage: a SpanBatch in, the same batch with token counts and costs out."""

from dataclasses import replace
from itertools import chain
from typing import Final

import pyarrow as pa

from a11i.telemetry.v1.ledger_entries_pb2 import LEDGER_OUTCOME_TOKENIZED
from a11i_bus.runner import StageSpec
from a11i_bus.topology import SPANS_RECEIVED, SPANS_TOKENIZED
from a11i_chassis.metrics import CALLS_UNPRICED, TOKENS_COUNTED
from a11i_telemetry import received
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.columns import Column
from a11i_telemetry.schema import SCHEMA
from a11i_telemetry.signals import Signal
from a11i_tokenization.calls import KINDS, Calls
from a11i_tokenization.costs import PRICED_BY, cost_columns, flag_column
from a11i_tokenization.counts import COUNTED_BY, TokenCounter
from a11i_tokenization.pricing.book import PricesByTenant
from a11i_tokenization.pricing.sheet import NAME_COLUMNS

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
_PLACES: Final = {name: place for place, name in enumerate(SCHEMA.names)}
"""Where a batch's columns are; those of a newer minor follow them."""
_READ: Final = frozenset({*NAME_COLUMNS, *COUNTED_BY, *PRICED_BY, "usage_flags"})


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
        # Each is taken out once, and this way: by its name a column is found in the time that it takes to read it.
        arrays = [*map(came.to_struct_array().field, range(came.num_columns))]
        columns: dict[str, Column] = {name: arrays[_PLACES[name]] for name in _READ}
        calls = Calls.among(columns)
        tokens = self._counter.columns(columns, calls)
        costs = cost_columns({**columns, **tokens.replaced}, calls.where, prices, calls.names)
        for name, column in chain(tokens.replaced.items(), costs.columns.items()):
            arrays[_PLACES[name]] = column
        if costs.flags:
            arrays[_PLACES["usage_flags"]] = flag_column(columns["usage_flags"], costs.flags)
        for source, counted in tokens.counted.items():
            TOKENS_COUNTED.labels(source).inc(counted)
        if costs.unpriced_calls:
            CALLS_UNPRICED.inc(costs.unpriced_calls)
        return replace(batch, columns=pa.RecordBatch.from_arrays(arrays, schema=came.schema))
