-- What ingest mended on a span, the schemas that it was written by, and more of what its sender says.
ALTER TABLE spans
  ADD COLUMN IF NOT EXISTS defects Array(LowCardinality(String)) AFTER withheld_values,
  ADD COLUMN IF NOT EXISTS resource_schema_url LowCardinality(String) AFTER defects,
  ADD COLUMN IF NOT EXISTS scope_schema_url LowCardinality(String) AFTER resource_schema_url,
  ADD COLUMN IF NOT EXISTS service_tier LowCardinality(String) AFTER scope_schema_url,
  ADD COLUMN IF NOT EXISTS reported_cost_usd Nullable(Decimal(38, 12)) AFTER service_tier,
  ADD COLUMN IF NOT EXISTS evaluation_name LowCardinality(String) AFTER reported_cost_usd,
  ADD COLUMN IF NOT EXISTS evaluation_score Nullable(Float64) AFTER evaluation_name,
  ADD COLUMN IF NOT EXISTS evaluation_label LowCardinality(String) AFTER evaluation_score,
  ADD COLUMN IF NOT EXISTS evaluation_explanation String CODEC(ZSTD(1)) AFTER evaluation_label;
