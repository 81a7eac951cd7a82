"""The columns of metric points: one row a data point, whatever the kind of its metric."""

from typing import Final

import pyarrow as pa

from a11i_telemetry.schema import LOW_TEXT, TEXT, TIME, Column
from a11i_telemetry.shared_columns import ATTRIBUTES, SURROUNDINGS

_U64: Final = pa.uint64()
_F64: Final = pa.float64()

COLUMNS: Final[tuple[Column, ...]] = (
    Column(
        "point_id",
        pa.binary(16),
        "FixedString(16)",
        "Digest of resource, scope, metric and point: what is sent again is the same row.",
    ),
    Column("metric_name", TEXT, LOW_TEXT, "The metric's name.", text=True),
    Column("description", TEXT, LOW_TEXT, "What it measures.", text=True),
    Column("unit", TEXT, LOW_TEXT, "Its unit, in UCUM's notation.", text=True),
    Column("metadata", TEXT, "String", "Attributes of the metric itself, a JSON object; empty for none.", text=True),
    Column(
        "metric_type",
        TEXT,
        LOW_TEXT,
        "gauge, sum, histogram, exponential_histogram or summary.",
    ),
    Column("temporality", TEXT, LOW_TEXT, "delta, cumulative, or empty: not sent, or the type has none."),
    Column("is_monotonic", pa.bool_(), "Bool", "Whether a sum only rises."),
    Column("start_time", TIME, "Nullable(DateTime64(9, 'UTC'))", "Since when it was measured; null if not sent."),
    Column("time", TIME, "DateTime64(9, 'UTC')", "When the point was made; where not sent, when it was received."),
    Column("flags", pa.uint32(), "UInt32", "OTLP's DataPointFlags; bit 0: no value was recorded."),
    # Gauges and sums: one of the two.
    Column("value_double", _F64, "Nullable(Float64)", "Value of a gauge or sum of doubles; null otherwise."),
    Column("value_int", pa.int64(), "Nullable(Int64)", "Value of a gauge or sum of integers; null otherwise."),
    # Histograms of both kinds, and summaries.
    Column("count", _U64, "Nullable(UInt64)", "How many values a histogram or summary is of; null otherwise."),
    Column("sum", _F64, "Nullable(Float64)", "Their sum; null if not sent."),
    Column("min", _F64, "Nullable(Float64)", "The least of them; null if not sent."),
    Column("max", _F64, "Nullable(Float64)", "The greatest of them; null if not sent."),
    Column("bucket_counts", pa.list_(_U64), "Array(UInt64)", "Histogram: values in each bucket."),
    Column("explicit_bounds", pa.list_(_F64), "Array(Float64)", "Histogram: upper bound of each bucket but the last."),
    Column("scale", pa.int32(), "Nullable(Int32)", "Exponential histogram: bounds are powers of 2^(2^-scale)."),
    Column("zero_count", _U64, "Nullable(UInt64)", "Exponential histogram: values around zero."),
    Column("zero_threshold", _F64, "Nullable(Float64)", "Exponential histogram: how far around zero they are."),
    Column("positive_offset", pa.int32(), "Nullable(Int32)", "Exponential histogram: power of the first bucket."),
    Column("positive_counts", pa.list_(_U64), "Array(UInt64)", "Exponential histogram: values in each bucket."),
    Column("negative_offset", pa.int32(), "Nullable(Int32)", "Exponential histogram: likewise, below zero."),
    Column("negative_counts", pa.list_(_U64), "Array(UInt64)", "Exponential histogram: likewise, below zero."),
    Column("quantiles", pa.list_(_F64), "Array(Float64)", "Summary: the quantiles, 0 to 1."),
    Column("quantile_values", pa.list_(_F64), "Array(Float64)", "Summary: the value at each quantile."),
    Column("exemplars", TEXT, "String", "Exemplars, a JSON array; empty for none.", text=True),
    *SURROUNDINGS,
    *ATTRIBUTES,
)
"""All columns, in the order of the schema."""
