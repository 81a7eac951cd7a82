"""Letters and actions as the contract's messages."""

from datetime import timedelta

from google.protobuf.json_format import Parse

from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from a11i.telemetry.v1 import span_batch_pb2
from a11i_delivery import letters
from a11i_storage.postgres.dead_letters import Action, Letter


def letter_message(letter: Letter, retention: timedelta) -> pb.DeadLetter:
    """Return what is known of a letter."""
    message = pb.DeadLetter(
        dead_letter_id=str(letter.id),
        tenant_id=letter.tenant_id,
        project_id=letter.project_id,
        signal=span_batch_pb2.Signal.ValueType(letter.signal),
        stage=letter.stage,
        stage_version=letter.stage_version,
        reason=letter.reason,
        error_id=letter.error_id,
        error_type=letter.error_type,
        tries=letter.tries,
        item_count=letter.item_count,
        source_topic=letter.source_topic,
        message_id=letter.message_id,
        batch_id=letter.batch_id,
        rows=letters.rows(letter.message_id),
        payload_bytes=letter.payload_bytes,
        state=pb.DeadLetterState.ValueType(letter.state),
        replay_of=str(letter.replay_of) if letter.replay_of else "",
    )
    if letter.received_time is not None:
        message.received_time.FromDatetime(letter.received_time)
    message.first_time.FromDatetime(letter.first_time)
    message.last_time.FromDatetime(letter.last_time)
    message.expire_time.FromDatetime(letter.last_time + retention)
    return message


def action_message(action: Action) -> pb.DeadLetterAction:
    """Return the record of an action."""
    message = pb.DeadLetterAction(
        action_id=str(action.id),
        kind=pb.DeadLetterActionKind.ValueType(action.kind),
        actor=action.actor,
        peer=action.peer,
        dead_letter_count=action.letter_count,
        point=pb.ReplayPoint.ValueType(action.point),
    )
    message.time.FromDatetime(action.time)
    if action.filter:
        Parse(action.filter, message.filter, ignore_unknown_fields=True)
        message.filter.SetInParent()
    return message
