"""Dead letters: batches that a stage gave up on, sealed, with the reason."""

import time
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from a11i_bus.failures import Failure
from a11i_bus.port import Bus, Message
from a11i_bus.sealing import Seal
from a11i_bus.topology import DEADLETTERS

_PREFIX: Final = "A11i-"


@dataclass(frozen=True, slots=True)
class SealedDeadLetter:
    """Why a batch was given up, and the batch, which only who has the key can open."""

    message_id: str
    """Id of the message that was given up; it begins with the batch id."""
    tenant_id: str
    source: str
    """Topic that the message came from: where a replay puts it, under a new id."""
    stage: str
    """Stage and version that gave up, such as redaction.1."""
    reason: str
    """Name of the ErrorReason."""
    error_type: str
    error_id: str
    """Finds the log line. Each time that a message is given up it is another."""
    tries: int
    time_ns: int
    """When it was given up, nanoseconds since the epoch; 0 if that is not known."""
    key_id: str
    """Names the key that it is sealed under."""
    sealed: bytes

    def open(self, seal: Seal) -> bytes:
        """Return the payload, which may hold raw text.

        Raises SealError if the seal's key is another or something of the letter was changed.
        """
        return seal.open(self.sealed, _context(self.tenant_id, self.message_id, self.source, self.stage))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter with its payload open."""

    message_id: str
    tenant_id: str
    source: str
    stage: str
    reason: str
    error_type: str
    error_id: str
    tries: int
    payload: bytes
    """The message's payload. May hold raw text."""


class DeadLetters:
    """Puts messages of one topic, given up by one stage, among the dead letters."""

    def __init__(self, bus: Bus, stage: str, source: str, key: SecretStr) -> None:
        """`stage` holds name and version. Raises ValueError for a key that is too short."""
        self._bus = bus
        self._stage = stage
        self._source = source
        self._seal = Seal(key)

    async def put(self, message: Message, failure: Failure, tries: int) -> None:
        """Store a message as a dead letter, once however often this is called for it.

        Durable on return. Raises TransientError while the bus does not take it.
        """
        headers = {
            "Message": message.id,
            "Source": self._source,
            "Stage": self._stage,
            "Reason": failure.reason,
            "Error-Type": failure.error_type,
            "Error-Id": failure.error_id,
            "Tries": str(tries),
            "Time": str(time.time_ns()),
            "Key-Id": self._seal.key_id,
        }
        context = _context(message.key, message.id, self._source, self._stage)
        await self._bus.publish(
            DEADLETTERS,
            Message(
                id=f"{message.id}:{self._stage}:dead",
                key=message.key,
                payload=self._seal.seal(message.payload, context),
                headers={_PREFIX + name: value for name, value in headers.items()},
            ),
        )


def read_dead_letter(message: Message) -> SealedDeadLetter:
    """Return the dead letter that a message of the topic `dead.letters` holds, still sealed.

    Raises ValueError or KeyError if it is no dead letter.
    """
    headers = {name.removeprefix(_PREFIX): value for name, value in message.headers.items()}
    return SealedDeadLetter(
        message_id=headers["Message"],
        tenant_id=message.key,
        source=headers["Source"],
        stage=headers["Stage"],
        reason=headers["Reason"],
        error_type=headers["Error-Type"],
        error_id=headers["Error-Id"],
        tries=int(headers["Tries"]),
        time_ns=int(headers.get("Time", 0)),
        key_id=headers.get("Key-Id", ""),
        sealed=message.payload,
    )


def open_dead_letter(message: Message, key: SecretStr) -> DeadLetter:
    """Return the dead letter that a message of the topic `dead.letters` holds; for an operator who has the key.

    Raises SealError if the key is another's or the message was tampered with, KeyError if it is no dead letter.
    """
    letter = read_dead_letter(message)
    return DeadLetter(
        message_id=letter.message_id,
        tenant_id=letter.tenant_id,
        source=letter.source,
        stage=letter.stage,
        reason=letter.reason,
        error_type=letter.error_type,
        error_id=letter.error_id,
        tries=letter.tries,
        payload=letter.open(Seal(key)),
    )


def _context(tenant_id: str, message_id: str, source: str, stage: str) -> str:
    """Return what a sealed payload is bound to, so that nobody can pass it off as another tenant's or stage's."""
    return "\n".join((tenant_id, message_id, source, stage))
