"""A look at a Kafka server past the adapter: what is in a topic's log, and how the topic is configured."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from a11i_bus.kafka.endpoint import parse
from a11i_bus.kafka.records import topic_name

PARTITIONS = 4


class TopicLog:
    """A topic on a server."""

    def __init__(self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient, name: str) -> None:
        self._consumer = consumer
        self._admin = admin
        self._name = name

    async def kept(self) -> int:
        """Return how many messages Kafka still gives out."""
        partitions = [TopicPartition(self._name, number) for number in range(PARTITIONS)]
        begins = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        return sum(ends[tp] - begins[tp] for tp in partitions)

    async def configure(self, **config: str) -> None:
        """Change the topic's configuration, as an operator may; "_" stands for "."."""
        changes = {name.replace("_", "."): value for name, value in config.items()}
        await self._admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, self._name, configs=changes)])

    async def configuration(self) -> dict[str, str]:
        """Return the topic's configuration."""
        (answer,) = await self._admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, self._name)])
        return {entry[0]: entry[1] for entry in answer.resources[0][4]}


@asynccontextmanager
async def open_log(url: str, topic: str) -> AsyncIterator[TopicLog]:
    """Look at a topic for the time of the block."""
    endpoint = parse(url)
    consumer = AIOKafkaConsumer(**endpoint.client_options)
    admin = AIOKafkaAdminClient(**endpoint.client_options)
    await consumer.start()
    await admin.start()
    try:
        yield TopicLog(consumer, admin, topic_name(endpoint.namespace, topic))
    finally:
        await admin.close()
        await consumer.stop()
