-- Replays of ranges of the archive: who asked for what, and how far each has come. Kept as the record of them.
CREATE TABLE archive_replays (
  id uuid PRIMARY KEY,
  tenant_id text NOT NULL,
  -- Empty: all projects.
  project_id text NOT NULL,
  signals smallint[] NOT NULL,
  start_time timestamptz NOT NULL,
  end_time timestamptz NOT NULL,
  point smallint NOT NULL,
  dry_run boolean NOT NULL,
  actor text NOT NULL,
  peer text NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now(),
  state smallint NOT NULL,
  cancel_actor text NOT NULL DEFAULT '',
  cancel_peer text NOT NULL DEFAULT '',
  -- When it came to an end, however that was.
  finish_time timestamptz,
  -- The last object that is durable on the bus again, as the service notes it; empty: none yet.
  position text NOT NULL DEFAULT '',
  object_count bigint NOT NULL DEFAULT 0,
  batch_count bigint NOT NULL DEFAULT 0,
  row_count bigint NOT NULL DEFAULT 0,
  unreadable_count bigint NOT NULL DEFAULT 0,
  too_large_count bigint NOT NULL DEFAULT 0,
  -- Which process carries it out, until when unless it says so again.
  lease_owner uuid,
  lease_until timestamptz
);

CREATE INDEX archive_replays_by_time ON archive_replays (tenant_id, create_time DESC, id DESC);

CREATE INDEX archive_replays_running ON archive_replays (create_time) WHERE state = 1;
