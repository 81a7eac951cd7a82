-- The ledger: what became of which rows of which batch, as services wrote it, and its sums by minute of receipt.
--
-- Entries name rows, so that one that comes twice changes nothing; of the same entry the one made first is kept. They
-- lie by minute, as the auditor reads whole minutes. inserted_time says what is new: it is the same in one insert.
CREATE TABLE IF NOT EXISTS ledger_entries
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  signal UInt8,
  batch_id String CODEC(ZSTD(1)),
  replay String CODEC(ZSTD(1)),
  outcome UInt8,
  reason LowCardinality(String),
  first_item UInt32,
  item_count UInt32,
  received_time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  inserted_time DateTime64(9, 'UTC') CODEC(Delta(8), LZ4),
  minute DateTime('UTC') MATERIALIZED toStartOfMinute(received_time),
  priority UInt64 MATERIALIZED toUInt64(9223372036854775807 - toUnixTimestamp64Nano(time)),

  INDEX inserted_time_range inserted_time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(priority)
PARTITION BY toDate(received_time)
ORDER BY (minute, tenant_id, batch_id, replay, outcome, reason, first_item, item_count)
TTL toDateTime(inserted_time) + INTERVAL 35 DAY
SETTINGS min_bytes_for_wide_part = 67108864;

-- Sums by minute in which ingest took the batch. A minute is computed anew as a whole; lines that it no longer has are
-- replaced by zeros. Outcomes are those of a11i.telemetry.v1.LedgerOutcome, and two of the auditor's own: 100 for rows
-- under way, 101 for rows that were stored or given up and that nobody sent. Line (7, '') holds all dead letters, those
-- with a reason the same by reason. replayed: of replays, which arrive when the entries of the first way may be deleted.
CREATE TABLE IF NOT EXISTS ledger_minutes
(
  tenant_id LowCardinality(String),
  project_id LowCardinality(String),
  signal UInt8,
  minute DateTime('UTC'),
  replayed Bool,
  outcome UInt8,
  reason LowCardinality(String),
  rows UInt64,
  batches UInt64,
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, tenant_id, project_id, signal, replayed, outcome, reason)
TTL minute + INTERVAL 400 DAY;

-- What each audit found. handled_time: entries inserted by then are in the sums.
CREATE TABLE IF NOT EXISTS ledger_audits
(
  time DateTime64(9, 'UTC'),
  verdict UInt8,
  since_time DateTime64(9, 'UTC'),
  missing_batches UInt64,
  phantom_items UInt64,
  open_batches UInt64,
  lag_s Float64,
  summary String CODEC(ZSTD(1)),
  topics Array(LowCardinality(String)),
  backlogs Array(UInt64),
  handled_time DateTime64(9, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY time
TTL toDateTime(time) + INTERVAL 35 DAY
SETTINGS ttl_only_drop_parts = 1;
