"""Cuts resources and scopes before a request is taken apart, as every part has its own copy of them."""

from functools import partial
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from a11i.otlp.v1.otlp_raw_pb2 import RawRequest
from a11i_ingest.checks import cut_schema_url, most_around
from a11i_ingest.limits import RESOURCE_TOO_LARGE, ItemLimits, cut_around
from a11i_ingest.splitting import Trim
from a11i_telemetry.findings import Findings, Outcome

_MOST_READ_BYTES: Final = 4 * 1024 * 1024
"""A resource over this is left out, unread."""


def trimmer(limits: ItemLimits, findings: Findings) -> Trim:
    """Return what cuts the resources, scopes and schema URLs of a request that are too large for as many items."""
    return partial(_trim, limits, findings)


def _trim(limits: ItemLimits, findings: Findings, request: RawRequest) -> None:
    for group in request.groups:
        items = sum(len(scope.items) for scope in group.scopes)
        if not items:
            continue
        _cut(group, group.resource, Resource, most_around(items, limits), findings)
        for scope in group.scopes:
            if scope.items:
                _cut(scope, scope.scope, InstrumentationScope, most_around(len(scope.items), limits), findings)


def _cut(holder: Any, parts: Any, what: type[Resource | InstrumentationScope], most: int, findings: Findings) -> None:
    """Cut a resource or scope, in parts to join, and the URL beside it."""
    cut_schema_url(holder, findings)
    size = sum(map(len, parts))
    if size <= most:
        return
    kept = b""
    if size <= _MOST_READ_BYTES:
        try:
            around = what.FromString(b"".join(parts))
        except DecodeError:
            pass  # too large and broken
        else:
            cut_around(around, most, findings)
            kept = around.SerializeToString()
    if not kept:
        findings.add(Outcome.TRUNCATED, RESOURCE_TOO_LARGE)
    del parts[:]
    parts.append(kept)
