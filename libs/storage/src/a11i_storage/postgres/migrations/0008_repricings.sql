-- Repricings of stored calls: who asked for what, and how far each has come. Kept as the record of them.
CREATE TABLE repricings (
  id uuid PRIMARY KEY,
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  -- Empty: all projects.
  project_id text NOT NULL,
  -- Nanoseconds since the epoch; the end is not part of the range.
  start_ns bigint NOT NULL,
  end_ns bigint NOT NULL,
  unpriced_only boolean NOT NULL,
  dry_run boolean NOT NULL,
  actor text NOT NULL,
  -- The caller's name for the order.
  request_id text NOT NULL,
  -- The default tables, by name and version, and the tenant's own version; 0: none.
  default_tables text NOT NULL,
  own_version integer NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now(),
  state smallint NOT NULL,
  failure text NOT NULL DEFAULT '',
  -- When it came to an end, however that was.
  finish_time timestamptz,
  -- What is done, in the words of whoever carries it out; empty: nothing.
  position text NOT NULL DEFAULT '',
  -- The costs that are worked out and about to be written, likewise; empty: none.
  staged text NOT NULL DEFAULT '',
  -- Everything that began before is done.
  done_until_ns bigint NOT NULL,
  call_count bigint NOT NULL DEFAULT 0,
  changed_count bigint NOT NULL DEFAULT 0,
  before_usd numeric NOT NULL DEFAULT 0,
  after_usd numeric NOT NULL DEFAULT 0,
  unpriced_before_count bigint NOT NULL DEFAULT 0,
  unpriced_after_count bigint NOT NULL DEFAULT 0,
  -- Which process carries it out, until when unless it says so again.
  lease_owner uuid,
  lease_until timestamptz,
  UNIQUE (tenant_id, request_id)
);

CREATE INDEX repricings_by_time ON repricings (create_time DESC, id DESC);

CREATE INDEX repricings_running ON repricings (tenant_id, create_time) WHERE state = 1;
