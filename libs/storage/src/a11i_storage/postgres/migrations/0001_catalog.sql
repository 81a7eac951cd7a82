CREATE TABLE tenants (
  id uuid PRIMARY KEY,
  slug text NOT NULL UNIQUE,
  display_name text NOT NULL,
  created_time timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE projects (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  slug text NOT NULL,
  display_name text NOT NULL,
  created_time timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, slug)
);

-- The secret itself is nowhere: `secret_mac` is its HMAC-SHA-256 under the auth service's pepper.
CREATE TABLE api_keys (
  key_id text PRIMARY KEY,
  project_id uuid NOT NULL REFERENCES projects (id),
  display_name text NOT NULL,
  secret_mac bytea NOT NULL,
  scopes smallint[] NOT NULL,
  created_time timestamptz NOT NULL DEFAULT now(),
  expire_time timestamptz,
  revoke_time timestamptz
);

CREATE INDEX api_keys_by_project ON api_keys (project_id);
