"""Every metric of a11i's services, each with a sentence, and the listener that Prometheus reads."""

import math
from collections.abc import Callable
from typing import Final

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from a11i_chassis.settings import MetricsSettings

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

RPC_SECONDS = Histogram(
    "a11i_rpc_duration_seconds",
    "How long an RPC took, by method and status code.",
    ["method", "code"],
    buckets=_SECONDS,
)
INGEST_ITEMS = Counter(
    "a11i_ingest_items_total",
    "Spans, log records and metric points that arrived, by what became of them: accepted, rejected or sampled_out.",
    ["signal", "outcome"],
)
INGEST_ISSUES = Counter(
    "a11i_ingest_issues_total",
    "Items that were not taken as they came, by what became of them (rejected, repaired, truncated) and why.",
    ["signal", "outcome", "reason"],
)
INGEST_REQUESTS = Counter(
    "a11i_ingest_requests_total", "Requests that carried spans, by door and outcome.", ["door", "outcome"]
)
INGEST_BYTES = Counter("a11i_ingest_bytes_total", "Bytes of requests after decompression.", ["door"])
INGEST_BUS_FILL = Gauge(
    "a11i_ingest_bus_fill_ratio",
    "About which part of its topic the backlog takes. From 0.5 on answers are held back, at 1 requests are refused.",
)
INGEST_SLOWED_SECONDS = Counter(
    "a11i_ingest_slowed_seconds_total", "Seconds for which answers were held back, the bus filling up."
)
INGEST_BYTES_IN_FLIGHT = Gauge(
    "a11i_ingest_bytes_in_flight",
    "Bytes of requests that are read or worked on; one of a size still unknown counts as the largest.",
)
INGEST_REQUESTS_IN_FLIGHT = Gauge("a11i_ingest_requests_in_flight", "Requests that are read or worked on.")
INGEST_REQUESTS_WAITING = Gauge("a11i_ingest_requests_waiting", "Requests that wait for room to be read.")
INGEST_REFUSED = Counter(
    "a11i_ingest_refused_requests_total",
    "Requests refused with a retry hint, by limit: waiting (too many wait), room (none became free in time), slow_read "
    "(others waited for the room of a body that was slow to come), or the rate of a key's requests, spans or bytes.",
    ["limit"],
)
STAGE_BATCHES = Counter(
    "a11i_stage_batches_total",
    "Deliveries settled by a stage, by outcome: done, retried, dead_lettered or parked.",
    ["stage", "outcome"],
)
STAGE_SPANS = Counter("a11i_stage_spans_total", "Spans that a stage passed on.", ["stage"])
STAGE_SECONDS = Histogram(
    "a11i_stage_duration_seconds", "How long a stage worked on a batch.", ["stage"], buckets=_SECONDS
)
STAGE_PENDING = Gauge("a11i_stage_pending_batches", "Batches that wait for a stage or are unsettled in it.", ["stage"])
STAGE_LAG_SECONDS = Gauge(
    "a11i_stage_lag_seconds",
    "Most time that the oldest waiting batch may have waited: since ingest took the last one finished, or since none "
    "waited; 0 while none waits.",
    ["stage"],
)
STAGE_STOPPED = Gauge(
    "a11i_stage_stopped",
    "1 while a stage takes no work for a reason of its own: dead_letters (it would give up too large a share) or "
    "over_budget (work on a batch does not end).",
    ["stage", "reason"],
)
STAGE_TRIALS = Counter(
    "a11i_stage_trials_total",
    "Batches tried in a child process since their workers may have died of them, by result: passed, died (killed, "
    "crashed, out of memory, over its time) or failed.",
    ["stage", "result"],
)
STAGE_RETRIES = Counter(
    "a11i_stage_retries_total", "Tries of a batch that failed and are repeated, by reason.", ["stage", "reason"]
)
STAGE_AGE_SECONDS = Histogram(
    "a11i_stage_age_seconds",
    "How long ago ingest took a batch when a stage had finished work on it.",
    ["stage"],
    buckets=(0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0),
)
DEAD_LETTERS_KEPT = Counter(
    "a11i_dead_letters_kept_total", "Dead letters kept for an operator, by stage and reason.", ["stage", "reason"]
)
DEAD_LETTERS_WAITING = Gauge("a11i_dead_letters_waiting", "Dead letters that nobody has replayed or discarded yet.")
DEAD_LETTERS_REPLAYED = Counter(
    "a11i_dead_letters_replayed_total",
    "Replays of dead letters, by outcome: published, or refused (it waits again).",
    ["outcome"],
)
LEDGER_ENTRIES = Counter("a11i_ledger_entries_total", "Entries of the ledger that this service has written.")
LEDGER_NOTES_DROPPED = Counter(
    "a11i_ledger_notes_dropped_total",
    "Entries of steps between that were not written, the bus being away for long; later entries imply them.",
)
LEDGER_STORED = Counter(
    "a11i_ledger_stored_entries_total", "Entries of the ledger taken off the bus and stored, those that came twice too."
)
LEDGER_BALANCED = Gauge(
    "a11i_ledger_balanced",
    "Whether the books balance: 1 they do, 0 they do not, -1 nobody can tell now. This and the other gauges of the "
    "ledger are NaN in a process that does not audit: one of several delivery processes does.",
)
LEDGER_MISSING_BATCHES = Gauge(
    "a11i_ledger_missing_batches",
    "Batches that were acknowledged and are neither stored, nor given up, nor on the bus.",
)
LEDGER_PHANTOM_ITEMS = Gauge("a11i_ledger_phantom_items", "Rows that were stored or given up and that nobody sent.")
LEDGER_OPEN_BATCHES = Gauge("a11i_ledger_open_batches", "Batches of which rows are under way, by the ledger.")
LEDGER_IN_FLIGHT_ITEMS = Gauge("a11i_ledger_in_flight_items", "Rows under way, by the ledger.")
LEDGER_LAG_SECONDS = Gauge(
    "a11i_ledger_lag_seconds", "How far what is stored of the ledger is behind what was written to it."
)
LEDGER_AUDIT_TIMESTAMP = Gauge("a11i_ledger_audit_timestamp_seconds", "When the last audit was made, in Unix time.")
LEDGER_GAUGES = (
    LEDGER_BALANCED,
    LEDGER_MISSING_BATCHES,
    LEDGER_PHANTOM_ITEMS,
    LEDGER_OPEN_BATCHES,
    LEDGER_IN_FLIGHT_ITEMS,
    LEDGER_LAG_SECONDS,
    LEDGER_AUDIT_TIMESTAMP,
)
"""Those that only a process that audits sets."""


def forget_audit() -> None:
    """Make the ledger's gauges NaN: 0 would say that something was found."""
    for gauge in LEDGER_GAUGES:
        gauge.set(math.nan)


forget_audit()
WRITER_ROWS = Counter("a11i_writer_rows_total", "Rows stored in ClickHouse, resent ones included.")
ARCHIVE_OBJECTS = Counter("a11i_archive_objects_total", "Objects put into the archive, repeated ones included.")
ARCHIVE_BYTES = Counter("a11i_archive_bytes_total", "Bytes of objects put into the archive, repeated ones included.")
ARCHIVE_REPLAYED_ROWS = Counter("a11i_archive_replayed_rows_total", "Archived rows put on the bus again, by replays.")
STORE_DROPPED_COLUMNS = Counter(
    "a11i_store_dropped_columns_total", "Columns of newer batches that the table does not have, by name.", ["column"]
)
REDACTION_FINDINGS = Counter("a11i_redaction_findings_total", "Findings replaced, by entity type.", ["entity"])
REDACTION_WITHHELD = Counter("a11i_redaction_withheld_values_total", "Values withheld whole, by reason.", ["reason"])
REDACTION_CACHE = Counter("a11i_redaction_cache_total", "Look-ups of known texts, by result: hit or miss.", ["result"])
TOKENS_COUNTED = Counter("a11i_tokenization_tokens_total", "Tokens counted or estimated, by source.", ["source"])
ENCODING_LOADED = Gauge(
    "a11i_tokenization_encoding_loaded",
    "1 for each encoding in memory, by the library that counts.",
    ["encoding", "engine"],
)
CALLS_UNPRICED = Counter("a11i_tokenization_unpriced_calls_total", "Model calls whose model no price table knows.")
CALLS_REPRICED = Counter("a11i_tokenization_repriced_calls_total", "Stored calls that were given a new cost or table.")
BUDGET_EVENTS = Counter("a11i_tokenization_budget_events_total", "Thresholds of budgets that were reached.")
BUDGET_LOOK_SECONDS = Gauge(
    "a11i_tokenization_budget_look_seconds", "Seconds that the last look at all tenants' budgets took."
)
AUTH_VERIFICATIONS = Counter(
    "a11i_auth_verifications_total", "API keys looked at, by result: good, bad or unavailable.", ["result"]
)
KEY_CACHE = Counter("a11i_key_cache_total", "Look-ups of API keys in a service's cache: hit or miss.", ["result"])


def start_metrics_listener(settings: MetricsSettings) -> Callable[[], None] | None:
    """Serve /metrics from a thread; return what ends it, or None if the settings name no listener.

    Raises OSError if the port is taken.
    """
    if not settings.listen:
        return None
    host, port = settings.listen.rsplit(":", 1)
    server, thread = start_http_server(int(port), host)

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end
