"""What holds for every test: nothing that it started outlives it."""

import asyncio
import inspect
import os
import time
from collections.abc import AsyncIterator, Iterator

import psutil
import pytest
import pytest_asyncio

# Before NumPy is loaded, which reads these once: a language model's threads wait for each other in a busy loop as soon
# as other tests take their cores, and took five times the time of one. The services are set so, too.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

_SETTLE_SECONDS = 5.0
"""How long tasks and processes may take to end after their test: a SIGTERM's worth."""


@pytest.fixture(scope="session", autouse=True)
def _no_process_outlives_the_session() -> Iterator[None]:
    """Fail the run if a process is left that a test or a fixture started, and end it.

    Session-wide, as engines are shared by the tests of a session.
    """
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    deadline = time.monotonic() + _SETTLE_SECONDS
    while left := [child for child in psutil.Process().children(recursive=True) if child.pid not in before]:
        gone, _ = psutil.wait_procs(left, timeout=0.1)
        if not gone and time.monotonic() > deadline:
            names = [_describe(child) for child in left]
            for child in left:
                child.kill()
            pytest.fail(f"left running by the tests: {names}")


def _describe(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {' '.join(process.cmdline())[:200]}"
    except psutil.NoSuchProcess:
        return f"{process.pid} (ended)"


@pytest.fixture(autouse=True)
def _no_task_outlives_its_test(request: pytest.FixtureRequest) -> None:
    """Fail an asynchronous test that leaves a task behind. The thousands of others go without an event loop."""
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("_tasks_end")


@pytest_asyncio.fixture
async def _tasks_end() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    deadline = time.monotonic() + _SETTLE_SECONDS
    # The fixture's own end runs as a task, too.
    while left := {task for task in asyncio.all_tasks() - before - {asyncio.current_task()} if not task.done()}:
        if time.monotonic() > deadline:
            names = [repr(task) for task in left]
            for task in left:
                task.cancel()
            pytest.fail(f"tasks left running: {names}")
        await asyncio.sleep(0.01)
