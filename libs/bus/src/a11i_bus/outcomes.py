"""What becomes of a delivery that is not simply acknowledged. Shared by stages and sinks."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import structlog
from pydantic import SecretStr

from a11i_bus.dead_letter_share import DeadLetterShare
from a11i_bus.dead_letters import DeadLetters
from a11i_bus.failures import describe
from a11i_bus.health import StageHealth
from a11i_bus.isolation import FailedPart
from a11i_bus.port import Bus, Delivery, Message, Subscription
from a11i_bus.settings import RunnerSettings
from a11i_bus.suspects import Suspects
from a11i_bus.waiting import Backoff, RetryBudget, insist, spread
from a11i_chassis import metrics
from a11i_chassis.errors import TransientError
from a11i_chassis.waiting import Stopping, stopped_within
from a11i_telemetry.batch import SchemaVersionError

_PENDING_INTERVAL_S: Final = 5.0
"""Between looks at how many batches wait: finer than Prometheus's usual 15 s."""

_MOST_DOUBLINGS: Final = 16
"""Keeps a power of two from growing without end."""

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FailedMessage:
    """A message, or one made of a part of it, and why a stage gave up on it."""

    message: Message
    error: Exception
    items: int
    """How many it holds; 1 if nobody knows."""


def failed_message(source: Message, part: FailedPart, payload: bytes) -> FailedMessage:
    """Return a part of a message's batch, as `payload`, as a message of its own, whose id names its rows."""
    return FailedMessage(replace(source, id=source.id + part.rows, payload=payload), part.error, part.count)


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
        health: StageHealth,
    ) -> None:
        self._stage = stage
        self._settings = settings
        self._stop = stop
        self._dead_letters = DeadLetters(bus, f"{stage}.{version}", source, dead_letter_key)
        self._budget = RetryBudget(settings.retry_share)
        self.share = DeadLetterShare(stage, settings.dead_letters, health)
        self.suspects = Suspects(settings.trial.after_deliveries)
        self._caught_up_at: float | None = None
        """When nothing waited, or ingest took the last batch finished: the later, in seconds since the epoch."""
        self._done = metrics.STAGE_BATCHES.labels(stage, "done")
        self._spans = metrics.STAGE_SPANS.labels(stage)
        self._age = metrics.STAGE_AGE_SECONDS.labels(stage)

    def backoff(self) -> Backoff:
        """Return the pauses of one batch that waits for the bus."""
        return Backoff(self._settings, self._stop)

    def retries(self) -> Backoff:
        """Return the pauses between the tries of one batch, a new one, within the stage's budget for retries."""
        self._budget.earn()
        return Backoff(self._settings, self._stop, self._budget)

    async def done(self, delivery: Delivery) -> None:
        """Take the delivery off the group's work; if the service stops before the bus takes that, it comes again."""
        with suppress(Stopping):
            await insist(delivery.ack, self.backoff())
            self.suspects.settled(delivery)
            self._done.inc()

    def worked_on(self, tenant_id: str, rows: int, received_time_ns: int) -> None:
        """Count rows that are through, and how old they are by now."""
        received_s = received_time_ns / 1e9
        self.share.passed(tenant_id, rows)
        self._spans.inc(rows)
        self._age.observe(time.time() - received_s)
        self._caught_up_at = max(self._caught_up_at or 0.0, received_s)

    async def watch_pending(self, subscription: Subscription) -> None:
        """Keep the metrics of waiting batches up to date until the service stops."""
        while True:
            with suppress(TransientError):
                pending = await subscription.pending()
                if not pending:
                    self._caught_up_at = time.time()
                metrics.STAGE_PENDING.labels(self._stage).set(pending)
                if self._caught_up_at is not None:
                    metrics.STAGE_LAG_SECONDS.labels(self._stage).set(max(0.0, time.time() - self._caught_up_at))
            if await stopped_within(self._stop, _PENDING_INTERVAL_S):
                return

    async def park(self, delivery: Delivery, error: SchemaVersionError) -> None:
        """Put the delivery off until a member may take it that knows its schema version: longer each time."""
        settings = self._settings
        doublings = min(delivery.attempt - 1, _MOST_DOUBLINGS)
        delay_s = min(settings.park_s, settings.park_base_s * 2**doublings)
        _log.warning("batch_parked", **self._names(delivery.message), delay_s=delay_s, error=str(error))
        await self._retry(delivery, spread(delay_s))
        self._count("parked")

    async def give_back(self, delivery: Delivery, delay_s: float) -> None:
        """Leave the delivery to another member, or to a later time."""
        await self._retry(delivery, delay_s)
        self._count("retried")

    async def give_up(self, delivery: Delivery, error: Exception, tries: int, items: int) -> None:
        """Make the delivery a dead letter, or leave it to a later time, as `give_up_parts` does."""
        await self.give_up_parts(delivery, [FailedMessage(delivery.message, error, items)], tries)

    async def give_up_parts(self, delivery: Delivery, failed: Sequence[FailedMessage], tries: int) -> None:
        """Make dead letters of the messages, which are the delivery or parts of it, and take it off the group's work.

        The delivery is given back to come again later if that would make too large a share of the items dead letters,
        or while the dead letters take nothing, being full above all: held here, it would hold up others that can be
        worked on. Raises Stopping if the bus is away and the service stops.
        """
        if not self.share.allows(delivery.message.key, sum(one.items for one in failed)):
            await self.give_back(delivery, 2 * self._settings.dead_letters.pause_s)
            return
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
            self.suspects.settled(delivery)
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
        self.suspects.given_back(delivery)
        # If the bus is away, the delivery comes again by itself.
        with suppress(TransientError):
            await delivery.retry(delay_s)

    def _count(self, outcome: str) -> None:
        metrics.STAGE_BATCHES.labels(self._stage, outcome).inc()

    def _names(self, message: Message) -> dict[str, str]:
        return {"stage": self._stage, "tenant_id": message.key, "message_id": message.id}
