-- Log records, metric points and what ingest had to note, each once however often it is sent: identity, version and
-- partitions are as those of spans.
--
-- Records lie by trace, as GetTrace joins them to its spans; those without a trace lie together.
CREATE TABLE IF NOT EXISTS logs
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  record_id FixedString(16),
  time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  observed_time Nullable(DateTime64(9, 'UTC')),
  severity_number UInt8,
  severity_text LowCardinality(String),
  event_name LowCardinality(String),
  body String CODEC(ZSTD(1)),
  body_is_json Bool,
  trace_id Nullable(FixedString(16)),
  span_id Nullable(FixedString(8)),
  flags UInt32,
  service_name LowCardinality(String),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  scope_attributes String CODEC(ZSTD(1)),
  resource_attributes String CODEC(ZSTD(1)),
  resource_schema_url LowCardinality(String),
  scope_schema_url LowCardinality(String),
  attr_string Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attr_int Map(LowCardinality(String), Int64),
  attr_double Map(LowCardinality(String), Float64),
  attr_bool Map(LowCardinality(String), Bool),
  attr_json Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  dropped_attributes_count UInt32,
  input_messages String CODEC(ZSTD(1)),
  output_messages String CODEC(ZSTD(1)),
  system_instructions String CODEC(ZSTD(1)),
  tool_definitions String CODEC(ZSTD(1)),
  evaluation_name LowCardinality(String),
  evaluation_score Nullable(Float64),
  evaluation_label LowCardinality(String),
  evaluation_explanation String CODEC(ZSTD(1)),
  defects Array(LowCardinality(String)),
  redacted_entities Map(LowCardinality(String), UInt32),
  redaction_policy LowCardinality(String),
  redaction_detector LowCardinality(String),
  withheld_values UInt32,
  batch_id String CODEC(ZSTD(1)),
  received_time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  stored_time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  partition_date Date,
  trace_key FixedString(16) MATERIALIZED ifNull(trace_id, toFixedString('', 16)),
  version UInt128 MATERIALIZED
    bitShiftLeft(toUInt128(toUnixTimestamp64Nano(received_time)), 64) + toUInt128(toUnixTimestamp64Nano(stored_time)),

  INDEX time_range time TYPE minmax GRANULARITY 64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY partition_date
ORDER BY (tenant_id, project_id, trace_key, record_id)
SETTINGS index_granularity = 1024, min_bytes_for_wide_part = 67108864;

-- Points lie by metric and time, as they are read.
CREATE TABLE IF NOT EXISTS metric_points
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  point_id FixedString(16),
  metric_name LowCardinality(String),
  description LowCardinality(String),
  unit LowCardinality(String),
  metadata String CODEC(ZSTD(1)),
  metric_type LowCardinality(String),
  temporality LowCardinality(String),
  is_monotonic Bool,
  start_time Nullable(DateTime64(9, 'UTC')),
  time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  flags UInt32,
  value_double Nullable(Float64),
  value_int Nullable(Int64),
  count Nullable(UInt64),
  sum Nullable(Float64),
  min Nullable(Float64),
  max Nullable(Float64),
  bucket_counts Array(UInt64),
  explicit_bounds Array(Float64) CODEC(ZSTD(1)),
  scale Nullable(Int32),
  zero_count Nullable(UInt64),
  zero_threshold Nullable(Float64),
  positive_offset Nullable(Int32),
  positive_counts Array(UInt64),
  negative_offset Nullable(Int32),
  negative_counts Array(UInt64),
  quantiles Array(Float64),
  quantile_values Array(Float64),
  exemplars String CODEC(ZSTD(1)),
  service_name LowCardinality(String),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  scope_attributes String CODEC(ZSTD(1)),
  resource_attributes String CODEC(ZSTD(1)),
  resource_schema_url LowCardinality(String),
  scope_schema_url LowCardinality(String),
  attr_string Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attr_int Map(LowCardinality(String), Int64),
  attr_double Map(LowCardinality(String), Float64),
  attr_bool Map(LowCardinality(String), Bool),
  attr_json Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  batch_id String CODEC(ZSTD(1)),
  received_time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  stored_time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  partition_date Date,
  version UInt128 MATERIALIZED
    bitShiftLeft(toUInt128(toUnixTimestamp64Nano(received_time)), 64) + toUInt128(toUnixTimestamp64Nano(stored_time))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY partition_date
ORDER BY (tenant_id, project_id, metric_name, time, point_id)
SETTINGS index_granularity = 4096, min_bytes_for_wide_part = 67108864;

-- A request that came again says the same again at another time, so that the time is no part of an issue's identity.
CREATE TABLE IF NOT EXISTS ingest_issues
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  issue_id FixedString(16),
  time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  signal LowCardinality(String),
  outcome LowCardinality(String),
  reason LowCardinality(String),
  count UInt64,
  key_id LowCardinality(String),
  door LowCardinality(String),
  example_trace_id String CODEC(ZSTD(1)),
  example_span_id String CODEC(ZSTD(1)),
  example_where String CODEC(ZSTD(1)),
  batch_id String CODEC(ZSTD(1)),
  received_time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  stored_time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  partition_date Date,
  version UInt128 MATERIALIZED
    bitShiftLeft(toUInt128(toUnixTimestamp64Nano(received_time)), 64) + toUInt128(toUnixTimestamp64Nano(stored_time)),

  INDEX time_range time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY partition_date
ORDER BY (tenant_id, project_id, issue_id)
SETTINGS min_bytes_for_wide_part = 67108864;
