-- Costs that a repricing has worked out, until they are copied into new versions of their spans' rows. Each slice of a
-- repricing has rows of its own, which nobody reads once it is done.
CREATE TABLE IF NOT EXISTS repriced_calls
(
  slice_id UUID,
  trace_id FixedString(16),
  span_id FixedString(8),
  -- With the ids: the version of the span's row that was priced.
  received_time DateTime64(9, 'UTC'),
  stored_time DateTime64(9, 'UTC'),
  input_cost_usd Nullable(Decimal(38, 12)),
  output_cost_usd Nullable(Decimal(38, 12)),
  total_cost_usd Nullable(Decimal(38, 12)),
  price_version LowCardinality(String),
  priced_as LowCardinality(String),
  price_basis LowCardinality(String),
  usage_flags Array(LowCardinality(String)),
  made_time DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toDate(made_time)
ORDER BY (slice_id, trace_id, span_id)
TTL made_time + INTERVAL 3 DAY DELETE
SETTINGS ttl_only_drop_parts = 1;
