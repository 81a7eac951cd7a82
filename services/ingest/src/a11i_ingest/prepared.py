"""What a request becomes: messages for the bus, and what the ledger is to say once they are there. Pure."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from a11i.telemetry.v1 import span_batch_pb2
from a11i.telemetry.v1.ledger_entries_pb2 import (
    LEDGER_OUTCOME_QUEUED,
    LEDGER_OUTCOME_REJECTED,
    LEDGER_OUTCOME_SAMPLED_OUT,
    LedgerOutcome,
)
from a11i_bus.ledger import Entry, entry_of
from a11i_chassis.auth import Principal
from a11i_ingest.accept import Accepted
from a11i_ingest.issues import issues_batch
from a11i_ingest.kinds import Kind
from a11i_telemetry.batch import ID_CHARS
from a11i_telemetry.findings import Findings, Outcome
from a11i_telemetry.received import ReceivedBatch
from a11i_telemetry.signals import Signal

_WHOLE: Final = b"request\0"
"""What is named: a request as it was sent. A part has its number in this place."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is made when its turn to be published has come, as a large request's take memory."""

    id: str
    size: int
    """Bytes, about."""
    encode: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that is ready to be stored."""

    accepted: Accepted
    messages: list[Outgoing] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    """For the ledger, once the messages are durable."""


def prepare(
    accepted: Accepted, kind: Kind, body: bytes, *, door: str, principal: Principal, received_time_ns: int
) -> Prepared:
    """Return what to write of a request, whose `body` is as it was sent.

    The same request of the same project makes messages and entries of the same ids.
    """
    prepared = Prepared(accepted)
    account = _Account(principal, received_time_ns)
    named = _Name(principal, kind)
    for number, part in enumerate(accepted.parts):
        batch = ReceivedBatch(
            batch_id=named.id_of(b"%d\0" % number, part.payload),  # equal log records can make equal parts
            tenant_id=principal.tenant_id,
            project_id=principal.project_id,
            received_time_ns=received_time_ns,
            signal=kind.signal,
            item_count=part.items,
            otlp=part.payload,
            key_id=principal.key_id,
        )
        prepared.messages.append(Outgoing(batch.batch_id, len(part.payload), batch.encode))
        prepared.entries.append(account.entry(kind.signal, batch.batch_id, part.items, LEDGER_OUTCOME_QUEUED))
    left_out = list(_left_out(accepted))
    if left_out:
        request_id = named.id_of(_WHOLE, body)
        prepared.entries.extend(account.entry(kind.signal, request_id, *what) for what in left_out)
    if accepted.findings:
        message, entry = prepare_issues(accepted.findings, kind, body, door, principal, received_time_ns)
        prepared.messages.append(message)
        prepared.entries.append(entry)
    return prepared


def prepare_issues(
    findings: Findings, kind: Kind, body: bytes, door: str, principal: Principal, received_time_ns: int
) -> tuple[Outgoing, Entry]:
    """Return the message that records what was found, and what to write in the ledger once it is durable."""
    batch = issues_batch(door, principal, kind, body, findings, received_time_ns)
    payload = batch.encode()
    account = _Account(principal, received_time_ns)
    entry = account.entry(Signal.ISSUES, batch.batch_id, batch.columns.num_rows, LEDGER_OUTCOME_QUEUED)
    return Outgoing(batch.batch_id, len(payload), lambda: payload), entry


@dataclass(frozen=True, slots=True)
class _Account:
    principal: Principal
    received_time_ns: int

    def entry(
        self, signal: Signal, batch_id: str, count: int, outcome: LedgerOutcome.ValueType, reason: str = ""
    ) -> Entry:
        rows = span_batch_pb2.SpanBatch(
            batch_id=batch_id,
            tenant_id=self.principal.tenant_id,
            project_id=self.principal.project_id,
            span_count=count,
            signal=signal.value,
        )
        return entry_of(rows, self.received_time_ns, outcome, reason=reason)


class _Name:
    """Names what comes of a project's requests by what is in it."""

    def __init__(self, principal: Principal, kind: Kind) -> None:
        self._begun = hashlib.sha256("\0".join((principal.tenant_id, principal.project_id, kind.noun, "")).encode())

    def id_of(self, what: bytes, contents: bytes) -> str:
        digest = self._begun.copy()
        digest.update(what)
        digest.update(contents)
        return digest.hexdigest()[:ID_CHARS]


def _left_out(accepted: Accepted) -> Iterator[tuple[int, LedgerOutcome.ValueType, str]]:
    """Yield how many items are in no part, by outcome and reason."""
    for finding in accepted.findings:
        if finding.outcome is Outcome.REJECTED:
            yield finding.count, LEDGER_OUTCOME_REJECTED, finding.reason
    if accepted.sampled_out:
        yield accepted.sampled_out, LEDGER_OUTCOME_SAMPLED_OUT, ""
