"""Requests of DeadLetterService, checked and as values."""

import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from google.protobuf.json_format import MessageToJson
from google.protobuf.timestamp_pb2 import Timestamp

from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from a11i.telemetry.v1 import span_batch_pb2
from a11i_bus.topology import SPANS_RECEIVED, SPANS_REDACTED, SPANS_TOKENIZED
from a11i_chassis.errors import InvalidArgumentError
from a11i_storage.postgres.dead_letters import LetterFilter, LetterState

MAX_LETTERS: Final = 1_000
"""Letters that one call takes, as the contract states it: a replay of as many takes some seconds."""
_MAX_TEXT: Final = 200
"""Characters of a name; nothing that is stored has more."""
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")
_DEFAULT_PAGE: Final = 50
_MAX_PAGE: Final = 1_000

_POINTS: Final = {
    pb.REPLAY_POINT_TOKENIZATION: (SPANS_RECEIVED, (SPANS_RECEIVED, SPANS_TOKENIZED)),
    pb.REPLAY_POINT_REDACTION: (SPANS_TOKENIZED, (SPANS_TOKENIZED,)),
    pb.REPLAY_POINT_WRITER: (SPANS_REDACTED, (SPANS_REDACTED,)),
}
"""Topic of each point, and the topics whose letters may go there: never past a stage that they have yet to pass, above
all not past redaction; and not back to one that was to see the text as it came, once it is redacted."""


def tenant(request_tenant_id: str) -> str:
    """Return the tenant that a request names. Raises InvalidArgumentError."""
    if not request_tenant_id:
        raise InvalidArgumentError("tenant_id is needed: the tenant", field="tenant_id")
    return name(request_tenant_id, "tenant_id")


def letter_id(text: str, field: str = "dead_letter_id") -> uuid.UUID:
    """Return the id of a dead letter. Raises InvalidArgumentError."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise InvalidArgumentError(f"{field} is not a UUID", field=field) from None


def letter_filter(filter_: pb.DeadLetterFilter) -> LetterFilter:
    """Return what a filter chooses. Raises InvalidArgumentError."""
    return LetterFilter(
        project_id=name(filter_.project_id, "filter.project_id"),
        stage=name(filter_.stage, "filter.stage"),
        reason=name(filter_.reason, "filter.reason"),
        state=_state(filter_.state),
        signal=_signal(filter_.signal),
        batch_id=name(filter_.batch_id, "filter.batch_id"),
        start_time=time(filter_.start_time, "filter.start_time") if filter_.HasField("start_time") else None,
        end_time=time(filter_.end_time, "filter.end_time") if filter_.HasField("end_time") else None,
        replay_of=letter_id(filter_.replay_of, "filter.replay_of") if filter_.replay_of else None,
    )


def selection(request: pb.ReplayDeadLettersRequest | pb.DiscardDeadLettersRequest) -> LetterFilter:
    """Return which letters an action is about. Raises InvalidArgumentError."""
    match request.WhichOneof("selection"):
        case "ids":
            named = request.ids.dead_letter_ids
            if not 0 < len(named) <= MAX_LETTERS:
                raise InvalidArgumentError(
                    f"ids.dead_letter_ids must be 1 to {MAX_LETTERS:,} ids", field="ids.dead_letter_ids"
                )
            return LetterFilter(ids=tuple({letter_id(one, "ids.dead_letter_ids") for one in named}))
        case "filter":
            if request.filter.state not in (pb.DEAD_LETTER_STATE_UNSPECIFIED, pb.DEAD_LETTER_STATE_WAITING):
                message = "filter.state must be WAITING or unset: only letters that wait can be replayed or discarded"
                raise InvalidArgumentError(message, field="filter.state")
            return letter_filter(request.filter)
        case None:
            raise InvalidArgumentError(
                "selection is needed: ids, or a filter; an empty filter chooses all", field="selection"
            )


def replay_selection(request: pb.ReplayDeadLettersRequest, key_id: str) -> tuple[LetterFilter, str]:
    """Return which letters, sealed under that key, are replayed, and to which topic; empty: where each came from."""
    which = replace(selection(request), key_id=key_id)
    if request.point == pb.REPLAY_POINT_UNSPECIFIED:
        return which, ""
    if request.point not in _POINTS:
        raise InvalidArgumentError("point is not one that is known here", field="point")
    topic, sources = _POINTS[request.point]
    return replace(which, source_topics=sources), topic


def filter_json(request: pb.ReplayDeadLettersRequest | pb.DiscardDeadLettersRequest) -> str:
    """Return a request's filter for the record; empty if it names ids."""
    return MessageToJson(request.filter, indent=None) if request.HasField("filter") else ""


def actor(text: str) -> str:
    """Return who asks. Raises InvalidArgumentError."""
    if not text:
        raise InvalidArgumentError("actor is needed: who asks, for the record", field="actor")
    return name(text, "actor")


def page_size(asked: int) -> int:
    """Return how many rows a page has. Raises InvalidArgumentError for a negative number."""
    if asked < 0:
        raise InvalidArgumentError("page_size must not be negative", field="page_size")
    return min(asked, _MAX_PAGE) or _DEFAULT_PAGE


def name(text: str, field: str) -> str:
    """Return a name that a request gives. Raises InvalidArgumentError."""
    if len(text) > _MAX_TEXT:
        raise InvalidArgumentError(f"{field} has more than {_MAX_TEXT} characters", field=field)
    if _CONTROL_CHARACTER.search(text):
        raise InvalidArgumentError(f"{field} holds control characters", field=field)
    return text


def _state(state: pb.DeadLetterState.ValueType) -> LetterState | None:
    if state == pb.DEAD_LETTER_STATE_UNSPECIFIED:
        return None
    try:
        return LetterState(state)
    except ValueError:
        raise InvalidArgumentError("filter.state is not one that is known here", field="filter.state") from None


def _signal(signal: span_batch_pb2.Signal.ValueType) -> int:
    if signal not in span_batch_pb2.Signal.values():
        raise InvalidArgumentError("filter.signal is not one that is known here", field="filter.signal")
    return signal


def time(timestamp: Timestamp, field: str) -> datetime:
    """Return a time that a request gives. Raises InvalidArgumentError."""
    try:
        return timestamp.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidArgumentError(f"{field} is not a time of the years 1 to 9999", field=field) from None
