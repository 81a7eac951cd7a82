"""What becomes of a delivery that is not simply acknowledged. Shared by stages and sinks."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import structlog
from pydantic import SecretStr

from a11i_bus.dead_letters import DeadLetters
from a11i_bus.failures import describe
from a11i_bus.isolation import FailedPart
from a11i_bus.port import Bus, Delivery, Message, Subscription
from a11i_bus.settings import RunnerSettings
from a11i_bus.waiting import Backoff, Stopping, insist, stopped_within
from a11i_chassis import metrics
from a11i_chassis.errors import TransientError
from a11i_telemetry.batch import SchemaVersionError, SpanBatch

_PENDING_INTERVAL_S: Final = 5.0
"""Between looks at how many batches wait: finer than Prometheus's usual 15 s."""

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FailedMessage:
    """A message, or one made of a part of it, and why a stage gave up on it."""

    message: Message
    error: Exception


def failed_message(source: Message, part: FailedPart) -> FailedMessage:
    """Return a part of a message's batch as a message of its own, whose id names its rows."""
    return FailedMessage(replace(source, id=source.id + part.rows, payload=part.spans.encode()), part.error)


class Outcomes:
    """Settles the deliveries of one stage, and says so in log and metrics, never with a word of their text."""

    def __init__(
        self,
        bus: Bus,
        *,
        stage: str,
        version: int,
        source: str,
        settings: RunnerSettings,
        stop: asyncio.Event,
        dead_letter_key: SecretStr,
    ) -> None:
        self._stage = stage
        self._settings = settings
        self._stop = stop
        self._dead_letters = DeadLetters(bus, f"{stage}.{version}", source, dead_letter_key)

    def backoff(self) -> Backoff:
        """Return the pauses for one batch."""
        return Backoff(self._settings, self._stop)

    async def done(self, delivery: Delivery) -> None:
        """Take the delivery off the group's work; if the service stops before the bus takes that, it comes again."""
        with suppress(Stopping):
            await insist(delivery.ack, self.backoff())
            self._count("done")

    def worked_on(self, batch: SpanBatch) -> None:
        """Count a batch's spans, and how old they are by now."""
        metrics.STAGE_SPANS.labels(self._stage).inc(batch.columns.num_rows)
        metrics.STAGE_AGE_SECONDS.labels(self._stage).observe((time.time_ns() - batch.received_time_ns) / 1e9)

    async def watch_pending(self, subscription: Subscription) -> None:
        """Keep the metric of waiting batches up to date until the service stops."""
        while not await stopped_within(self._stop, _PENDING_INTERVAL_S):
            with suppress(TransientError):
                metrics.STAGE_PENDING.labels(self._stage).set(await subscription.pending())

    async def park(self, delivery: Delivery, error: SchemaVersionError) -> None:
        """Put the delivery off until a service may run that knows its schema version."""
        _log.warning("batch_parked", **self._names(delivery.message), delay_s=self._settings.park_s, error=str(error))
        await self._retry(delivery, self._settings.park_s)
        self._count("parked")

    async def give_back(self, delivery: Delivery, delay_s: float) -> None:
        """Leave the delivery to another member, or to a later time."""
        await self._retry(delivery, delay_s)
        self._count("retried")

    async def give_up(self, delivery: Delivery, error: Exception, tries: int) -> None:
        """Make the delivery a dead letter, or leave it to a later time, as `give_up_parts` does."""
        await self.give_up_parts(delivery, [FailedMessage(delivery.message, error)], tries)

    async def give_up_parts(self, delivery: Delivery, failed: Sequence[FailedMessage], tries: int) -> None:
        """Make dead letters of the messages, which are the delivery or parts of it, and take it off the group's work.

        While the dead letters take nothing, being full above all, the delivery is given back to come again later: held
        here, it would hold up others that can be worked on. Raises Stopping if the bus is away and the service stops.
        """
        # First stored there, then taken off here: whoever dies in between does it again, under the same ids.
        try:
            for one in failed:
                await self._bury(one, tries)
        except TransientError as error:
            self.note_retry(delivery, error, tries)
            await self.give_back(delivery, self._settings.patience_s)
        except Exception as refusal:
            failure = describe(refusal)
            _log.error(
                "dead_letter_refused",
                **self._names(delivery.message),
                reason=failure.reason,
                error_id=failure.error_id,
                error_type=failure.error_type,
                frames=failure.frames,
                delay_s=self._settings.park_s,
            )
            await self._retry(delivery, self._settings.park_s)
            self._count("parked")
        else:
            await insist(delivery.term, self.backoff())
            self._count("dead_lettered")

    async def _bury(self, failed: FailedMessage, tries: int) -> None:
        failure = describe(failed.error)
        await self._dead_letters.put(failed.message, failure, tries)
        _log.error(
            "batch_dead_lettered",
            **self._names(failed.message),
            reason=failure.reason,
            error_id=failure.error_id,
            error_type=failure.error_type,
            frames=failure.frames,
            tries=tries,
        )

    def note_retry(self, delivery: Delivery, error: Exception, tries: int) -> None:
        """Say that a batch is going to be tried again."""
        failure = describe(error)
        metrics.STAGE_RETRIES.labels(self._stage, failure.reason).inc()
        _log.warning(
            "batch_retried",
            **self._names(delivery.message),
            reason=failure.reason,
            error_id=failure.error_id,
            error_type=failure.error_type,
            frames=failure.frames,
            tries=tries,
        )

    async def _retry(self, delivery: Delivery, delay_s: float) -> None:
        # If the bus is away, the delivery comes again by itself.
        with suppress(TransientError):
            await delivery.retry(delay_s)

    def _count(self, outcome: str) -> None:
        metrics.STAGE_BATCHES.labels(self._stage, outcome).inc()

    def _names(self, message: Message) -> dict[str, str]:
        return {"stage": self._stage, "tenant_id": message.key, "message_id": message.id}
