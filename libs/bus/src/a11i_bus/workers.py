"""Threads that work for an event loop, and one that hangs is noticed."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

_T = TypeVar("_T")

_END: Final = None


class OverBudgetError(Exception):
    """The work takes longer than it may. Its thread is lost: Python cannot end it."""


class AbandonedError(Exception):
    """Nobody waits for the work any longer."""


class _Job(Generic[_T]):
    __slots__ = ("_answer", "_context", "_loop", "_work")

    def __init__(self, work: Callable[[], _T], answer: asyncio.Future[_T]) -> None:
        self._work = work
        self._answer = answer
        self._loop = answer.get_loop()
        self._context = contextvars.copy_context()

    def run(self) -> None:
        try:
            result = self._context.run(self._work)
        except BaseException as error:  # whatever it is, it is the caller's
            self._tell(self._fail, error)
        else:
            self._tell(self._succeed, result)

    def _tell(self, deliver: Callable[..., None], value: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(deliver, value)

    def _succeed(self, result: _T) -> None:
        if not self._answer.done():
            self._answer.set_result(result)

    def _fail(self, error: BaseException) -> None:
        if not self._answer.done():
            self._answer.set_exception(error)


class Workers:
    """A fixed number of threads. For one event loop.

    Unlike those of an executor they are daemons: one that hangs keeps neither `end` nor the interpreter from ending.
    """

    def __init__(self, count: int, name: str) -> None:
        self._jobs: SimpleQueue[_Job[object] | None] = SimpleQueue()
        self._count = count
        self._answers: set[asyncio.Future[Any]] = set()
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    async def call(self, work: Callable[[], _T], budget_s: float) -> _T:
        """Return what `work` returns, called in a thread within the caller's context; or raise what it raises.

        Raises OverBudgetError if that takes longer than `budget_s`, waiting for a thread included.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_T] = loop.create_future()
        self._jobs.put(_Job(work, answer))  # type: ignore[arg-type]  # the queue holds jobs of all results
        self._answers.add(answer)
        late = loop.call_later(budget_s, _fail, answer, OverBudgetError)
        try:
            return await answer
        finally:
            late.cancel()
            self._answers.discard(answer)

    def abandon(self) -> None:
        """Raise AbandonedError in all callers. Their work goes on, and is thrown away."""
        for answer in self._answers:
            _fail(answer, AbandonedError)

    def end(self) -> None:
        """Let each thread end after its work."""
        for _ in range(self._count):
            self._jobs.put(_END)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not _END:
            job.run()
            del job  # a thread that waits holds no batch


def _fail(answer: asyncio.Future[Any], error: type[Exception]) -> None:
    if not answer.done():
        answer.set_exception(error)
