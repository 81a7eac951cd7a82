"""Creates the streams and consumers of the topology, and brings those that exist up to date."""

from typing import Final

import structlog

from a11i_bus import topology
from a11i_bus.nats.api import NAME_IN_USE, call, check, error_code, number
from a11i_bus.nats.link import NatsLink
from a11i_bus.nats.subjects import stream_name, subject_pattern
from a11i_bus.settings import BusSettings
from a11i_bus.topology import Topic

_NS: Final = 1_000_000_000

_log = structlog.stdlib.get_logger(__name__)


async def prepare_streams(link: NatsLink, settings: BusSettings) -> None:
    """Make the server's streams and consumers those of the topology. Can be called again at any time, by anyone.

    Raises UnavailableError if the server does not take them.
    """
    for topic in topology.TOPICS:
        name = stream_name(topic.name)
        config = stream_config(topic, settings)
        answer = await call(link, f"STREAM.CREATE.{name}", config, prepared=False)
        if error_code(answer) == NAME_IN_USE:
            answer = await call(link, f"STREAM.UPDATE.{name}", config, prepared=False)
            _log.info("bus_topic_updated", topic=topic.name)
        check(answer, topic.name)
        await make_consumer(link, name, topic.group, settings, prepared=False)


async def make_consumer(
    link: NatsLink, stream: str, group: str, settings: BusSettings, *, prepared: bool = True
) -> None:
    """Make a stream's consumer that of the group. Raises UnavailableError if the server does not take it."""
    body = {"stream_name": stream, "config": consumer_config(group, settings)}
    check(await call(link, f"CONSUMER.DURABLE.CREATE.{stream}.{group}", body, prepared=prepared), f"{stream}/{group}")


def stream_config(topic: Topic, settings: BusSettings) -> dict[str, object]:
    """Return a topic as JetStream's stream configuration; times in nanoseconds."""
    return {
        "name": stream_name(topic.name),
        "subjects": [subject_pattern(topic.name)],
        "retention": "workqueue",
        "discard": "new",
        "max_bytes": int(settings.capacity_bytes * topic.capacity_share),
        # 0: no message is dropped for its age.
        "max_age": int((topic.max_age_s or 0) * _NS),
        "duplicate_window": int(topology.DUPLICATE_WINDOW_S * _NS),
        "storage": "file",
        "num_replicas": settings.replicas,
    }


def consumer_config(group: str, settings: BusSettings) -> dict[str, object]:
    """Return a group as JetStream's consumer configuration; times in nanoseconds."""
    return {
        "durable_name": group,
        "ack_policy": "explicit",
        "ack_wait": int(settings.ack_wait_s * _NS),
        # Without end: a message past a limit would never be delivered again, and nobody told.
        "max_deliver": -1,
        # Each member bounds what it holds; messages that wait for a retry must not hold up the group.
        "max_ack_pending": -1,
    }


async def pending(link: NatsLink, topic: Topic) -> int:
    """Return how many messages of the topic its group has not settled.

    The stream says it, as what is settled leaves it. Its consumer learns of a message only after it was confirmed.
    """
    answer = await call(link, f"STREAM.INFO.{stream_name(topic.name)}")
    check(answer, topic.name)
    return number(answer, "state", "messages")
