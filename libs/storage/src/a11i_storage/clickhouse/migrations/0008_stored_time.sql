-- What is new is found without reading all there is: a part that was written long ago has nothing new.
ALTER TABLE spans ADD INDEX IF NOT EXISTS stored_time_range stored_time TYPE minmax GRANULARITY 64;
-- Also of what is stored already: most of its parts are merged no more, and would be read at each look.
ALTER TABLE spans MATERIALIZE INDEX stored_time_range;
