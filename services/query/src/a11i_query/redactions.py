"""What was redacted where: the request, checked, and the answer."""

from typing import Final

from a11i.query.v1 import query_service_pb2 as pb
from a11i.telemetry.v1 import span_batch_pb2
from a11i_chassis.errors import InvalidArgumentError
from a11i_query.requests import check_lengths
from a11i_query.signal_requests import time_range
from a11i_storage.clickhouse import RedactionFilter, Redactions

DEFAULT_GROUPS: Final = 200
MAX_GROUPS: Final = 1_000

_SIGNALS: Final = {span_batch_pb2.SIGNAL_SPANS: "span", span_batch_pb2.SIGNAL_LOGS: "log"}
"""Those whose rows carry receipts."""
_NUMBERS: Final = {name: signal for signal, name in _SIGNALS.items()}


def which(request: pb.SummariseRedactionsRequest, now_ns: int) -> RedactionFilter:
    """Return what the request asks for. Raises InvalidArgumentError that names the field."""
    check_lengths(request, ("entity", "where", "service_name", "policy"))
    if request.signal and request.signal not in _SIGNALS:
        raise InvalidArgumentError("only SIGNAL_SPANS and SIGNAL_LOGS carry receipts", field="signal")
    return RedactionFilter(
        times=time_range(request, now_ns),
        signal=_SIGNALS.get(request.signal, ""),
        entity=request.entity,
        place=request.where,
        service_name=request.service_name,
        policy=request.policy,
    )


def group_limit(request: pb.SummariseRedactionsRequest) -> int:
    """Return how many groups to return. Raises InvalidArgumentError."""
    if not 0 <= request.group_limit <= MAX_GROUPS:
        message = f"group_limit must be 1 to {MAX_GROUPS}, or 0 for the default"
        raise InvalidArgumentError(message, field="group_limit")
    return request.group_limit or DEFAULT_GROUPS


def answer(found: Redactions) -> pb.SummariseRedactionsResponse:
    """Return what the store found, as a message."""
    return pb.SummariseRedactionsResponse(
        groups=[
            pb.RedactionGroup(
                signal=_NUMBERS[group.signal],
                entity=group.entity,
                where=group.place,
                service_name=group.service_name,
                policy=group.policy,
                row_count=group.row_count,
                finding_count=group.finding_count,
            )
            for group in found.groups
        ],
        group_count=found.group_count,
        totals=[
            pb.RedactionTotal(
                signal=_NUMBERS[total.signal],
                row_count=total.row_count,
                redacted_row_count=total.redacted_row_count,
                finding_count=total.finding_count,
                withheld_value_count=total.withheld_value_count,
                examined_bytes=total.examined_bytes,
            )
            for total in found.totals
        ],
    )
