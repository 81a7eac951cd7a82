"""Tries work in a child process, which may die of it instead of the service.

The child is a fork: it has the stage with its models at no cost, and it ends without running anything of the service's.
"""

import asyncio
import os
import pickle
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import structlog

from a11i.errors.v1.error_reason_pb2 import (
    ERROR_REASON_OVER_BUDGET,
    ERROR_REASON_OVERLOADED,
    ERROR_REASON_WORKER_DIED,
)
from a11i_bus.failures import Failure, RelayedError, describe, is_permanent
from a11i_bus.port import Delivery
from a11i_bus.settings import RunnerSettings
from a11i_chassis import metrics
from a11i_chassis.errors import A11iError, Reason, TransientError, UnavailableError
from a11i_telemetry.batch import SchemaVersionError

_READ_BYTES: Final = 1024 * 1024
_LOOK_S: Final = 0.02
"""Between looks at the child's memory: it cannot take much more in that time than it may, a few dozen MB."""
_KILL_ME_FIRST: Final = "1000"
"""The highest oom_score_adj: where memory ends for all, the child goes, not the service."""

_ALARM_AFTER_S: Final = 5.0
"""By how much the child's own alarm is later than its parent, which has usually ended it by then."""

_log = structlog.stdlib.get_logger(__name__)


class WorkerDiedError(A11iError):
    """The child process died of the work: killed, crashed or out of memory."""

    default_reason = ERROR_REASON_WORKER_DIED


class TrialOverBudgetError(A11iError):
    """The work did not end in its time, and its process was killed."""

    default_reason = ERROR_REASON_OVER_BUDGET


@dataclass(frozen=True, slots=True)
class _Raised:
    """How the work ended that raised. Exceptions do not travel: some cannot, and their text could be a user's."""

    failure: Failure
    retry_delay_s: float | None = None
    """Of a TransientError."""
    reason: "Reason.ValueType | None" = None
    unknown_schema: str = ""
    """What a SchemaVersionError says; it quotes nothing."""
    permanent: bool = False


class Child:
    """A child process at work. Made by `begin`; `answer` has to be awaited, and ends it."""

    def __init__(self, pid: int, pipe: int, memory_bytes: int, budget_s: float) -> None:
        self._pid = pid
        self._pipe = pipe
        self._memory_bytes = memory_bytes
        self._memory_limit = _memory_of(pid) + memory_bytes
        self._budget_s = budget_s

    @classmethod
    def begin(cls, work: Callable[[], object], *, memory_bytes: int, budget_s: float) -> "Child":
        """Fork, and work in the child, which may take `memory_bytes` more than the service has and so many seconds.

        Call this while no other thread holds a lock that `work` needs: it would never be released there. Raises
        UnavailableError if the system gives no process now.
        """
        reading, writing = os.pipe()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(reading)
            os.close(writing)
            raise UnavailableError("the system gives no process for a trial", reason=ERROR_REASON_OVERLOADED) from error
        if pid == 0:
            _be_child(work, writing, budget_s)
        os.close(writing)
        return cls(pid, reading, memory_bytes, budget_s)

    def kill(self) -> None:
        """End the child before its time; `answer` raises WorkerDiedError."""
        os.kill(self._pid, signal.SIGKILL)

    async def answer(self) -> object:
        """Return what the work returned.

        Raises what it raised: TransientError, SchemaVersionError, or RelayedError for all else. Raises WorkerDiedError
        or TrialOverBudgetError if there is no answer.
        """
        try:
            async with asyncio.timeout(self._budget_s):
                answer = await self._wait()
        except TimeoutError as error:
            raise TrialOverBudgetError(f"the work took more than {self._budget_s:g} s") from error
        finally:
            os.close(self._pipe)
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            _, status = os.waitpid(self._pid, 0)  # noqa: ASYNC222 - it has been killed: there is nothing to wait for
        if not answer:
            raise WorkerDiedError(f"the work's process ended with {_ending(status)}")
        return _opened(pickle.loads(answer))  # noqa: S301 - from our own child

    async def _wait(self) -> bytes:
        """Return what the child writes. Raises WorkerDiedError when it takes too much memory."""
        reading = asyncio.ensure_future(_read_all(self._pipe))
        try:
            while not (await asyncio.wait({reading}, timeout=_LOOK_S))[0]:
                # Limits of the system's own count address space, of which allocators reserve more than they use.
                if _memory_of(self._pid) > self._memory_limit:
                    raise WorkerDiedError(f"the work took more than {self._memory_bytes} bytes of memory")
            return reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def _read_all(pipe: int) -> bytes:
    """Return what the child writes until it ends; empty if it ends before it has written it all."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    chunks: list[bytes] = []

    def take() -> None:
        chunk = os.read(pipe, _READ_BYTES)
        if chunk:
            chunks.append(chunk)
        elif not ended.done():
            ended.set_result(None)

    loop.add_reader(pipe, take)
    try:
        await ended
    finally:
        loop.remove_reader(pipe)
    written = b"".join(chunks)
    length, body = int.from_bytes(written[:8], "big"), written[8:]
    return body if len(written) > 8 and len(body) == length else b""


def _memory_of(pid: int) -> int:
    """Return a process's resident memory in bytes; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):  # gone meanwhile, or another system
        return 0


def _ending(status: int) -> str:
    return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else str(os.WEXITSTATUS(status))


def _opened(answer: object) -> object:
    if not isinstance(answer, _Raised):
        return answer
    if answer.unknown_schema:
        raise SchemaVersionError(answer.unknown_schema)
    if answer.retry_delay_s is not None:
        raise UnavailableError(answer.failure.error_type, reason=answer.reason, retry_delay_s=answer.retry_delay_s)
    raise RelayedError(answer.failure, permanent=answer.permanent)


def _be_child(work: Callable[[], object], writing: int, budget_s: float) -> NoReturn:
    """Work, write the answer and end; never return into the service's code."""
    try:
        _prepare(budget_s)
        body = pickle.dumps(_outcome(work))
        with open(writing, "wb") as pipe:
            pipe.write(len(body).to_bytes(8, "big") + body)
        os._exit(0)
    finally:
        os._exit(1)


def _prepare(budget_s: float) -> None:
    # The service's handlers would write into its event loop's pipe, which the child shares.
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    # Should the service die meanwhile, the child does not stay.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, budget_s + _ALARM_AFTER_S)
    # A core file would hold the batch.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # not on every system
        Path("/proc/self/oom_score_adj").write_text(_KILL_ME_FIRST)


def _outcome(work: Callable[[], object]) -> object:
    try:
        return work()
    except TransientError as error:
        return _Raised(describe(error), retry_delay_s=error.retry_delay_s, reason=error.reason)
    except SchemaVersionError as error:
        return _Raised(describe(error), unknown_schema=str(error))
    except Exception as error:
        return _Raised(describe(error), permanent=is_permanent(error))


class Trial:
    """The trial of one delivery, counted and logged."""

    def __init__(self, stage: str, delivery: Delivery, settings: RunnerSettings) -> None:
        self._stage = stage
        self._delivery = delivery
        self._memory_bytes = settings.trial.memory_bytes

    def begin(self, work: Callable[[], object], budget_s: float) -> Child:
        """Begin work in a child process, as `Child.begin` does."""
        return Child.begin(work, memory_bytes=self._memory_bytes, budget_s=budget_s)

    async def answer(self, child: Child) -> object:
        """Return the child's answer. Raises as `Child.answer` does."""
        try:
            answer = await child.answer()
        except (WorkerDiedError, TrialOverBudgetError) as error:
            self._note("died", error.message)
            raise
        except Exception:
            self._note("failed")
            raise
        self._note("passed")
        return answer

    def _note(self, result: str, detail: str = "") -> None:
        metrics.STAGE_TRIALS.labels(self._stage, result).inc()
        _log.warning(
            "batch_tried_in_child",
            stage=self._stage,
            tenant_id=self._delivery.message.key,
            message_id=self._delivery.message.id,
            deliveries=self._delivery.attempt,
            result=result,
            detail=detail,
        )
