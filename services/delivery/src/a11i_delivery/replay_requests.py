"""Requests of ReplayService, checked and as values."""

import uuid
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from a11i.delivery.v1 import replay_service_pb2 as pb
from a11i.telemetry.v1 import span_batch_pb2
from a11i_chassis.errors import InvalidArgumentError
from a11i_delivery import requests
from a11i_delivery.archive_replay import TOPICS, position_time
from a11i_storage.postgres.replays import NewReplay, Replay
from a11i_telemetry.signals import Signal


def order(request: pb.StartReplayRequest, peer: str, now: datetime) -> NewReplay:
    """Return what a request orders. Raises InvalidArgumentError."""
    if not request.HasField("start_time"):
        raise InvalidArgumentError("start_time is needed: since when what was received is replayed", field="start_time")
    start = requests.time(request.start_time, "start_time")
    end = requests.time(request.end_time, "end_time") if request.HasField("end_time") else now
    if start >= end:
        raise InvalidArgumentError("start_time must be before end_time (unset: now)", field="start_time")
    if request.point not in TOPICS:
        raise InvalidArgumentError("point is needed: the writer, redaction or tokenization", field="point")
    return NewReplay(
        id=replay_id(request.replay_id) if request.replay_id else uuid.uuid4(),
        tenant_id=requests.tenant(request.tenant_id),
        project_id=requests.name(request.project_id, "project_id"),
        signals=_signals(list(request.signals)),
        start_time=start,
        end_time=end,
        point=request.point,
        dry_run=request.dry_run,
        actor=requests.actor(request.actor),
        peer=peer,
    )


def replay_id(text: str) -> uuid.UUID:
    """Return the id of a replay. Raises InvalidArgumentError."""
    return requests.letter_id(text, "replay_id")


def replay_message(replay: Replay) -> pb.Replay:
    """Return a replay as the contract has it."""
    order, progress = replay.order, replay.progress
    message = pb.Replay(
        replay_id=str(order.id),
        tenant_id=order.tenant_id,
        project_id=order.project_id,
        signals=[span_batch_pb2.Signal.ValueType(signal) for signal in order.signals],
        point=order.point,  # type: ignore[arg-type]  # the number of one, as it was ordered
        dry_run=order.dry_run,
        actor=order.actor,
        peer=order.peer,
        state=pb.ReplayState.ValueType(replay.state),
        cancel_actor=replay.cancel_actor,
        cancel_peer=replay.cancel_peer,
        object_count=progress.object_count,
        batch_count=progress.batch_count,
        row_count=progress.row_count,
        unreadable_count=progress.unreadable_count,
        too_large_count=progress.too_large_count,
    )
    _set(message.start_time, order.start_time)
    _set(message.end_time, order.end_time)
    _set(message.create_time, replay.create_time)
    if replay.finish_time is not None:
        _set(message.finish_time, replay.finish_time)
    if (reached := position_time(progress)) is not None:
        _set(message.position_time, reached)
    return message


def _signals(asked: list[span_batch_pb2.Signal.ValueType]) -> tuple[int, ...]:
    known = {signal.value for signal in Signal}
    if not known.issuperset(asked):
        raise InvalidArgumentError("signals holds one that is not known here", field="signals")
    return tuple(sorted(set(asked) or known))


def _set(timestamp: Timestamp, time: datetime) -> None:
    timestamp.FromDatetime(time.astimezone(UTC))
