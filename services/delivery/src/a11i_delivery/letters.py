"""What is known of a dead letter, and how its replay is named."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from google.protobuf.message import DecodeError

from a11i.telemetry.v1 import span_batch_pb2
from a11i_bus.dead_letters import SealedDeadLetter
from a11i_bus.sealing import Seal, SealError
from a11i_storage.postgres.dead_letters import Letter, NewLetter

_NAMESPACE: Final = uuid.UUID("5b0d8a0e-6c0f-4d43-9a55-1f2a5a6e7c11")
"""Of the ids of dead letters: any UUID would do, but it has to stay."""
_REPLAY: Final = ":replay."
_REPLAYED: Final = re.compile(r":(replay|archive)\.([0-9a-f]{32}\.\d+(?:\.unchanged)?)")
"""What replays, of letters and of the archive, add to the id of a message: their account in the ledger."""
_ROWS: Final = re.compile(r"(?:/\d+-\d+)+$")
"""What `a11i_bus.isolation` adds to the id of a message for a part of its batch."""
_SIGNALS: Final = frozenset(span_batch_pb2.Signal.values()) - {span_batch_pb2.SIGNAL_UNSPECIFIED}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What a batch says of itself; empty where it cannot be asked."""

    project_id: str = ""
    signal: int = 0
    batch_id: str = ""
    item_count: int = 0
    first_item: int = 0
    replay: str = ""
    received_time: datetime | None = None


def describe(dead: SealedDeadLetter, message_id: str, seal: Seal, now: datetime) -> NewLetter:
    """Return the letter to keep of the dead letter in the message of that id.

    It is opened in memory for what its envelope says, and kept sealed as it is. One that cannot be opened or read is
    kept all the same.
    """
    batch = _read_envelope(dead, seal) or _Batch(replay=_mark_of(dead.message_id)[1])
    stage, _, version = dead.stage.rpartition(".")
    versioned = bool(stage) and version.isdecimal()
    return NewLetter(
        id=uuid.uuid5(_NAMESPACE, f"{dead.tenant_id}\n{message_id}"),
        tenant_id=dead.tenant_id,
        project_id=batch.project_id,
        signal=batch.signal,
        stage=stage if versioned else dead.stage,
        stage_version=int(version) if versioned else 0,
        source_topic=dead.source,
        message_id=dead.message_id,
        batch_id=batch.batch_id,
        item_count=batch.item_count,
        first_item=batch.first_item,
        replay=batch.replay,
        received_time=batch.received_time,
        reason=dead.reason,
        error_type=dead.error_type,
        error_id=dead.error_id,
        tries=dead.tries,
        time=_time(dead.time_ns) if dead.time_ns else now,
        replay_of=_replay_of(dead.message_id),
        key_id=dead.key_id,
        sealed=dead.sealed,
    )


def sealed_letter(letter: Letter, sealed: bytes) -> SealedDeadLetter:
    """Return a kept letter as it came, so that it can be opened."""
    return SealedDeadLetter(
        message_id=letter.message_id,
        tenant_id=letter.tenant_id,
        source=letter.source_topic,
        stage=f"{letter.stage}.{letter.stage_version}" if letter.stage_version else letter.stage,
        reason=letter.reason,
        error_type=letter.error_type,
        error_id=letter.error_id,
        tries=letter.tries,
        time_ns=0,
        key_id=letter.key_id,
        sealed=sealed,
    )


def replay_id(letter: Letter) -> str:
    """Return the id of the message of a letter's replay that is under way.

    Each replay has another, so that the bus does not take it for the message that failed. The same replay has the same,
    so that the bus takes it once. What fails again names the letter by it.
    """
    first = letter.message_id.partition(_REPLAY)[0]
    return f"{first}{_REPLAY}{replay_mark(letter)}"


def replay_mark(letter: Letter) -> str:
    """Return the account in the ledger of a letter's replay that is under way. Each replay has another."""
    return f"{letter.id.hex}.{letter.replays}"


def marked(payload: bytes, letter: Letter) -> bytes:
    """Return what a letter's replay puts on the bus: its batch, which says of which replay it is.

    What is no batch of the letter's tenant stays as it is.
    """
    try:
        envelope = span_batch_pb2.SpanBatch.FromString(payload)
    except DecodeError:
        return payload
    if envelope.tenant_id != letter.tenant_id:
        return payload
    envelope.replay = replay_mark(letter)
    return envelope.SerializeToString()


def rows(message_id: str) -> str:
    """Return which rows of its batch a message is about, such as "/3-4"; empty if all."""
    found = _ROWS.search(message_id)
    return found[0] if found else ""


def _replay_of(message_id: str) -> uuid.UUID | None:
    kind, mark = _mark_of(message_id)
    return uuid.UUID(mark.partition(".")[0]) if kind == "replay" else None


def _mark_of(message_id: str) -> tuple[str, str]:
    """Return what was replayed last, if anything was, and the account of that."""
    found = _REPLAYED.findall(message_id)
    return found[-1] if found else ("", "")


def _read_envelope(dead: SealedDeadLetter, seal: Seal) -> _Batch | None:
    """Return what the envelope says; None if it cannot be read."""
    try:
        envelope = span_batch_pb2.SpanBatch.FromString(dead.open(seal))
    except (SealError, DecodeError):
        return None
    # Bytes of another kind may parse as an envelope by chance, and what they say could be anybody's text. None of them
    # names the tenant that the message is sealed for. An item takes a byte at the least.
    if envelope.tenant_id != dead.tenant_id or envelope.span_count > len(dead.sealed):
        return None
    received_ns = envelope.received_time.seconds * 1_000_000_000 + envelope.received_time.nanos
    try:
        received_time = _time(received_ns)
    except OverflowError:
        received_time = None
    return _Batch(
        project_id=envelope.project_id,
        signal=envelope.signal if envelope.signal in _SIGNALS else span_batch_pb2.SIGNAL_SPANS,
        batch_id=envelope.batch_id,
        item_count=envelope.span_count,
        first_item=envelope.first_item,
        replay=envelope.replay,
        received_time=received_time,
    )


def _time(time_ns: int) -> datetime:
    """Return the time to the microsecond, as PostgreSQL keeps it. Raises OverflowError after the year 9999."""
    return _EPOCH + timedelta(microseconds=time_ns // 1000)
