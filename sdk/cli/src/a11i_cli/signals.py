"""`a11i logs`, `a11i metrics` and `a11i issues`: what is stored beside traces."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.json_format import MessageToJson

from a11i.query.v1 import query_service_pb2 as pb
from a11i.query.v1 import query_service_pb2_grpc as rpc
from a11i.telemetry.v1.ingest_issue_pb2 import IssueOutcome
from a11i.telemetry.v1.span_batch_pb2 import Signal
from a11i_cli.errors import explain
from a11i_cli.options import ago, chosen_target, positive, query_options
from a11i_cli.screen import make_console
from a11i_cli.show_signals import show_issues, show_logs, show_metrics
from a11i_cli.target import Target
from a11i_cli.traces import CALL_TIMEOUT_S, LARGEST_ANSWER_BYTES, LARGEST_PAGE
from a11i_cli.values import parse_duration, parse_span_id, parse_trace_id

SEVERITIES = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}
"""The least SeverityNumber of each."""
SIGNALS = {"spans": Signal.SIGNAL_SPANS, "logs": Signal.SIGNAL_LOGS, "metrics": Signal.SIGNAL_METRICS}
OUTCOMES = {name.removeprefix("ISSUE_OUTCOME_").lower(): number for name, number in IssueOutcome.items() if number}


@dataclass(frozen=True, slots=True)
class Listing:
    """One of QueryService's listings."""

    method: str
    rows: str
    """The answer's field that holds the rows."""
    show: Callable[..., None]


LOGS = Listing("ListLogs", "log_records", show_logs)
METRICS = Listing("ListMetricPoints", "metric_points", show_metrics)
ISSUES = Listing("ListIngestIssues", "ingest_issues", show_issues)


def add_commands(areas: argparse._SubParsersAction[Any]) -> None:
    """Adds the commands to the command line's areas."""
    options = [query_options(), _listing_options()]
    logs = areas.add_parser("logs", help="the latest log records", parents=options)
    logs.set_defaults(run=_logs)
    logs.add_argument("--trace", metavar="TRACE_ID", type=parse_trace_id, help="of this trace, however old")
    logs.add_argument("--span", metavar="SPAN_ID", type=parse_span_id, help="of this span")
    logs.add_argument("--event", metavar="NAME", help="of this event, such as gen_ai.evaluation.result")
    logs.add_argument("--service", help="of this service")
    logs.add_argument("--severity", choices=SEVERITIES, help="at least as severe")

    metrics = areas.add_parser("metrics", help="the latest points of metrics", parents=options)
    metrics.set_defaults(run=_metrics)
    metrics.add_argument("--name", help="of this metric, such as gen_ai.client.token.usage")
    metrics.add_argument("--service", help="of this service")

    issues = areas.add_parser("issues", help="what ingest rejected, repaired or cut, and why", parents=options)
    issues.set_defaults(run=_issues)
    issues.add_argument("--signal", choices=SIGNALS, help="with such items")
    issues.add_argument("--outcome", choices=OUTCOMES, help="of which this became")


def _listing_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--since", metavar="DURATION", type=parse_duration, help="no older than (default: 24h)")
    options.add_argument("--limit", metavar="N", type=positive, default=20, help="at most this many (default: 20)")
    options.add_argument("--wide", action="store_true", help="all columns in full, however wide the terminal is")
    options.add_argument("--json", action="store_true", help="print JSON, as the REST API does")
    return options


def _logs(arguments: argparse.Namespace) -> None:
    request = pb.ListLogsRequest(
        trace_id=arguments.trace or "",
        span_id=arguments.span or "",
        event_name=arguments.event or "",
        service_name=arguments.service or "",
        min_severity=SEVERITIES.get(arguments.severity, 0),
    )
    _run(LOGS, request, arguments)


def _metrics(arguments: argparse.Namespace) -> None:
    request = pb.ListMetricPointsRequest(metric_name=arguments.name or "", service_name=arguments.service or "")
    _run(METRICS, request, arguments)


def _issues(arguments: argparse.Namespace) -> None:
    request = pb.ListIngestIssuesRequest(
        signal=SIGNALS.get(arguments.signal, Signal.SIGNAL_UNSPECIFIED),
        outcome=OUTCOMES.get(arguments.outcome, IssueOutcome.ISSUE_OUTCOME_UNSPECIFIED),
    )
    _run(ISSUES, request, arguments)


def _run(listing: Listing, request: Any, arguments: argparse.Namespace) -> None:
    if arguments.since is not None:
        request.start_time.FromDatetime(ago(arguments.since))
    found = _pages(listing, request, chosen_target(arguments), arguments.limit)
    if arguments.json:
        print(MessageToJson(found))
    else:
        rows: Sequence[Any] = getattr(found, listing.rows)
        listing.show(make_console(), rows, wide=arguments.wide)


def _pages(listing: Listing, request: Any, target: Target, limit: int) -> Any:
    """The latest `limit` rows, from as many pages as it takes. Raises CommandError."""
    metadata = (("authorization", f"Bearer {target.api_key}"),)
    found: Any = None
    with grpc.insecure_channel(target.address, (("grpc.max_receive_message_length", LARGEST_ANSWER_BYTES),)) as channel:
        method = getattr(rpc.QueryServiceStub(channel), listing.method)
        while found is None or (found.next_page_token and len(getattr(found, listing.rows)) < limit):
            request.page_token = found.next_page_token if found else ""
            request.page_size = min(limit - len(getattr(found, listing.rows, ())), LARGEST_PAGE)
            try:
                page = method(request, timeout=CALL_TIMEOUT_S, metadata=metadata)
            except grpc.RpcError as error:
                raise explain(error, target.address) from None
            if found is None:
                found = page
            else:
                found.MergeFrom(page)
                found.next_page_token = page.next_page_token
    return found
