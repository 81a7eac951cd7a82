"""The ledger on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from a11i.delivery.v1 import ledger_service_pb2 as pb
from a11i.telemetry.v1.ledger_entries_pb2 import LedgerOutcome
from a11i.telemetry.v1.span_batch_pb2 import SIGNAL_INGEST_ISSUES, Signal
from a11i_cli.errors import printable
from a11i_cli.layout import Column
from a11i_cli.screen import print_fitting, print_line, print_note, print_table
from a11i_cli.values import enum_word, show_duration, show_timestamp

ACCOUNT_COLUMNS = (
    Column("project", flexible=True),
    Column("of"),
    Column("received", right=True),
    Column("rejected", right=True),
    Column("sampled out", right=True, optional=True),
    Column("queued", right=True),
    Column("replayed", right=True, optional=True),
    Column("stored", right=True),
    Column("dead letters", right=True),
    Column("in flight", right=True),
)
COUNTS = ("received", "rejected", "sampled_out", "queued", "replayed", "stored", "dead_lettered", "in_flight")
FAULTS = {"rejected": "yellow", "dead_lettered": "red", "in_flight": "cyan"}
OPEN_COLUMNS = (
    Column("batch"),
    Column("received"),
    Column("of"),
    Column("rows", right=True),
    Column("under way", right=True),
    Column("came to"),
    Column("silent for", right=True),
    Column("project", flexible=True, optional=True),
    Column("replay", optional=True),
)
VERDICTS = {
    pb.AUDIT_VERDICT_UNSPECIFIED: ("not audited yet", "yellow"),
    pb.AUDIT_VERDICT_BALANCED: ("BALANCED", "bold green"),
    pb.AUDIT_VERDICT_DRIFT: ("DRIFT", "bold red"),
    pb.AUDIT_VERDICT_UNKNOWN: ("UNKNOWN", "bold yellow"),
}


def show_ledger(console: Console, found: pb.GetLedgerResponse, audit: pb.GetAuditResponse, *, wide: bool) -> None:
    """Accounts as a table, their sum, and the verdict."""
    if found.accounts:
        rows = [_account_cells(account) for account in found.accounts]
        # What ingest had to note travels as rows, too, which no client sent.
        sent = [account for account in found.accounts if account.signal != SIGNAL_INGEST_ISSUES]
        if len(sent) > 1:
            rows.append(_sum_cells(sent))
        print_fitting(console, ACCOUNT_COLUMNS, rows, wide=wide)
        for line in _reason_lines(found.accounts):
            print_line(console, line)
    else:
        print_line(console, Text("nothing was received"))
    print_line(console, Text())
    _print_verdict(console, audit)


def show_open(console: Console, found: pb.ListOpenBatchesResponse, limit: int) -> None:
    """Batches under way as a table."""
    if not found.batches:
        print_line(console, Text("nothing is under way"))
        return
    now = datetime.now(UTC).astimezone()
    print_table(console, OPEN_COLUMNS, [_open_cells(batch, now) for batch in found.batches])
    if len(found.batches) >= limit:
        print_line(console, Text("there may be more: --limit", style="dim"))


def show_audit(console: Console, audit: pb.GetAuditResponse) -> None:
    """What the auditor found: the verdict, and what it rests on."""
    _print_verdict(console, audit)
    if not audit.HasField("audit_time"):
        return
    now = datetime.now(UTC).astimezone()
    facts = [
        ("audited", show_timestamp(audit.audit_time, now)),
        ("so since", show_timestamp(audit.since_time, now)),
        ("missing", _many(audit.missing_batches, "batch", "batches")),
        ("unsent", _many(audit.phantom_items, "row", "rows")),
        ("under way", _many(audit.open_batches, "batch", "batches")),
        ("behind by", show_duration(audit.lag_s)),
    ]
    print_line(console, Text())
    for name, value in facts:
        print_line(console, Text.assemble((f"{name:<12}", "dim"), value))
    print_line(console, Text())
    rows = [[Text(printable(one.topic)), Text(f"{one.messages:,}")] for one in audit.backlogs]
    print_table(console, (Column("topic"), Column("messages", right=True)), rows)


def _print_verdict(console: Console, audit: pb.GetAuditResponse) -> None:
    # A server that is newer than this command may know more.
    word, style = VERDICTS.get(audit.verdict, (str(audit.verdict), "yellow"))
    summary = printable(audit.summary)
    before = Text.assemble((word, style), "  " if summary else "")
    print_note(console, before, Text(summary), Text(" " * before.cell_len))
    if audit.verdict == pb.AUDIT_VERDICT_DRIFT:
        print_line(console, Text("a11i ledger open --silent 1m  names the batches to look for", style="dim"))


def _account_cells(account: pb.LedgerAccount) -> list[Text]:
    cells = [Text(printable(account.project_id) or "(unknown)"), Text(enum_word(Signal, account.signal, "SIGNAL_"))]
    return cells + [_count(name, getattr(account, f"{name}_count")) for name in COUNTS]


def _sum_cells(accounts: Sequence[pb.LedgerAccount]) -> list[Text]:
    cells = [Text("all", style="bold"), Text()]
    return cells + [_count(name, sum(getattr(one, f"{name}_count") for one in accounts), bold=True) for name in COUNTS]


def _count(name: str, count: int, *, bold: bool = False) -> Text:
    if not count:
        return Text("0", style="dim")
    return Text(f"{count:,}", style=f"{'bold ' if bold else ''}{FAULTS.get(name, '')}".strip())


def _reason_lines(accounts: Sequence[pb.LedgerAccount]) -> list[Text]:
    lines = []
    for title, name in (("rejected", "rejected_reasons"), ("dead letters", "dead_lettered_reasons")):
        counts: dict[str, int] = {}
        for account in accounts:
            for one in getattr(account, name):
                counts[one.reason] = counts.get(one.reason, 0) + one.count
        if counts:
            most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            words = ", ".join(f"{count:,} {printable(reason) or 'without a reason'}" for reason, count in most)
            lines.append(Text.assemble((f"{title}: ", "dim"), words))
    return lines


def _open_cells(batch: pb.OpenBatch, now: datetime) -> list[Text]:
    silent_s = max(0.0, now.timestamp() - batch.last_time.ToNanoseconds() / 1e9)
    return [
        Text(printable(batch.batch_id)),
        Text(show_timestamp(batch.received_time, now)),
        Text(enum_word(Signal, batch.signal, "SIGNAL_")),
        Text(f"{batch.item_count:,}"),
        Text(f"{batch.in_flight_count:,}", style="cyan"),
        Text(enum_word(LedgerOutcome, batch.last_outcome, "LEDGER_OUTCOME_")),
        Text(show_duration(silent_s), style="yellow" if silent_s > 60 else ""),
        Text(printable(batch.project_id)),
        Text(printable(batch.replay)),
    ]


def _many(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"
