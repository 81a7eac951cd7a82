"""What was redacted where: the request, checked, and the answer."""

from dataclasses import dataclass
from typing import Final

from a11i.query.v1 import query_service_pb2 as pb
from a11i.telemetry.v1 import span_batch_pb2
from a11i_chassis.errors import InvalidArgumentError
from a11i_query import page_tokens
from a11i_query.requests import check_lengths
from a11i_query.signal_requests import time_range
from a11i_storage.clickhouse import RedactionFilter, Redactions

DEFAULT_GROUPS: Final = 200
MAX_GROUPS: Final = 1_000
MAX_PAGE_BYTES: Final = 2_000_000
"""Of a page's groups: senders choose the names of services, and clients of gRPC take 4 MB unless told otherwise."""

_SIGNALS: Final = {span_batch_pb2.SIGNAL_SPANS: "span", span_batch_pb2.SIGNAL_LOGS: "log"}
"""Those whose rows carry receipts."""
_NUMBERS: Final = {name: signal for signal, name in _SIGNALS.items()}


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of what was redacted where."""

    which: RedactionFilter
    limit: int
    behind: int
    """How many groups came on the pages before."""


def asked(request: pb.SummariseRedactionsRequest, now_ns: int) -> Asked:
    """Return what the request asks for. Raises InvalidArgumentError that names the field."""
    check_lengths(request, ("entity", "where", "service_name", "policy"))
    if request.signal and request.signal not in _SIGNALS:
        raise InvalidArgumentError("only SIGNAL_SPANS and SIGNAL_LOGS carry receipts", field="signal")
    if not 0 <= request.group_limit <= MAX_GROUPS:
        message = f"group_limit must be 1 to {MAX_GROUPS}, or 0 for the default"
        raise InvalidArgumentError(message, field="group_limit")
    times, behind = time_range(request, now_ns), 0
    if request.page_token:
        place = page_tokens.decode_report(request)
        times, behind = place.times, place.offset
    which = RedactionFilter(
        times=times,
        signal=_SIGNALS.get(request.signal, ""),
        entity=request.entity,
        place=request.where,
        service_name=request.service_name,
        policy=request.policy,
    )
    return Asked(which, request.group_limit or DEFAULT_GROUPS, behind)


def answer(request: pb.SummariseRedactionsRequest, page: Asked, found: Redactions) -> pb.SummariseRedactionsResponse:
    """Return what the store found, as a message that is not too large."""
    groups: list[pb.RedactionGroup] = []
    size_bytes = 0
    for group in found.groups:
        message = pb.RedactionGroup(
            signal=_NUMBERS[group.signal],
            entity=group.entity,
            where=group.place,
            service_name=group.service_name,
            policy=group.policy,
            row_count=group.row_count,
            finding_count=group.finding_count,
        )
        size_bytes += message.ByteSize()
        if groups and size_bytes > MAX_PAGE_BYTES:
            break
        groups.append(message)
    behind = page.behind + len(groups)
    more = bool(groups) and behind < found.group_count
    next_place = page_tokens.ReportPlace(page.which.times, behind)
    return pb.SummariseRedactionsResponse(
        groups=groups,
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
        next_page_token=page_tokens.encode_report(request, next_place) if more else "",
    )
