"""The ledger in ClickHouse: entries, their sums by minute, and what audits found."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from importlib import resources
from string import Template
from typing import Any, Final

from a11i.telemetry.v1 import ledger_entries_pb2
from a11i_storage.clickhouse.connection import ClickHouse
from a11i_storage.clickhouse.ledger_books import Account, AccountFilter, Audit, OpenBatch, Reached, Tally, Verdict
from a11i_storage.clickhouse.ledger_minutes import MINUTE_S, around, chunks
from a11i_storage.clickhouse.ledger_rows import audit_rows, entry_rows

_NS_PER_S: Final = 1_000_000_000
_MAX_INSERTS: Final = 10_000
"""Inserts that one look takes; the next one takes on from there."""
_FORGOTTEN_S: Final = 34 * 24 * 3600
"""Age of a minute from which on entries of its first way may be deleted, so that its sums are left as they are."""
_REJECTED: Final = ledger_entries_pb2.LEDGER_OUTCOME_REJECTED
_DEAD_LETTERED: Final = ledger_entries_pb2.LEDGER_OUTCOME_DEAD_LETTERED


class LedgerStore:
    """Keeps the ledger. Safe for concurrent tasks. Every method raises UnavailableError, reads TooLargeError."""

    def __init__(self, clickhouse: ClickHouse, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._clickhouse = clickhouse
        self._now_ns = now_ns

    async def insert(self, entries: Iterable[ledger_entries_pb2.LedgerEntry]) -> int:
        """Store entries; durable on return. Returns how many. Storing them again changes nothing.

        Also raises PermanentError (ClickHouse refuses them).
        """
        rows = entry_rows(entries, self._now_ns())
        if rows.num_rows:
            await self._clickhouse.insert("ledger_entries", rows)
        return rows.num_rows

    async def new_inserts(self, since_ns: int) -> list[int]:
        """Return the times of inserts from then on, the earliest first; each insert has its own."""
        table = await self._query("new_inserts", {"since_ns": since_ns, "limit": _MAX_INSERTS})
        return [int(one) for one in table["inserted_ns"].to_pylist()]

    async def touched_minutes(self, inserts: Sequence[int]) -> set[int]:
        """Return the minutes whose sums these inserts may change."""
        table = await self._query("new_minutes", {"inserts": list(inserts)})
        touched: set[int] = set()
        for minutes in chunks(table["minute"].to_pylist()):
            values = {"inserts": list(inserts), "minutes": minutes, "around": around(minutes)}
            touched |= set((await self._query("touched_minutes", values))["minute"].to_pylist())
        return touched

    async def recompute(self, minutes: Collection[int]) -> dict[int, Tally]:
        """Bring the sums of some minutes up to date. Returns what is open in those in which anything is."""
        tallies: dict[int, Tally] = {}
        kept_s = self._now_ns() // _NS_PER_S - _FORGOTTEN_S
        first_way = f"minute >= toDateTime({kept_s:d}, 'UTC')"
        for some in chunks(minutes):
            sql = _statement("recompute_minutes").substitute(first_way=first_way)
            await self._clickhouse.command(sql, {"minutes": some, "around": around(some)})
            which = "minute IN (SELECT toDateTime(arrayJoin({minutes:Array(UInt32)}), 'UTC'))"
            tallies |= await self._tallies(which, {"minutes": some})
        return tallies

    async def open_minutes(self) -> dict[int, Tally]:
        """Return what is open in all minutes whose entries are kept."""
        return await self._tallies(f"minute >= now() - INTERVAL {_FORGOTTEN_S:d} SECOND", {})

    async def _tallies(self, which: str, values: dict[str, Any]) -> dict[int, Tally]:
        table = await self._query("tally_minutes", values, which=which)
        return {
            row["minute"]: Tally(row["open_batches"], row["in_flight_items"], row["phantom_items"])
            for row in table.to_pylist()
        }

    async def count_open(self, minutes: Collection[int], *, before_ns: int, left_ns: int) -> Reached:
        """Return how many batches of these minutes were on the bus from `before_ns` to `left_ns`, as entries say.

        That is: on it by the first of these times, and not yet stored or given up by the second.
        """
        reached = Reached()
        for some in chunks(minutes):
            values = {"minutes": some, "around": around(some), "before_ns": before_ns, "left_ns": left_ns}
            (row,) = (await self._query("count_open", values)).to_pylist()
            reached += Reached(**row)
        return reached

    async def list_open(self, which: AccountFilter, *, silent_ns: int, limit: int) -> list[OpenBatch]:
        """Return batches under way of which nothing was heard since `silent_ns`, those received earliest first."""
        found: list[OpenBatch] = []
        for some in chunks(await self.open_minutes()):
            values = {"minutes": some, "around": around(some), "silent_ns": silent_ns, "limit": limit - len(found)}
            table = await self._query("list_open", values | which.parameters, **which.clauses)
            found += [OpenBatch(**row) for row in table.to_pylist()]
            if len(found) >= limit:
                break
        return found

    async def accounts(self, which: AccountFilter, *, start_s: int, end_s: int, limit: int) -> list[Account]:
        """Return the accounts of the minutes of a time range, by tenant, project and signal; `limit` lines at most."""
        values = {"start_s": start_s // MINUTE_S * MINUTE_S, "end_s": -(-end_s // MINUTE_S) * MINUTE_S, "limit": limit}
        table = await self._query("sum_minutes", values | which.parameters, **which.clauses)
        accounts: dict[tuple[str, str, int], Account] = {}
        for row in table.to_pylist():
            key = (row["tenant_id"], row["project_id"], row["signal"])
            _enter(accounts.setdefault(key, Account(*key)), row["outcome"], row["reason"], row["row_count"])
        return list(accounts.values())

    async def save_audit(self, audit: Audit) -> None:
        """Keep what an audit found."""
        await self._clickhouse.insert("ledger_audits", audit_rows(audit))

    async def last_audit(self) -> Audit | None:
        """Return the audit made last; None: there was none."""
        for row in (await self._query("last_audit", {})).to_pylist():
            backlogs = dict(zip(row.pop("topics"), row.pop("backlogs"), strict=True))
            return Audit(**row | {"verdict": Verdict(row["verdict"])}, backlogs=backlogs)
        return None

    async def _query(self, name: str, values: dict[str, Any], **clauses: str) -> Any:
        return await self._clickhouse.query(_statement(name).substitute(clauses), values)


def _enter(account: Account, outcome: int, reason: str, rows: int) -> None:
    # Of dead letters there is a line of all, and those by reason; of what was rejected the latter alone.
    if outcome == _REJECTED or not reason:
        account.lines[outcome] = account.lines.get(outcome, 0) + rows
    if reason and outcome in (_REJECTED, _DEAD_LETTERED):
        reasons = account.rejected_reasons if outcome == _REJECTED else account.dead_lettered_reasons
        reasons[reason] = rows


@cache
def _statement(name: str) -> Template:
    text = (resources.files(__package__) / "ledger_sql" / f"{name}.sql").read_text()
    return Template("\n".join(line for line in text.splitlines() if not line.startswith("--")))
