-- More sorts of tokens, what was counted beside what was reported, what a price was worked out with, and the key that a
-- request came with.
ALTER TABLE spans
  ADD COLUMN IF NOT EXISTS cache_write_1h_tokens Nullable(Int64) AFTER redaction_bytes,
  ADD COLUMN IF NOT EXISTS input_audio_tokens Nullable(Int64) AFTER cache_write_1h_tokens,
  ADD COLUMN IF NOT EXISTS input_image_tokens Nullable(Int64) AFTER input_audio_tokens,
  ADD COLUMN IF NOT EXISTS output_audio_tokens Nullable(Int64) AFTER input_image_tokens,
  ADD COLUMN IF NOT EXISTS output_image_tokens Nullable(Int64) AFTER output_audio_tokens,
  ADD COLUMN IF NOT EXISTS counted_input_tokens Nullable(Int64) AFTER output_image_tokens,
  ADD COLUMN IF NOT EXISTS counted_output_tokens Nullable(Int64) AFTER counted_input_tokens,
  ADD COLUMN IF NOT EXISTS tokenizer LowCardinality(String) AFTER counted_output_tokens,
  ADD COLUMN IF NOT EXISTS counted_source LowCardinality(String) AFTER tokenizer,
  ADD COLUMN IF NOT EXISTS part_tokens Map(LowCardinality(String), Int64) AFTER counted_source,
  ADD COLUMN IF NOT EXISTS input_message_tokens Array(Int64) AFTER part_tokens,
  ADD COLUMN IF NOT EXISTS output_message_tokens Array(Int64) AFTER input_message_tokens,
  ADD COLUMN IF NOT EXISTS context_window Nullable(Int64) AFTER output_message_tokens,
  ADD COLUMN IF NOT EXISTS usage_flags Array(LowCardinality(String)) AFTER context_window,
  ADD COLUMN IF NOT EXISTS price_basis LowCardinality(String) AFTER usage_flags,
  ADD COLUMN IF NOT EXISTS key_id LowCardinality(String) AFTER batch_id;

ALTER TABLE logs ADD COLUMN IF NOT EXISTS key_id LowCardinality(String) AFTER batch_id;

ALTER TABLE metric_points ADD COLUMN IF NOT EXISTS key_id LowCardinality(String) AFTER batch_id;
