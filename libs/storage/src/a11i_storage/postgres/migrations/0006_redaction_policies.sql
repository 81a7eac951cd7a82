-- Versions of policies are added, never changed. An empty project_id is all of the tenant's that have none of their own.
CREATE TABLE redaction_policies (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  project_id text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  policy jsonb NOT NULL,
  actor text NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, project_id, version)
);

-- The keys of encrypted placeholders, each encrypted under the master key, which is nowhere in here.
CREATE TABLE redaction_keys (
  tenant_id text PRIMARY KEY,
  master_key_id text NOT NULL,
  wrapped bytea NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now()
);

-- Who had encrypted values revealed. What they were is not on record.
CREATE TABLE redaction_reveals (
  id uuid PRIMARY KEY,
  tenant_id text NOT NULL,
  time timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  peer text NOT NULL,
  purpose text NOT NULL,
  value_count integer NOT NULL,
  entities text[] NOT NULL
);

CREATE INDEX redaction_reveals_by_time ON redaction_reveals (tenant_id, time DESC, id DESC);
