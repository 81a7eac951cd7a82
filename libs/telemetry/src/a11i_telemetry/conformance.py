"""Shows what a payload says, and compares it with what it should: a11i-conformance show|check PAYLOAD

A payload is a file of OTLP: lines of {"signal": "traces" | "logs" | "metrics", "request": {...}} with the request in
OTLP/JSON, as in the corpus; one OTLP/JSON trace request; or one serialized ExportTraceServiceRequest. The folder of a
corpus case stands for its payload.jsonl, and as --expect for its expected.json.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson
import pyarrow as pa

from a11i_telemetry.findings import Findings, Outcome
from a11i_telemetry.log_records import decode_logs
from a11i_telemetry.otlp import OtlpDecodeError, decode_traces
from a11i_telemetry.otlp_json import OtlpJsonError, parse_logs, parse_traces
from a11i_telemetry.parts import JsonValue, parse

Span = dict[str, JsonValue]
"""A span as the corpus has it: span_id, name, and those of FIELDS that are known, JSON parsed."""

_TEXTS: Final = (
    *("step_kind", "operation", "provider", "request_model", "response_model", "response_id"),
    *("tool_name", "tool_call_id", "agent_name", "agent_id", "workflow_name", "session_id", "user_id"),
)
_NUMBERS: Final = (
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"),
    "time_to_first_chunk_s",
)
_RARE_NUMBERS: Final = (
    *("cache_write_1h_tokens", "input_audio_tokens", "input_image_tokens", "output_audio_tokens"),
    *("output_image_tokens", "reported_cost_usd"),
)
"""Numbers that most calls have none of: 0, which many a sender says of each, is the same as nothing."""
_JSON: Final = (
    *("input_messages", "output_messages", "system_instructions", "tool_definitions", "tool_arguments", "tool_result"),
)
_OF_EVENTS: Final = ("input_messages", "output_messages", "system_instructions", "tool_definitions")
FIELDS: Final = (*_TEXTS, "finish_reasons", *_NUMBERS, *_RARE_NUMBERS, "units", *_JSON)
"""What is compared of a span, by the names of its columns."""


class PayloadError(ValueError):
    """The file is none of the forms of a payload, or no expectation."""


@dataclass(frozen=True, slots=True)
class NormalForm:
    """What a payload says."""

    spans: list[Span]
    """In the order in which they came."""
    totals: dict[str, int]
    """Tokens of the model calls, each call of a trace once."""
    rejected: dict[str, int] = field(default_factory=dict)
    """Items that are in no span, as they could not be taken: how many, by reason."""

    def to_json(self) -> JsonValue:
        """Return the form of the corpus's expected.json."""
        return {"spans": self.spans, "totals": self.totals}


def read_payload(payload: bytes) -> NormalForm:
    """Return the normal form of a payload. Raises PayloadError."""
    rows: list[dict[str, JsonValue]] = []
    logs: list[dict[str, JsonValue]] = []
    findings = Findings()
    rejected: Counter[str] = Counter()
    for signal, request in _requests(payload, findings):
        if signal == "traces":
            decoded = decode_traces(request)
            rows += _rows(decoded.columns)
            rejected.update(decoded.reasons)
        elif signal == "logs":
            logs += _rows(decode_logs(request))
    for finding in findings:
        if finding.outcome is Outcome.REJECTED:
            where = f" ({finding.where})" if finding.where else ""
            rejected[f"{finding.reason}{where}"] += finding.count
    spans = [_span(row) for row in rows]
    for row, span in zip(rows, spans, strict=True):
        if span.get("step_kind") == "chain":
            continue  # Events are a call's; some come only when the call has ended, with its parent's id.
        _join(span, [log for log in logs if (log["trace_id"], log["span_id"]) == (row["trace_id"], row["span_id"])])
    return NormalForm(spans, _totals(rows), dict(rejected))


def _requests(payload: bytes, findings: Findings) -> Iterator[tuple[str, bytes]]:
    """Yield each request's signal and serialized form; what is not in it is added to the findings."""
    if payload.lstrip()[:1] != b"{":
        yield "traces", payload
        return
    try:
        documents = [orjson.loads(payload)]
    except orjson.JSONDecodeError:
        documents = [_document(line) for line in payload.splitlines() if line.strip()]
    for document in documents:
        signal, request = ("traces", document) if "resourceSpans" in document else _signalled(document)
        body = orjson.dumps(request)
        try:
            if signal == "traces":
                yield signal, parse_traces(body, findings).SerializeToString()
            elif signal == "logs":
                yield signal, parse_logs(body, findings).SerializeToString()
        except OtlpJsonError as error:
            raise PayloadError(f"no OTLP/JSON: {error}") from error


def _document(line: bytes) -> JsonValue:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise PayloadError(f"neither OTLP/JSON, nor lines of it, nor protobuf: {error}") from error
    if not isinstance(document, dict):
        raise PayloadError("a line of the payload is no JSON object")
    return document


def _signalled(document: JsonValue) -> tuple[str, JsonValue]:
    if not isinstance(document.get("signal"), str) or not isinstance(document.get("request"), dict):
        raise PayloadError('a line of a payload is {"signal": "traces", "request": {...}}')
    return document["signal"], document["request"]


def _rows(columns: pa.RecordBatch) -> list[dict[str, JsonValue]]:
    rows: list[dict[str, JsonValue]] = columns.to_pylist(maps_as_pydicts="strict")
    return rows


def _span(row: Mapping[str, JsonValue]) -> Span:
    span: Span = {"span_id": row["span_id"].hex(), "name": row["name"]}
    span |= {name: row[name] for name in _TEXTS if row[name]}
    if row["finish_reasons"]:
        span["finish_reasons"] = list(row["finish_reasons"])
    span |= {name: row[name] for name in _NUMBERS if row[name] is not None}
    span |= {name: float(row[name]) if name.endswith("_usd") else row[name] for name in _RARE_NUMBERS if row[name]}
    if row["units"]:
        span["units"] = dict(row["units"])
    return span | {name: _parsed(name, row[name]) for name in _JSON if row[name]}


def _parsed(name: str, value: str) -> JsonValue:
    """Return what a column's text says; of a tool that can be plain text."""
    return parse(value) if name in ("tool_arguments", "tool_result") else orjson.loads(value)


def _join(span: Span, logs: Iterable[Mapping[str, JsonValue]]) -> None:
    """Add what the log records of a span say that the span itself does not."""
    said: dict[str, list[JsonValue]] = {}
    for log in logs:
        for name in _OF_EVENTS:
            if log[name]:
                said.setdefault(name, []).extend(_parsed(name, log[name]))
        user = log["attr_string"].get("user.id")
        if user:
            span.setdefault("user_id", user)
    for name, value in said.items():
        if name == "tool_definitions" and len(orjson.dumps(value)) > len(orjson.dumps(span.get(name, []))):
            span[name] = value  # Some have the parameters in the event alone.
        span.setdefault(name, value)
    reasons = [one["finish_reason"] for one in said.get("output_messages", []) if one.get("finish_reason")]
    if reasons:
        span.setdefault("finish_reasons", reasons)


def _totals(rows: Sequence[Mapping[str, JsonValue]]) -> dict[str, int]:
    """Add up the usage of each trace by its tree, each call once.

    Not that of a span above another with usage (a tool's parent is not above what the tool does), nor twice that of one
    response: spans with its id, and its input or its output.
    """
    spans = {(row["trace_id"], row["span_id"]): row for row in rows}
    used = [row for row in spans.values() if any(row[name] for name in _USAGE)]
    above: set[tuple[bytes, bytes]] = set()
    for row in used:
        parent = _parent(row)
        while parent is not None and parent not in above:
            above.add(parent)
            parent = _parent(spans[parent]) if parent in spans else None
    totals = {"input_tokens": 0, "output_tokens": 0}
    seen: set[tuple[object, ...]] = set()
    for row in sorted(used, key=lambda row: (row["reported_cost_usd"] is None, row["span_id"][::-1])):
        if (row["trace_id"], row["span_id"]) in above:
            continue
        if row["response_id"]:
            keys = {(row["trace_id"], row["response_id"], name, row[name] or 0) for name in totals}
            if keys & seen:
                continue
            seen |= keys
        for name in totals:
            totals[name] += row[name] or 0
    return totals


_USAGE: Final = ("input_tokens", "output_tokens", "reported_cost_usd")


def _parent(row: Mapping[str, JsonValue]) -> tuple[bytes, bytes] | None:
    """Return the span that a span's usage is also part of, if that has usage."""
    if row["parent_span_id"] in (None, row["span_id"]) or row["step_kind"] == "tool":
        return None
    return row["trace_id"], row["parent_span_id"]


def differences(found: NormalForm, expected: Mapping[str, JsonValue], *, same_ids: bool = True) -> list[str]:
    """Return one line for each difference from the form of an expected.json.

    Without `same_ids` spans are matched by their names, and of one name by their order.
    """
    lines: list[str] = []
    left = list(found.spans)
    for want in expected["spans"]:
        key = "span_id" if same_ids else "name"
        span = next((one for one in left if one[key] == want[key]), None)
        title = f"{want['name']} {want['span_id']}" if same_ids else want["name"]
        if span is None:
            lines.append(f"{title}: missing")
            continue
        left.remove(span)
        for name in FIELDS:
            is_value, should = span.get(name), want.get(name)
            if is_value != should:
                lines.append(f"{title}: {name} is {_shown(is_value)}, should be {_shown(should)}")
    lines += [f"{span['name']} {span['span_id']}: not expected" for span in left]
    whole, within = expected.get("totals", {}), expected.get("totals_within_traces")
    if within is None or found.totals != {**found.totals, **within}:
        reachable = "" if within is None else f" (or, of each trace by itself, {within})"
        lines += [
            f"totals: {name} is {found.totals.get(name)}, should be {should}{reachable}"
            for name, should in whole.items()
            if found.totals.get(name) != should
        ]
    return lines


def _shown(value: JsonValue) -> str:
    return "not there" if value is None else orjson.dumps(value).decode()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 1 if items are rejected or there are differences, 2 if a file cannot be read."""
    options = _parser().parse_args(arguments)
    try:
        found = read_payload(_read(options.payload, "payload.jsonl"))
        expected = _expectation(options.expect) if options.command == "check" else {}
    except (PayloadError, OtlpDecodeError) as error:
        sys.stderr.write(f"a11i-conformance: {error}\n")
        return 2
    sys.stderr.writelines(f"a11i-conformance: rejected {count}: {why}\n" for why, count in found.rejected.items())
    if options.command == "show":
        sys.stdout.buffer.write(orjson.dumps(found.to_json(), option=orjson.OPT_INDENT_2) + b"\n")
        return 1 if found.rejected else 0
    lines = differences(found, expected, same_ids=options.same_ids)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.write(f"{len(lines)} differences\n" if lines else "as expected\n")
    return 1 if lines or found.rejected else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="a11i-conformance", description="Show or check what an OTLP payload says.")
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("show", help="print the normal form, as in the corpus's expected.json")
    check = commands.add_parser("check", help="compare with an expected.json; exit 1 if anything differs")
    for command in (show, check):
        command.add_argument("payload", type=Path, help="a payload, or the folder of a corpus case")
    check.add_argument("--expect", type=Path, required=True, help="an expected.json, or the folder of a corpus case")
    check.add_argument("--same-ids", action="store_true", help="match spans by id, not by name and order")
    return parser


def _read(path: Path, name_in_case: str) -> bytes:
    """Return a file's content; a folder stands for the file of that name in it. Raises PayloadError."""
    in_folder = path.is_dir()
    file = path / name_in_case if in_folder else path
    try:
        return file.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        if in_folder:
            raise PayloadError(f"{path} is a folder, but no corpus case: {name_in_case} in it: {why}") from error
        raise PayloadError(f"{file} can't be read: {why}") from error


def _expectation(path: Path) -> Mapping[str, JsonValue]:
    content = _read(path, "expected.json")
    try:
        expected = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise PayloadError(f"{path} is no expectation: {error}") from error
    spans = expected.get("spans") if isinstance(expected, dict) else None
    if not isinstance(spans, list):
        raise PayloadError(f"{path} is no expectation: it has no spans")
    key_of_all = ("name", "span_id")
    if not all(isinstance(span, dict) and all(key in span for key in key_of_all) for span in spans):
        raise PayloadError(f"{path} is no expectation: a span in it has no name or no span_id")
    return dict(expected)


if __name__ == "__main__":
    sys.exit(main())
