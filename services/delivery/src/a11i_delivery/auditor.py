"""Audits the ledger continuously."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from a11i_bus import Bus
from a11i_bus.topology import LEDGER, topic
from a11i_chassis import metrics
from a11i_chassis.errors import A11iError
from a11i_chassis.logging import log_defect
from a11i_chassis.waiting import stopped_within
from a11i_delivery.audit import WAY, Finding, Judge, Look, Sample, missing, sample
from a11i_delivery.ledger_progress import LedgerProgress
from a11i_delivery.ledger_sums import LedgerSums
from a11i_delivery.settings import LedgerSettings
from a11i_storage.clickhouse import LedgerStore
from a11i_storage.clickhouse.ledger_books import AccountFilter, Audit, Verdict
from a11i_storage.postgres.turn import Hold, Turn

TURN_KEY: Final = 0x_A111_0001
"""Of the advisory lock of auditors; any number that nothing else takes."""
_LOOKS: Final = 5
"""Looks at the bus in an audit. Between batches the bus is empty, and the more looks, the sooner one sees that."""
_MOST_SAMPLES: Final = 100
"""Samples that wait for the ledger to catch up with them."""
_CLOCKS: Final = 6
"""Part of `settle_s` by which the clocks of the services may differ."""
_SUSPECTS: Final = 10
"""Batches that the log names."""
_S: Final = 1_000_000_000

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Proof:
    """That of the batches under way since `before_ns` some are missing."""

    before_ns: int
    missing: int


class Auditor:
    """Brings the sums up to date and compares the ledger with the bus; one process at a time does."""

    def __init__(
        self,
        bus: Bus,
        store: LedgerStore,
        turn: Turn,
        progress: LedgerProgress,
        settings: LedgerSettings,
        *,
        longest_wait_s: float,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """`longest_wait_s`: a message of the ledger waits no longer whose taker died."""
        self._bus = bus
        self._store = store
        self._turn = turn
        self._progress = progress
        self._settings = settings
        self._longest_wait_s = longest_wait_s
        self._now_ns = now_ns
        self.last: Audit | None = None
        """What this process found last; None: another one audits."""

    async def run(self, stop: asyncio.Event) -> None:
        """Audit until `stop` is set, while no other process does."""
        while True:
            try:
                async with self._turn.taken() as hold:
                    if hold is not None:
                        await _Round(self, hold).run(stop)
            except A11iError as error:
                _log.warning("ledger_not_audited", error=error.message)
            self.last = None
            _show(None)
            if await stopped_within(stop, self._settings.interval_s):
                return


class _Round:
    """The audits of one process from when it gets the turn until it loses it."""

    def __init__(self, auditor: Auditor, hold: Hold) -> None:
        self._auditor = auditor
        self._hold = hold
        self._settings = auditor._settings
        self._store = auditor._store
        self._sums = LedgerSums(auditor._store, now_ns=auditor._now_ns)
        self._loaded = False
        self._judge = Judge()
        self._samples: deque[Sample] = deque(maxlen=_MOST_SAMPLES)
        self._backlogs: Mapping[str, int] = {}
        self._missing = 0
        self._proof: _Proof | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Audit until `stop` is set. Raises UnavailableError when the turn is lost."""
        while not stop.is_set():
            await self._hold.check()
            try:
                await self._look(stop)
                await self._audit()
            except A11iError as error:
                await self._cannot_tell(error.message, stop)
            except Exception as error:  # What the books run into, such as a refused log-in, must not end the letters.
                await self._cannot_tell(log_defect("ledger_audit_failed", error), stop)

    async def _cannot_tell(self, why: str, stop: asyncio.Event) -> None:
        await self._conclude(self._judge.judge(None, self._now()), f"cannot tell: {why}")
        await stopped_within(stop, self._settings.interval_s)

    def _now(self) -> int:
        return self._auditor._now_ns()

    async def _look(self, stop: asyncio.Event) -> None:
        """Take a sample of the bus, which takes as long as an audit's interval."""
        looks = []
        for _ in range(_LOOKS):
            start_ns = self._now()
            backlogs = {name: await self._pending(name) for name in (*WAY, LEDGER)}
            looks.append(Look(start_ns, self._now(), backlogs))
            self._backlogs = backlogs
            if await stopped_within(stop, self._settings.interval_s / _LOOKS):
                break
        self._samples.append(sample(looks))

    async def _pending(self, name: str) -> int:
        return await self._auditor._bus.pending(name, topic(name).group)

    async def _audit(self) -> None:
        """Bring the sums up to date, and audit what the ledger knows all of by now."""
        now_ns = self._now()
        known_ns = self._auditor._progress.known_ns(now_ns, longest_wait_s=self._auditor._longest_wait_s)
        if not self._loaded:
            await self._sums.load()
            self._loaded = True
        await self._sums.refresh()
        lag_s = self._auditor._progress.lag_s(now_ns)
        if lag_s > self._settings.settle_s:
            verdict = self._judge.judge(None, now_ns)
            await self._conclude(verdict, f"cannot tell: the ledger is {lag_s:,.0f} s behind")
            return
        finding = await self._finding(known_ns)
        verdict = self._judge.judge(finding, now_ns) if finding else self._judge.stay(now_ns)
        if finding is not None:
            self._missing = finding.missing_batches
        await self._conclude(verdict, self._words(verdict))

    async def _finding(self, known_ns: int) -> Finding | None:
        """Return what the latest sample shows that the ledger knows all of; None: there is none since the last one."""
        clocks_ns = int(self._settings.settle_s / _CLOCKS * _S)
        chosen: Sample | None = None
        while self._samples and self._samples[0].end_ns + clocks_ns < known_ns:
            chosen = self._samples.popleft()
        if chosen is None:
            return None
        before_ns, left_ns = chosen.start_ns - int(self._settings.settle_s * _S), chosen.end_ns + clocks_ns
        minutes = self._sums.minutes(chosen.start_ns)
        reached = await self._store.count_open(minutes, before_ns=before_ns, left_ns=left_ns)
        found = await self._confirmed(_Proof(before_ns, missing(chosen, reached)), minutes, left_ns)
        return Finding(found, self._sums.total.phantom_items)

    async def _confirmed(self, new: _Proof, minutes: Collection[int], left_ns: int) -> int:
        """Return how many batches are missing, also where younger messages on the bus now hide that some are.

        What was missing once is so until as many batches of that time came through.
        """
        old = self._proof
        if old is None or new.missing >= old.missing:
            self._proof = new if new.missing else None
            return new.missing
        still = await self._store.count_open(minutes, before_ns=old.before_ns, left_ns=left_ns)
        found = max(new.missing, min(old.missing, still.queued))
        self._proof = _Proof(old.before_ns, found) if found else None
        return found

    def _words(self, verdict: Verdict) -> str:
        match verdict:
            case Verdict.BALANCED:
                return "everything that was acknowledged is stored, a dead letter, or on the bus"
            case Verdict.DRIFT:
                return _drift_words(Finding(self._missing, self._sums.total.phantom_items))
            case Verdict.UNKNOWN:
                return "the first audit is not complete yet"

    async def _conclude(self, verdict: Verdict, summary: str) -> None:
        """Publish what the audit found, and keep it where ClickHouse is there."""
        now_ns, total = self._now(), self._sums.total
        before = self._auditor.last
        audit = Audit(
            time_ns=now_ns,
            verdict=verdict,
            since_ns=self._judge.since_ns,
            missing_batches=self._missing,
            phantom_items=total.phantom_items,
            open_batches=total.open_batches,
            lag_s=self._auditor._progress.lag_s(now_ns),
            backlogs=self._backlogs,
            summary=summary,
            handled_ns=self._sums.handled_ns,
        )
        self._auditor.last = audit
        _show(audit, in_flight_items=total.in_flight_items)
        try:
            await self._report(audit, before)
            if self._loaded:
                await self._store.save_audit(audit)
        except A11iError as error:
            _log.warning("ledger_audit_not_kept", error=error.message)

    async def _report(self, audit: Audit, before: Audit | None) -> None:
        """Log that the verdict changed, or that more is missing than before."""
        same = before is not None and before.verdict is audit.verdict
        worse = before is not None and audit.missing_batches > before.missing_batches
        if same and not (audit.verdict is Verdict.DRIFT and worse):
            return
        if audit.verdict is not Verdict.DRIFT:
            _log.info("ledger_audited", verdict=audit.verdict.name.lower(), summary=audit.summary)
            return
        silent_ns = audit.time_ns - int(self._settings.settle_s * _S)
        suspects = await self._store.list_open(AccountFilter(), silent_ns=silent_ns, limit=_SUSPECTS)
        _log.error(
            "ledger_drift",
            missing_batches=audit.missing_batches,
            phantom_items=audit.phantom_items,
            oldest_open=[
                {"tenant_id": one.tenant_id, "batch_id": one.batch_id, "replay": one.replay, "last": one.last_outcome}
                for one in suspects
            ],
        )


def _drift_words(finding: Finding) -> str:
    parts = []
    if finding.missing_batches:
        noun = (
            "batch that was acknowledged is" if finding.missing_batches == 1 else "batches that were acknowledged are"
        )
        parts.append(f"{finding.missing_batches:,} {noun} neither stored, nor a dead letter, nor on the bus")
    if finding.phantom_items:
        noun = "row was" if finding.phantom_items == 1 else "rows were"
        parts.append(f"{finding.phantom_items:,} {noun} stored or given up that nobody sent")
    return "; ".join(parts)


def _show(audit: Audit | None, *, in_flight_items: int = 0) -> None:
    """Set the metrics; None: another process audits, and shows them."""
    if audit is None:
        metrics.forget_audit()
        return
    metrics.LEDGER_BALANCED.set({Verdict.BALANCED: 1, Verdict.DRIFT: 0, Verdict.UNKNOWN: -1}[audit.verdict])
    metrics.LEDGER_MISSING_BATCHES.set(audit.missing_batches)
    metrics.LEDGER_PHANTOM_ITEMS.set(audit.phantom_items)
    metrics.LEDGER_OPEN_BATCHES.set(audit.open_batches)
    metrics.LEDGER_IN_FLIGHT_ITEMS.set(in_flight_items)
    metrics.LEDGER_LAG_SECONDS.set(audit.lag_s)
    metrics.LEDGER_AUDIT_TIMESTAMP.set(audit.time_ns / 1e9)
