"""The gRPC servicer of the ledger."""

import math
import time
from collections.abc import Callable
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from a11i.delivery.v1 import ledger_service_pb2 as pb
from a11i.delivery.v1 import ledger_service_pb2_grpc as pb_grpc
from a11i.telemetry.v1 import ledger_entries_pb2, span_batch_pb2
from a11i_chassis.auth import TokenCheck
from a11i_chassis.errors import InvalidArgumentError
from a11i_chassis.grpc_types import Context
from a11i_delivery import requests
from a11i_delivery.auditor import Auditor
from a11i_storage.clickhouse import LedgerStore
from a11i_storage.clickhouse.ledger_books import OPEN_LINE, Account, AccountFilter, Audit, OpenBatch, Verdict

_DAY_S: Final = 24 * 3600
_MAX_ACCOUNTS: Final = 10_000
_MAX_LINES: Final = 20 * _MAX_ACCOUNTS
"""Of the accounts: ten outcomes, and a few reasons."""
_SILENT_S: Final = 120.0
"""Age of the last audit from which on nothing can be told: whoever audits does so every few seconds."""
_S: Final = 1_000_000_000
_MAX_S: Final = 2**32 - 1
"""The last second that a minute of the store can have: in 2106."""

_Outcome = ledger_entries_pb2.LedgerOutcome


class LedgerServicer(pb_grpc.LedgerServiceServicer):
    """LedgerService: what became of what was sent, and whether the books balance."""

    def __init__(
        self,
        store: LedgerStore,
        auditor: Auditor,
        check_caller: TokenCheck,
        *,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._store = store
        self._auditor = auditor
        self._check_caller = check_caller
        self._now_ns = now_ns

    async def GetLedger(self, request: pb.GetLedgerRequest, context: Context) -> pb.GetLedgerResponse:
        """Return the accounts of a time range."""
        self._check_caller(context)
        which = _filter(request.tenant_id, request.project_id)
        end_s = _seconds(request.end_time, "end_time") if request.HasField("end_time") else self._now_ns() // _S + 1
        start_s = end_s - _DAY_S
        if request.HasField("start_time"):
            start_s = _seconds(request.start_time, "start_time")
        if start_s >= end_s:
            raise InvalidArgumentError("start_time must be before end_time (unset: now)", field="start_time")
        accounts = await self._store.accounts(which, start_s=max(0, start_s), end_s=end_s, limit=_MAX_LINES)
        response = pb.GetLedgerResponse(accounts=map(_account, accounts[:_MAX_ACCOUNTS]))
        if (audit := await self._audit()) is not None:
            response.audit_time.FromNanoseconds(audit.time_ns)
        return response

    async def ListOpenBatches(self, request: pb.ListOpenBatchesRequest, context: Context) -> pb.ListOpenBatchesResponse:
        """Return batches under way."""
        self._check_caller(context)
        which = _filter(request.tenant_id, request.project_id)
        silent_s, limit = request.min_silent_s, requests.page_size(request.page_size)
        if not (silent_s >= 0 and math.isfinite(silent_s)):
            raise InvalidArgumentError("min_silent_s must be a number of seconds, 0 or more", field="min_silent_s")
        silent_ns = self._now_ns() - int(min(silent_s, _MAX_S) * _S)
        found = await self._store.list_open(which, silent_ns=silent_ns, limit=limit)
        return pb.ListOpenBatchesResponse(batches=map(_open_batch, found))

    async def GetAudit(self, request: pb.GetAuditRequest, context: Context) -> pb.GetAuditResponse:
        """Return what the auditor found last."""
        self._check_caller(context)
        audit = await self._audit()
        return pb.GetAuditResponse() if audit is None else _audit_message(audit, self._now_ns())

    async def _audit(self) -> Audit | None:
        return self._auditor.last or await self._store.last_audit()


def _filter(tenant_id: str, project_id: str) -> AccountFilter:
    return AccountFilter(requests.name(tenant_id, "tenant_id"), requests.name(project_id, "project_id"))


def _seconds(timestamp: Timestamp, field: str) -> int:
    if not 0 <= timestamp.seconds <= _MAX_S:
        raise InvalidArgumentError(f"{field} is not a time of the years 1970 to 2105", field=field)
    return timestamp.seconds


def _account(account: Account) -> pb.LedgerAccount:
    lines = account.lines
    rejected, sampled_out = (
        lines.get(_Outcome.LEDGER_OUTCOME_REJECTED, 0),
        lines.get(_Outcome.LEDGER_OUTCOME_SAMPLED_OUT, 0),
    )
    queued = lines.get(_Outcome.LEDGER_OUTCOME_QUEUED, 0)
    return pb.LedgerAccount(
        tenant_id=account.tenant_id,
        project_id=account.project_id,
        signal=span_batch_pb2.Signal.ValueType(account.signal),
        received_count=rejected + sampled_out + queued,
        rejected_count=rejected,
        rejected_reasons=_reasons(account.rejected_reasons),
        sampled_out_count=sampled_out,
        queued_count=queued,
        tokenized_count=lines.get(_Outcome.LEDGER_OUTCOME_TOKENIZED, 0),
        redacted_count=lines.get(_Outcome.LEDGER_OUTCOME_REDACTED, 0),
        stored_count=lines.get(_Outcome.LEDGER_OUTCOME_STORED, 0),
        dead_lettered_count=lines.get(_Outcome.LEDGER_OUTCOME_DEAD_LETTERED, 0),
        dead_lettered_reasons=_reasons(account.dead_lettered_reasons),
        replayed_count=lines.get(_Outcome.LEDGER_OUTCOME_REPLAYED, 0),
        discarded_count=lines.get(_Outcome.LEDGER_OUTCOME_DISCARDED, 0),
        in_flight_count=lines.get(OPEN_LINE, 0),
    )


def _reasons(reasons: dict[str, int]) -> list[pb.ReasonCount]:
    return [pb.ReasonCount(reason=reason, count=count) for reason, count in reasons.items()]


def _open_batch(batch: OpenBatch) -> pb.OpenBatch:
    message = pb.OpenBatch(
        tenant_id=batch.tenant_id,
        project_id=batch.project_id,
        signal=span_batch_pb2.Signal.ValueType(batch.signal),
        batch_id=batch.batch_id,
        replay=batch.replay,
        last_outcome=_Outcome.ValueType(batch.last_outcome),
        item_count=batch.item_count,
        in_flight_count=batch.in_flight_count,
    )
    message.received_time.FromNanoseconds(batch.received_ns)
    message.last_time.FromNanoseconds(batch.last_ns)
    return message


def _audit_message(audit: Audit, now_ns: int) -> pb.GetAuditResponse:
    age_s = (now_ns - audit.time_ns) / _S
    silent = age_s > _SILENT_S
    message = pb.GetAuditResponse(
        verdict=pb.AuditVerdict.ValueType(Verdict.UNKNOWN if silent else audit.verdict),
        missing_batches=audit.missing_batches,
        phantom_items=audit.phantom_items,
        open_batches=audit.open_batches,
        backlogs=(pb.TopicBacklog(topic=name, messages=count) for name, count in audit.backlogs.items()),
        lag_s=audit.lag_s,
        summary=f"cannot tell: the last audit was {age_s:,.0f} s ago" if silent else audit.summary,
    )
    message.audit_time.FromNanoseconds(audit.time_ns)
    message.since_time.FromNanoseconds(audit.since_ns)
    return message
