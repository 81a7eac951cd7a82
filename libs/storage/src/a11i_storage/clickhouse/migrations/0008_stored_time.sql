-- What is new is found without reading all there is: a part that was written long ago has nothing new.
ALTER TABLE spans ADD INDEX IF NOT EXISTS stored_time_range stored_time TYPE minmax GRANULARITY 64;
