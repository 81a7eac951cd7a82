"""Archived batches as messages for the bus."""

from collections.abc import Sequence
from typing import Final

import structlog

from a11i_bus import Message
from a11i_telemetry.batch import SpanBatch

_PART_SHARE: Final = 0.75
"""Part of the limit that the columns of a split batch may take; the rest is for what encoding adds."""

_log = structlog.stdlib.get_logger(__name__)


def make_messages(batches: Sequence[SpanBatch], wanted: int, limit: int) -> tuple[list[tuple[SpanBatch, Message]], int]:
    """Return batches as messages of `wanted` bytes at most, and how many rows take more than `limit` alone."""
    made, too_large = [], 0
    for batch in batches:
        payload = batch.encode()
        parts = [(batch, payload)]
        if len(payload) > wanted:
            parts = [(part, part.encode()) for part in batch.split(int(wanted * _PART_SHARE))]
        for part, content in parts:
            if len(content) > limit:
                too_large += part.columns.num_rows
                _log.error("replay_row_too_large", tenant_id=part.tenant_id, batch_id=part.batch_id, size=len(content))
            else:
                made.append((part, Message(_message_id(part), part.tenant_id, content)))
    return made, too_large


def _message_id(batch: SpanBatch) -> str:
    """Return an id that is the same when a replay puts the same rows on the bus again, and that nothing else has."""
    return f"{batch.batch_id}/{batch.first_item}-{batch.first_item + batch.columns.num_rows}:archive.{batch.replay}"
