"""From a request's bytes to the parts that the bus stores and what was found in it. Pure."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from google.protobuf.message import DecodeError

from a11i_chassis.errors import InvalidArgumentError, TooLargeError
from a11i_ingest.checks import Keeps, check, count_items
from a11i_ingest.kinds import Kind
from a11i_ingest.limits import ITEM_TOO_LARGE, ItemLimits
from a11i_ingest.points import spread
from a11i_ingest.salvage import BROKEN_ITEM, salvage
from a11i_ingest.splitting import MAX_PART_ITEMS, MAX_REPEATED_BYTES, divide, split
from a11i_ingest.surroundings import trimmer
from a11i_telemetry import otlp_json
from a11i_telemetry.findings import Findings, Outcome
from a11i_telemetry.signals import Signal

MAX_ITEMS: Final = 200_000
"""Items in one request. One without anything takes 2 bytes there, and a few hundred once it is read."""
NOTHING_OF_THE_SIGNAL: Final = "request holds nothing of this signal"
_MAX_UNREAD_BYTES: Final = 16 * 1024 * 1024
"""Largest item that is read at all, to cut it down."""
_TOO_LARGE_TO_READ: Final = f"item is larger than {_MAX_UNREAD_BYTES} bytes"


class Encoding(Enum):
    """How a request is written."""

    PROTOBUF = "protobuf"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Part:
    """A request that the bus can store, whose every item is good."""

    payload: bytes
    items: int
    """Spans, log records or points."""


@dataclass(slots=True)
class Accepted:
    """What became of a request."""

    parts: list[Part] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    sampled_out: int = 0
    """Items that head sampling left out."""

    @property
    def items(self) -> int:
        """Items in the parts."""
        return sum(part.items for part in self.parts)


@dataclass(frozen=True, slots=True)
class Rules:
    """What requests are held to."""

    limits: ItemLimits
    part_bytes: int
    """Size of a part aimed at."""
    max_part_bytes: int
    """Largest part that the bus takes."""


def accept(kind: Kind, payload: bytes, encoding: Encoding, rules: Rules, keeps: Keeps | None = None) -> Accepted:
    """Take what is good of a request apart into parts. The same request makes the same parts.

    `keeps` is head sampling's word on spans and log records; None keeps all.
    Raises InvalidArgumentError if nothing of it can be decoded, TooLargeError if it has more than MAX_ITEMS.
    """
    accepted = Accepted()
    if encoding is Encoding.JSON:
        payload = _from_json(kind, payload, accepted.findings)
    trim = trimmer(rules.limits, accepted.findings)
    for part in split(payload, rules.part_bytes, MAX_ITEMS, trim):
        _accept_part(kind, part, rules, keeps, accepted)
        if accepted.items > MAX_ITEMS:
            raise TooLargeError(f"the request has more than {MAX_ITEMS} {kind.noun}; send it in parts")
    broken = sum(finding.count for finding in accepted.findings if finding.reason == BROKEN_ITEM)
    if broken and broken == accepted.findings.rejected and not accepted.items and not accepted.sampled_out:
        raise InvalidArgumentError(f"the request is no OTLP request: none of its {broken} items can be decoded")
    return accepted


def _from_json(kind: Kind, body: bytes, findings: Findings) -> bytes:
    try:
        request = otlp_json.PARSERS[kind.signal](body, findings)
    except otlp_json.OtlpJsonError as error:
        raise InvalidArgumentError(str(error)) from None
    except otlp_json.OtlpJsonTooLargeError as error:
        raise TooLargeError(str(error)) from None
    payload: bytes = request.SerializeToString()
    if not payload and body.translate(None, b" \t\r\n") != b"{}" and kind.json_name not in body:
        findings.add(Outcome.IGNORED, NOTHING_OF_THE_SIGNAL, where=kind.json_name.decode())
    return payload


def _accept_part(kind: Kind, part: bytes, rules: Rules, keeps: Keeps | None, accepted: Accepted) -> None:
    findings = accepted.findings
    if len(part) > _MAX_UNREAD_BYTES:  # one item: parts of several are smaller
        findings.add(Outcome.REJECTED, _TOO_LARGE_TO_READ)
        return
    request, part = _parse(kind, part, findings)
    checked = check(kind, request, len(part), rules.limits, keeps, findings)
    accepted.sampled_out += checked.sampled_out
    if not checked.kept:
        return
    payload = request.SerializeToString() if checked.changed else part
    if len(payload) > rules.max_part_bytes:
        findings.add(Outcome.REJECTED, ITEM_TOO_LARGE, count=checked.kept)
    elif checked.repeated_bytes > MAX_REPEATED_BYTES or checked.kept > MAX_PART_ITEMS:
        thinner = spread(payload) if kind.signal is Signal.METRICS else divide(payload, rules.part_bytes, MAX_ITEMS)
        for thin in thinner:
            accepted.parts.append(Part(thin, count_items(kind, kind.request.FromString(thin))))
    else:
        accepted.parts.append(Part(payload, checked.kept))


def _parse(kind: Kind, part: bytes, findings: Findings) -> tuple[Any, bytes]:
    """Return a part as a message, and its bytes, which are others if they had to be mended first."""
    try:
        return kind.request.FromString(part), part
    except DecodeError:
        mended = salvage(kind, part, findings)
    try:
        return kind.request.FromString(mended), mended
    except DecodeError:
        raise InvalidArgumentError("the request is no OTLP request: its protobuf encoding is broken") from None
