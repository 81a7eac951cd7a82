"""A seed's plan is its own, whole, and the same each time; what it waits for is told apart on the wire."""

import pytest

from a11i_bus import topology
from a11i_bus.kafka.records import group_name, topic_name
from a11i_bus.nats.subjects import stream_name, subject
from tests.chaos.actions import ACTIONS
from tests.chaos.dialects import KAFKA_NAMESPACE, KafkaDialect, NatsDialect
from tests.chaos.frames import Frame, Way
from tests.chaos.kafka_frames import OFFSET_COMMIT, PRODUCE
from tests.chaos.nemesis import plan


@pytest.mark.parametrize("bus", sorted(ACTIONS))
def test_a_seed_gives_every_action_once_in_its_own_order(bus: str) -> None:
    actions = ACTIONS[bus]
    assert len({action.name for action in actions}) == len(actions)
    assert plan(1, actions) == plan(1, actions)
    assert plan(1, actions) != plan(2, actions)
    assert {step.action.name for step in plan(1, actions)} == {action.name for action in actions}


def nats_frame(verb: str, to: str, payload: bytes = b"") -> Frame:
    return Frame(Way.TO_SERVER, 1, b"...", verb, to, "_INBOX.a.1", payload)


def test_nats_publications_and_acknowledgements_are_known_by_their_subjects() -> None:
    nats = NatsDialect()
    published = nats_frame("HPUB", subject(topology.SPANS_RECEIVED, "tenant"))
    assert nats.publishes(published, topology.SPANS_RECEIVED)
    assert not nats.publishes(published, topology.SPANS_TOKENIZED)
    to = f"$JS.ACK.{stream_name(topology.SPANS_REDACTED)}.writer.1.2.3.4.5"
    assert nats.acknowledges(nats_frame("PUB", to, b"+ACK"), topology.SPANS_REDACTED, "writer")
    assert not nats.acknowledges(nats_frame("PUB", to, b"+WPI"), topology.SPANS_REDACTED, "writer")
    assert not nats.acknowledges(nats_frame("PUB", to, b"+ACK"), topology.SPANS_RECEIVED, "tokenization")


def test_kafka_publications_and_acknowledgements_are_known_by_kind_and_names() -> None:
    kafka = KafkaDialect()
    topic = topic_name(KAFKA_NAMESPACE, topology.SPANS_RECEIVED).encode()
    group = group_name(KAFKA_NAMESPACE, topology.SPANS_REDACTED, "writer").encode()
    produced = Frame(Way.TO_SERVER, 1, b"...", PRODUCE, payload=b"\0" + topic + b"\0")
    committed = Frame(Way.TO_SERVER, 1, b"...", OFFSET_COMMIT, payload=b"\0" + group + b"\0")
    assert kafka.publishes(produced, topology.SPANS_RECEIVED)
    assert not kafka.publishes(produced, topology.SPANS_TOKENIZED)
    assert kafka.acknowledges(committed, topology.SPANS_REDACTED, "writer")
    assert not kafka.acknowledges(committed, topology.SPANS_RECEIVED, "tokenization")
    assert not kafka.acknowledges(produced, topology.SPANS_RECEIVED, "tokenization")
