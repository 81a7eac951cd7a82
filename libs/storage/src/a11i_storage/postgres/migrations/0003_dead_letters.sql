-- What stages gave up on. `sealed` holds the payload as the stage sealed it; nothing else here is text of a user's.
CREATE TABLE dead_letters (
  id uuid PRIMARY KEY,
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  signal smallint NOT NULL,
  stage text NOT NULL,
  stage_version integer NOT NULL,
  source_topic text NOT NULL,
  message_id text NOT NULL,
  batch_id text NOT NULL,
  item_count integer NOT NULL,
  received_time timestamptz,
  reason text NOT NULL,
  error_type text NOT NULL,
  error_id text NOT NULL,
  tries integer NOT NULL,
  first_time timestamptz NOT NULL,
  last_time timestamptz NOT NULL,
  state smallint NOT NULL,
  replay_of uuid,
  -- How often it was replayed, and where to now; a replay's message id is made of it.
  replays integer NOT NULL DEFAULT 0,
  replay_topic text NOT NULL DEFAULT '',
  last_action_id uuid,
  key_id text NOT NULL,
  payload_bytes integer NOT NULL,
  -- Null once the letter is replayed or discarded.
  sealed bytea
);

CREATE INDEX dead_letters_by_time ON dead_letters (tenant_id, first_time DESC, id DESC);

CREATE INDEX dead_letters_by_age ON dead_letters (last_time);

CREATE INDEX dead_letters_replaying ON dead_letters (received_time, id) WHERE state = 2;

CREATE INDEX dead_letters_by_action ON dead_letters (last_action_id);

-- Who did what with dead letters. Kept when the letters are gone.
CREATE TABLE dead_letter_actions (
  id uuid PRIMARY KEY,
  tenant_id text NOT NULL,
  kind smallint NOT NULL,
  actor text NOT NULL,
  peer text NOT NULL,
  time timestamptz NOT NULL DEFAULT now(),
  letter_count integer NOT NULL,
  point smallint NOT NULL,
  -- The filter that chose them, as the contract's message in JSON; empty if they were named.
  filter text NOT NULL
);

CREATE INDEX dead_letter_actions_by_time ON dead_letter_actions (tenant_id, time DESC, id DESC);

-- Which letters each action touched.
CREATE TABLE dead_letter_action_letters (
  action_id uuid NOT NULL REFERENCES dead_letter_actions (id),
  letter_id uuid NOT NULL,
  PRIMARY KEY (letter_id, action_id)
);
