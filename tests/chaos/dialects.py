"""How each bus says on the wire what the suite waits for: a publication, its answer, an acknowledgement."""

from __future__ import annotations

from typing import Protocol

from a11i_bus.kafka.records import group_name, topic_name
from a11i_bus.nats.subjects import ACK_PREFIX, stream_name, subject
from tests.chaos.frames import Frame, MakeSplitter
from tests.chaos.kafka_frames import OFFSET_COMMIT, PRODUCE, KafkaFrames
from tests.chaos.nats_frames import NatsFrames

KAFKA_NAMESPACE = "a11i"
"""First part of Kafka's names where the bus's URL gives no other."""


class Dialect(Protocol):
    """One bus's protocol."""

    engine: str
    """Name of the engine among the mesh's processes."""
    splitter: MakeSplitter

    def publishes(self, frame: Frame, topic: str) -> bool:
        """Return whether the frame puts a message on the topic."""

    def acknowledges(self, frame: Frame, topic: str, group: str) -> bool:
        """Return whether the frame takes messages off a group's work."""


class NatsDialect:
    """JetStream: subjects say it all."""

    engine = "nats"
    splitter: MakeSplitter = NatsFrames

    def publishes(self, frame: Frame, topic: str) -> bool:
        """Return whether the frame puts a message on the topic."""
        return frame.verb == "HPUB" and frame.subject.startswith(subject(topic, "x").removesuffix("x"))

    def acknowledges(self, frame: Frame, topic: str, group: str) -> bool:
        """Return whether the frame is a `+ACK` of the group."""
        return (
            frame.payload == b"+ACK"
            and frame.subject.startswith(ACK_PREFIX)
            and f".{stream_name(topic)}.{group}." in frame.subject
        )


class KafkaDialect:
    """Kafka: a request of the right kind that names the topic or the group."""

    engine = "kafka"
    splitter: MakeSplitter = KafkaFrames

    def publishes(self, frame: Frame, topic: str) -> bool:
        """Return whether the frame produces to the topic."""
        return frame.verb == PRODUCE and topic_name(KAFKA_NAMESPACE, topic).encode() in frame.payload

    def acknowledges(self, frame: Frame, topic: str, group: str) -> bool:
        """Return whether the frame commits the group's state."""
        return frame.verb == OFFSET_COMMIT and group_name(KAFKA_NAMESPACE, topic, group).encode() in frame.payload


DIALECTS: dict[str, Dialect] = {"nats": NatsDialect(), "kafka": KafkaDialect()}
