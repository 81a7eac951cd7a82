"""Creates the streams and consumers of the topology, and brings those that exist up to date."""

import json
from collections.abc import Mapping
from typing import Final

import structlog

from a11i_bus import topology
from a11i_bus.nats.link import NatsLink, away
from a11i_bus.nats.subjects import stream_name, subject_pattern
from a11i_bus.settings import BusSettings
from a11i_bus.topology import Retention, Topic

_NAME_IN_USE: Final = 10058
"""JetStream's error code for a stream that exists with other settings."""
_NS: Final = 1_000_000_000

_log = structlog.stdlib.get_logger(__name__)


async def prepare_streams(link: NatsLink, settings: BusSettings) -> None:
    """Make the server's streams and consumers those of the topology. Can be called again at any time, by anyone.

    Raises UnavailableError if the server does not take them.
    """
    for topic in topology.TOPICS:
        name = stream_name(topic.name)
        config = stream_config(topic, settings)
        answer = await _call(link, f"STREAM.CREATE.{name}", config)
        if _error_code(answer) == _NAME_IN_USE:
            answer = await _call(link, f"STREAM.UPDATE.{name}", config)
            _log.info("bus_topic_updated", topic=topic.name)
        _check(answer, topic.name)
        for group in topic.groups:
            body = {"stream_name": name, "config": consumer_config(group, settings)}
            _check(await _call(link, f"CONSUMER.DURABLE.CREATE.{name}.{group}", body), f"{topic.name}/{group}")


def stream_config(topic: Topic, settings: BusSettings) -> dict[str, object]:
    """Return a topic as JetStream's stream configuration; times in nanoseconds."""
    return {
        "name": stream_name(topic.name),
        "subjects": [subject_pattern(topic.name)],
        "retention": "workqueue" if topic.retention is Retention.WORK else "limits",
        "discard": "new",
        "max_bytes": int(settings.capacity_bytes * topic.capacity_share),
        "max_age": int(topic.max_age_s * _NS),
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


async def pending(link: NatsLink, topic: Topic, group: str) -> int:
    """Return how many messages of the topic the group has not settled."""
    if topic.retention is Retention.WORK:
        # What is settled leaves the stream. The consumer counts a message only some time after it was confirmed.
        stream = await _call(link, f"STREAM.INFO.{stream_name(topic.name)}", {}, prepared=True)
        _check(stream, topic.name)
        return _count(stream.get("state"), "messages")
    consumer = await _call(link, f"CONSUMER.INFO.{stream_name(topic.name)}.{group}", {}, prepared=True)
    _check(consumer, f"{topic.name}/{group}")
    return _count(consumer, "num_pending") + _count(consumer, "num_ack_pending")


def _count(answer: object, name: str) -> int:
    count = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(count, int):
        raise away("the bus did not say how many messages wait")
    return count


async def _call(
    link: NatsLink, action: str, body: Mapping[str, object], *, prepared: bool = False
) -> dict[str, object]:
    request = link.request if prepared else link.request_unprepared
    message = await request(f"$JS.API.{action}", json.dumps(body).encode())
    answer: dict[str, object] = json.loads(message.data)
    return answer


def _error_code(answer: Mapping[str, object]) -> int | None:
    error = answer.get("error")
    return error.get("err_code") if isinstance(error, dict) else None


def _check(answer: Mapping[str, object], what: str) -> None:
    error = answer.get("error")
    if isinstance(error, dict):
        raise away(f"the bus refuses {what}: {error.get('description')} ({error.get('err_code')})")
