"""The record of what ingest did not take as it came, which a project's users can query."""

import hashlib
from typing import Final

import pyarrow as pa

from a11i_chassis.auth import Principal
from a11i_ingest.kinds import Kind
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.findings import Findings
from a11i_telemetry.ids import SPAN_ID_BYTES, TRACE_ID_BYTES, hex_id
from a11i_telemetry.signals import SCHEMAS, Signal

_WHERE_CHARS: Final = 200


def issues_batch(
    door: str, principal: Principal, kind: Kind, body: bytes, findings: Findings, received_time_ns: int
) -> SpanBatch:
    """Return the batch with a row for each finding. The same request with the same findings makes the same batch.

    `door` says how the request came: otlp_grpc, otlp_http or stream; `body` is the request as it was sent.
    """
    rows = [
        {
            "signal": kind.signal.name.lower(),
            "outcome": finding.outcome.value,
            "reason": finding.reason,
            "count": finding.count,
            "key_id": principal.key_id,
            "door": door,
            "example_trace_id": hex_id(finding.trace_id, TRACE_ID_BYTES),
            "example_span_id": hex_id(finding.span_id, SPAN_ID_BYTES),
            "example_where": finding.where[:_WHERE_CHARS],
        }
        for finding in findings
    ]
    named = "\0".join((principal.tenant_id, principal.project_id, repr(rows)))
    digest = hashlib.sha256(named.encode())
    digest.update(body)
    timed = [row | {"time": received_time_ns} for row in rows]
    return SpanBatch(
        batch_id=digest.hexdigest()[:32],
        tenant_id=principal.tenant_id,
        project_id=principal.project_id,
        received_time_ns=received_time_ns,
        columns=pa.RecordBatch.from_pylist(timed, schema=SCHEMAS[Signal.ISSUES]),
        signal=Signal.ISSUES,
        key_id=principal.key_id,
    )
