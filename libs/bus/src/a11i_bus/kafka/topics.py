"""Creates the topics of the topology on Kafka, and brings the settings of those that exist up to date."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError, TopicAlreadyExistsError, for_code

from a11i_bus import topology
from a11i_bus.kafka.records import MAX_RECORD_BYTES, group_name, topic_name
from a11i_bus.settings import BusSettings
from a11i_bus.topology import Topic

_SEGMENT_BYTES: Final = 64 * 1024**2
"""Kafka deletes whole files only. Small ones let settled text leave the disk soon."""
_SEGMENT_S: Final = 600
_DELETE_DELAY_S: Final = 5
_GROUP_RETRY_S: Final = 0.1

_log = structlog.stdlib.get_logger(__name__)


async def prepare_topics(admin: AIOKafkaAdminClient, namespace: str, settings: BusSettings) -> None:
    """Make the topics those of the topology. Can be called again at any time, by anyone. Raises KafkaError."""
    configs = {topic_name(namespace, topic.name): topic_config(topic, settings) for topic in topology.TOPICS}
    answer = await admin.create_topics(
        [
            NewTopic(name, settings.partitions, settings.replicas, topic_configs=config)
            for name, config in configs.items()
        ]
    )
    existing = []
    for name, code, *rest in answer.topic_errors:
        error = for_code(code)
        if error is TopicAlreadyExistsError:
            existing.append(name)
        elif code:
            raise error(f"topic {name} is refused: {rest[0] if rest else ''}")
    if existing:
        await _update(admin, {name: configs[name] for name in existing})


def topic_config(topic: Topic, settings: BusSettings) -> dict[str, str]:
    """Return a topic's configuration. https://kafka.apache.org/documentation/#topicconfigs"""
    return {
        "cleanup.policy": "delete",
        # Never by size, nor by age unless the topology says so: what is dropped may be an acknowledged batch. See
        # `backlog`.
        "retention.bytes": "-1",
        "retention.ms": "-1" if topic.max_age_s is None else str(int(topic.max_age_s * 1000)),
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(MAX_RECORD_BYTES),
        # A publish waits for this many servers, the majority.
        "min.insync.replicas": str(settings.replicas // 2 + 1),
        "unclean.leader.election.enable": "false",
        # With one server only its disk outlives a loss of power; with several, the others do.
        "flush.messages": "1" if settings.replicas == 1 else str(2**63 - 1),
        "segment.bytes": str(_SEGMENT_BYTES),
        "segment.ms": str(_SEGMENT_S * 1000),
        "file.delete.delay.ms": str(_DELETE_DELAY_S * 1000),
    }


async def prepare_groups(admin: AIOKafkaAdminClient, namespace: str) -> None:
    """Return when each group has a server that keeps it. A new cluster makes that when it is first asked.

    The caller bounds the time. Raises KafkaError for anything but a group's server that is not there yet.
    """
    for topic in topology.TOPICS:
        while True:
            try:
                await admin.find_coordinator(group_name(namespace, topic.name, topic.group))
            except GroupCoordinatorNotAvailableError:
                await asyncio.sleep(_GROUP_RETRY_S)
            else:
                break


async def _update(admin: AIOKafkaAdminClient, wanted: dict[str, dict[str, str]]) -> None:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in wanted]
    changed = []
    for answer in await admin.describe_configs(resources):
        for code, message, _, name, entries in answer.resources:
            _check(code, message, name)
            current = {entry[0]: entry[1] for entry in entries}
            if any(current.get(key) != value for key, value in wanted[name].items()):
                changed.append(name)
    for name in changed:
        resource = ConfigResource(ConfigResourceType.TOPIC, name, configs=wanted[name])
        for answer in await admin.alter_configs([resource]):
            for code, message, *_ in answer.resources:
                _check(code, message, name)
        _log.info("bus_topic_updated", topic=name)


def _check(code: int, message: str | None, name: str) -> None:
    if code:
        error: type[KafkaError] = for_code(code)
        raise error(f"topic {name}: {message}")


async def partitions_of(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    """Return how many partitions each topic has. Raises KafkaError if a topic is not there."""
    found = {}
    for topic in await admin.describe_topics(list(names)):
        _check(topic["error_code"], "cannot be described", topic["topic"])
        found[topic["topic"]] = len(topic["partitions"])
    return found
