-- Which rows of their batch letters are about, for the ledger.
ALTER TABLE dead_letters
  ADD COLUMN first_item bigint NOT NULL DEFAULT 0,
  -- The account: which replay had put the rows on the bus; empty if they came from ingest.
  ADD COLUMN replay text NOT NULL DEFAULT '',
  -- Discarded, and the ledger does not say so yet.
  ADD COLUMN to_enter boolean NOT NULL DEFAULT false;

CREATE INDEX dead_letters_to_enter ON dead_letters (id) WHERE to_enter;
