-- Where redaction found what, and what that took.
ALTER TABLE spans
  ADD COLUMN IF NOT EXISTS redacted_where Map(LowCardinality(String), UInt32) AFTER evaluation_explanation,
  ADD COLUMN IF NOT EXISTS redaction_us UInt32 AFTER redacted_where,
  ADD COLUMN IF NOT EXISTS redaction_bytes UInt32 AFTER redaction_us;

ALTER TABLE logs
  ADD COLUMN IF NOT EXISTS redacted_where Map(LowCardinality(String), UInt32) AFTER withheld_values,
  ADD COLUMN IF NOT EXISTS redaction_us UInt32 AFTER redacted_where,
  ADD COLUMN IF NOT EXISTS redaction_bytes UInt32 AFTER redaction_us;
