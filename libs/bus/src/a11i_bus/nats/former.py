"""Moves what waits in the stream of a topic's former name to the topic, and deletes that stream.

JetStream cannot make a work queue of a stream that keeps messages by age, so such a topic goes on under another name.
"""

import asyncio
from typing import Final

import structlog

from a11i_bus.nats.api import NO_SUCH_STREAM, call, check, error_code, number
from a11i_bus.nats.link import NatsLink, away
from a11i_bus.nats.streams import make_consumer
from a11i_bus.nats.subjects import stream_name
from a11i_bus.nats.subscription import NatsSubscription, open_subscription
from a11i_bus.port import Bus
from a11i_bus.settings import BusSettings
from a11i_bus.topology import FORMERLY, Topic
from a11i_chassis.errors import A11iError, UnavailableError

_LOOK_S: Final = 30.0
"""Between two looks: a service of the version before makes the former stream again while it is still rolled out."""
_RETRY_S: Final = 1.0
_AT_ONCE: Final = 8
"""Messages held at once, a dead letter being of some MiB at most."""
_POLL_S: Final = 0.2

_log = structlog.stdlib.get_logger(__name__)


async def keep_moving(link: NatsLink, bus: Bus, topic: Topic, settings: BusSettings) -> None:
    """Move what is in the topic's former stream whenever there is one, until cancelled."""
    former = Topic(FORMERLY[topic.name], topic.group, capacity_share=0.0)
    while True:
        try:
            await _look(link, bus, former, topic, settings)
        except A11iError as error:  # one that the bus refuses for good waits where it is, and is said again and again
            if link.up:
                _log.warning("bus_topic_not_moved", topic=topic.name, error=error.message)
            await asyncio.sleep(_RETRY_S if isinstance(error, UnavailableError) else _LOOK_S)
        else:
            await asyncio.sleep(_LOOK_S)


async def _look(link: NatsLink, bus: Bus, former: Topic, topic: Topic, settings: BusSettings) -> None:
    """Move what the group has not settled, and delete the stream, if there is one. Raises UnavailableError."""
    stream = stream_name(former.name)
    found = await call(link, f"STREAM.INFO.{stream}")
    if error_code(found) == NO_SUCH_STREAM:
        return
    check(found, stream)
    config = found.get("config")
    if not isinstance(config, dict):
        raise away("the bus did not say how a stream is configured")
    await make_consumer(link, stream, former.group, settings)
    async with open_subscription(link, former, max_unsettled=_AT_ONCE, ack_wait_s=settings.ack_wait_s) as subscription:
        await _empty(link, bus, former, topic, subscription)
        if not config.get("sealed"):
            # From here on nothing is added: who still publishes to the stream is refused, and tries again.
            check(await call(link, f"STREAM.UPDATE.{stream}", config | {"sealed": True}), stream)
        await _empty(link, bus, former, topic, subscription)
    check(await call(link, f"STREAM.DELETE.{stream}"), stream)
    _log.info("bus_topic_moved", topic=topic.name, stream=stream)


async def _empty(link: NatsLink, bus: Bus, former: Topic, topic: Topic, subscription: NatsSubscription) -> None:
    """Return when the group has settled everything in the former topic: here, or in a service of the version before."""
    while not await _is_settled(link, former):
        for delivery in await subscription.fetch(_AT_ONCE, _POLL_S):
            await bus.publish(topic.name, delivery.message)
            await delivery.ack()


async def _is_settled(link: NatsLink, topic: Topic) -> bool:
    name = stream_name(topic.name)
    stream = await call(link, f"STREAM.INFO.{name}")
    consumer = await call(link, f"CONSUMER.INFO.{name}.{topic.group}")
    check(stream, name)
    check(consumer, name)
    # The consumer learns of a message only after it was confirmed: it must have come as far as the stream.
    last = number(stream, "state", "last_seq") if number(stream, "state", "messages") else 0
    unsettled = number(consumer, "num_pending") + number(consumer, "num_ack_pending")
    return unsettled == 0 and number(consumer, "delivered", "stream_seq") >= last
