-- What calls used that is not sold by the token.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS units Map(LowCardinality(String), Int64) AFTER price_basis;
