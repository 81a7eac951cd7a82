-- Spans as they are stored: one row a span, the version of each kept that was received last.
--
-- Partitions are days, as retention drops days and a listing reads few of them. partition_date is the writer's, which
-- keeps it near the time of receipt, so that no client's clock makes partitions at will. Order is by trace, so that
-- reading a trace touches one granule a part; rows are wide, hence the small granule.
CREATE TABLE IF NOT EXISTS spans
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  trace_id FixedString(16),
  span_id FixedString(8),
  parent_span_id Nullable(FixedString(8)),
  trace_state String CODEC(ZSTD(1)),
  name LowCardinality(String),
  kind UInt8,
  start_time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  end_time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  duration_ns Int64,
  status_code UInt8,
  status_message String CODEC(ZSTD(1)),
  flags UInt32,
  service_name LowCardinality(String),
  scope_name LowCardinality(String),
  scope_version LowCardinality(String),
  scope_attributes String CODEC(ZSTD(1)),
  resource_attributes String CODEC(ZSTD(1)),
  attr_string Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  attr_int Map(LowCardinality(String), Int64),
  attr_double Map(LowCardinality(String), Float64),
  attr_bool Map(LowCardinality(String), Bool),
  attr_json Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  lifted Array(LowCardinality(String)),
  events String CODEC(ZSTD(1)),
  links String CODEC(ZSTD(1)),
  dropped_attributes_count UInt32,
  dropped_events_count UInt32,
  dropped_links_count UInt32,
  step_kind LowCardinality(String),
  operation LowCardinality(String),
  provider LowCardinality(String),
  request_model LowCardinality(String),
  response_model LowCardinality(String),
  response_id String CODEC(ZSTD(1)),
  finish_reasons Array(LowCardinality(String)),
  input_tokens Nullable(Int64),
  output_tokens Nullable(Int64),
  cache_read_tokens Nullable(Int64),
  cache_write_tokens Nullable(Int64),
  reasoning_tokens Nullable(Int64),
  input_source LowCardinality(String),
  output_source LowCardinality(String),
  input_cost_usd Nullable(Decimal(38, 12)),
  output_cost_usd Nullable(Decimal(38, 12)),
  total_cost_usd Nullable(Decimal(38, 12)),
  price_version LowCardinality(String),
  priced_as LowCardinality(String),
  input_messages String CODEC(ZSTD(1)),
  output_messages String CODEC(ZSTD(1)),
  system_instructions String CODEC(ZSTD(1)),
  tool_definitions String CODEC(ZSTD(1)),
  tool_name LowCardinality(String),
  tool_call_id String CODEC(ZSTD(1)),
  tool_arguments String CODEC(ZSTD(1)),
  tool_result String CODEC(ZSTD(1)),
  agent_name LowCardinality(String),
  agent_id String CODEC(ZSTD(1)),
  workflow_name LowCardinality(String),
  session_id String CODEC(ZSTD(1)),
  user_id String CODEC(ZSTD(1)),
  time_to_first_chunk_s Nullable(Float64),
  redacted_entities Map(LowCardinality(String), UInt32),
  redaction_policy LowCardinality(String),
  redaction_detector LowCardinality(String),
  withheld_values UInt32,
  batch_id String CODEC(ZSTD(1)),
  received_time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  stored_time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  partition_date Date,
  -- Which of a span's rows counts: the one received last, and of those received at once (the same batch, redelivered
  -- after an upgrade or replayed from the dead letters) the one stored last. One number, as the engine takes one.
  version UInt128 MATERIALIZED
    bitShiftLeft(toUInt128(toUnixTimestamp64Nano(received_time)), 64) + toUInt128(toUnixTimestamp64Nano(stored_time)),

  -- A part holds about one day: this drops whole parts outside a listing's time range, also where partition_date is
  -- not the date of start_time.
  INDEX start_time_range start_time TYPE minmax GRANULARITY 64,
  INDEX session_id_bloom session_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX user_id_bloom user_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY partition_date
ORDER BY (tenant_id, project_id, trace_id, span_id)
SETTINGS
  index_granularity = 1024,
  -- An insert's part is one file rather than two for each of the seventy columns: less to write and to sync.
  min_bytes_for_wide_part = 67108864;
