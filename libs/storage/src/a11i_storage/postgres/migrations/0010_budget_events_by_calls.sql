-- A budget that is kept for other calls tells of its thresholds anew. The names of the calls are long: their hash stands
-- for them, next to the budget's own name.
ALTER TABLE budget_events DROP CONSTRAINT budget_events_tenant_id_name_period_period_start_threshold__key;

CREATE UNIQUE INDEX budget_events_once ON budget_events (
  tenant_id, name, period, period_start, threshold_percent, limit_usd,
  hashtextextended(project_id || chr(31) || key_id || chr(31) || user_id || chr(31) || model, 0)
);
