-- Versions of tenants' price tables are added, never changed. `lines` is an array, as the contract writes them.
CREATE TABLE price_tables (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  version integer NOT NULL CHECK (version > 0),
  lines jsonb NOT NULL CHECK (jsonb_typeof(lines) = 'array'),
  actor text NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, version)
);
