"""How counts and prices fare: the requests, checked, and the answers."""

from dataclasses import dataclass
from typing import Final

from a11i.query.v1 import query_service_pb2 as pb
from a11i.telemetry.v1.span_pb2 import NumberSource
from a11i_query.page_tokens import ReportPlace, UsageRequest, decode_report, encode_report
from a11i_query.requests import check_lengths, page_size
from a11i_query.signal_requests import time_range
from a11i_query.times import timestamp
from a11i_storage.clickhouse import ClickHouseUsageReader, Scope, TokenComparison, UnpricedModel, UsageFilter

_SOURCES: Final = {
    "counted": NumberSource.NUMBER_SOURCE_COUNTED,
    "estimated": NumberSource.NUMBER_SOURCE_ESTIMATED,
}


@dataclass(frozen=True, slots=True)
class _Page:
    place: ReportPlace
    limit: int

    def next_token(self, request: UsageRequest, found: int) -> str:
        """Return the token of the page after this one, for which a row more than `limit` was looked for."""
        if found <= self.limit:
            return ""
        return encode_report(request, ReportPlace(self.place.times, self.place.offset + self.limit))


async def compare_counts(
    reader: ClickHouseUsageReader, scope: Scope, request: pb.CompareTokenCountsRequest, now_ns: int
) -> pb.CompareTokenCountsResponse:
    """Return a page of comparisons. Raises InvalidArgumentError that names the field, and what the reader raises."""
    check_lengths(request, ("provider", "model", "service_name"))
    page = _page(request, now_ns)
    which = UsageFilter(page.place.times, request.provider, request.model, request.service_name)
    rows = await reader.compare_counts(scope, which, limit=page.limit + 1, offset=page.place.offset)
    return pb.CompareTokenCountsResponse(
        comparisons=map(_comparison, rows[: page.limit]), next_page_token=page.next_token(request, len(rows))
    )


async def unpriced_models(
    reader: ClickHouseUsageReader, scope: Scope, request: pb.ListUnpricedModelsRequest, now_ns: int
) -> pb.ListUnpricedModelsResponse:
    """Return a page of models, likewise."""
    check_lengths(request, ("service_name",))
    page = _page(request, now_ns)
    which = UsageFilter(page.place.times, service_name=request.service_name)
    rows = await reader.unpriced_models(scope, which, limit=page.limit + 1, offset=page.place.offset)
    return pb.ListUnpricedModelsResponse(
        models=map(_unpriced, rows[: page.limit]), next_page_token=page.next_token(request, len(rows))
    )


def _page(request: UsageRequest, now_ns: int) -> _Page:
    limit = page_size(request)
    place = decode_report(request) if request.page_token else ReportPlace(time_range(request, now_ns), 0)
    return _Page(place, limit)


def _comparison(row: TokenComparison) -> pb.TokenComparison:
    return pb.TokenComparison(
        provider=row.provider,
        model=row.model,
        tokenizer=row.tokenizer,
        counted_source=_SOURCES.get(row.counted_source, NumberSource.NUMBER_SOURCE_UNSPECIFIED),
        call_count=row.call_count,
        flagged_call_count=row.flagged_call_count,
        input=_sums(row.input_call_count, row.input_reported, row.input_counted),
        output=_sums(row.output_call_count, row.output_reported, row.output_counted),
        reasoning_tokens=row.reasoning_tokens,
    )


def _sums(calls: int, reported: int, counted: int) -> pb.TokenSums:
    difference = 100 * (counted - reported) / reported if reported > 0 else None
    return pb.TokenSums(
        call_count=calls, reported_tokens=reported, counted_tokens=counted, difference_percent=difference
    )


def _unpriced(row: UnpricedModel) -> pb.UnpricedModel:
    return pb.UnpricedModel(
        provider=row.provider,
        model=row.model,
        call_count=row.call_count,
        flagged_call_count=row.flagged_call_count,
        calls_without_usage=row.calls_without_usage,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        first_time=timestamp(row.first_time_ns),
        last_time=timestamp(row.last_time_ns),
    )
