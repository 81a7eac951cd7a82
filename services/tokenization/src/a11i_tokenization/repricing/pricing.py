"""New costs of a slice of calls, by the code of the stage, and what they change."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa

from a11i_storage.clickhouse.call_costs import COUNTS_ONCE, VERSION_COLUMNS
from a11i_storage.postgres.repricings import RepricingProgress
from a11i_telemetry.columns import Column, mask, pc
from a11i_tokenization.costs import COST_COLUMNS, PRICED_BY, Bools, cost_columns, flag_column
from a11i_tokenization.pricing.offers import Prices

READ_COLUMNS: Final = (*PRICED_BY, *COST_COLUMNS)
"""What is read of a call. None of it is text of a conversation."""


def reprice(calls: pa.RecordBatch, prices: Prices, before: RepricingProgress) -> tuple[pa.Table, RepricingProgress]:
    """Return the calls whose cost, table, basis or flags change, with the new ones, and the sums with these calls.

    Wrappers are priced like the calls in them, as they are when they come, but are in no sum.
    """
    columns: Mapping[str, Column] = {name: calls[name] for name in READ_COLUMNS}
    costs = cost_columns(columns, np.ones(calls.num_rows, np.bool_), prices)
    changed = np.zeros(calls.num_rows, np.bool_)
    for name in COST_COLUMNS:
        changed |= _differs(columns[name], costs.columns[name])
    flags = flag_column(columns["usage_flags"], costs.flags)
    stored = columns["usage_flags"]
    for row in costs.flags:
        changed[row] |= stored[row] != flags[row]
    new = [*(calls[name] for name in VERSION_COLUMNS), *(costs.columns[name] for name in COST_COLUMNS), flags]
    table = pa.Table.from_arrays(new, [*VERSION_COLUMNS, *COST_COLUMNS, "usage_flags"]).filter(pa.array(changed))
    once = calls[COUNTS_ONCE]
    old_total, new_total = (column["total_cost_usd"].filter(once) for column in (columns, costs.columns))
    return table, replace(
        before,
        call_count=before.call_count + len(old_total),
        changed_count=before.changed_count + int(np.count_nonzero(changed & mask(once))),
        before_usd=before.before_usd + _sum(old_total),
        after_usd=before.after_usd + _sum(new_total),
        unpriced_before_count=before.unpriced_before_count + old_total.null_count,
        unpriced_after_count=before.unpriced_after_count + new_total.null_count,
    )


def _differs(old: Column, new: Column) -> Bools:
    """Return where two columns differ; nulls are equal to each other alone."""
    either: Bools = mask(pc.fill_null(pc.not_equal(old, new), fill_value=False))
    either |= mask(pc.is_null(old)) != mask(pc.is_null(new))
    return either


def _sum(column: Column) -> Decimal:
    total: Decimal | None = pc.sum(column).as_py()
    return total or Decimal(0)
