-- What some calls of a tenant may cost in a period, and what the watcher last saw spent of it.
CREATE TABLE budgets (
  tenant_id text NOT NULL CHECK (tenant_id <> ''),
  name text NOT NULL CHECK (name <> ''),
  -- Empty: any.
  project_id text NOT NULL,
  key_id text NOT NULL,
  user_id text NOT NULL,
  model text NOT NULL,
  -- As in a11i.tokenization.v1.BudgetPeriod.
  period smallint NOT NULL,
  limit_usd numeric NOT NULL CHECK (limit_usd > 0),
  threshold_percents integer[] NOT NULL,
  actor text NOT NULL,
  -- Tells what was seen of this budget from what was seen of the one before it under the same name.
  change_number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  seen_period_start timestamptz,
  seen_usd numeric,
  seen_unpriced_count bigint,
  seen_time timestamptz,
  PRIMARY KEY (tenant_id, name)
);

-- Thresholds that were reached: each once for a period and a limit. Kept as the record of them.
CREATE TABLE budget_events (
  number bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  tenant_id text NOT NULL,
  name text NOT NULL,
  -- The budget as it was.
  project_id text NOT NULL,
  key_id text NOT NULL,
  user_id text NOT NULL,
  model text NOT NULL,
  period smallint NOT NULL,
  limit_usd numeric NOT NULL,
  threshold_percents integer[] NOT NULL,
  actor text NOT NULL,
  period_start timestamptz NOT NULL,
  threshold_percent integer NOT NULL,
  spent_usd numeric NOT NULL,
  create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When the bus had it, or it was no longer offered to the bus.
  settle_time timestamptz,
  published boolean NOT NULL DEFAULT false,
  UNIQUE (tenant_id, name, period, period_start, threshold_percent, limit_usd)
);

CREATE INDEX budget_events_by_tenant ON budget_events (tenant_id, number DESC);

CREATE INDEX budget_events_unsettled ON budget_events (number) WHERE settle_time IS NULL;
