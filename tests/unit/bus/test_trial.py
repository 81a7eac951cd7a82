"""Work that may kill its process."""

import asyncio
import ctypes
import faulthandler
import mmap
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from a11i_bus.failures import RelayedError
from a11i_bus.trial import Child, TrialOverBudgetError, WorkerDiedError
from a11i_chassis.errors import InvalidArgumentError, UnavailableError
from a11i_telemetry.batch import SchemaVersionError

MEMORY_BYTES = 256 * 1024**2


async def tried(work: object, *, budget_s: float = 20.0) -> object:
    assert callable(work)

    def quietly() -> object:
        faulthandler.disable()  # pytest's, which would write into the test's output
        return work()

    return await Child.begin(quietly, memory_bytes=MEMORY_BYTES, budget_s=budget_s).answer()


async def test_what_the_work_returns_comes_back_however_large() -> None:
    assert await tried(lambda: bytes(20_000_000)) == bytes(20_000_000)
    assert await tried(lambda: None) is None


async def test_it_works_in_another_process_and_leaves_none() -> None:
    pid = await tried(os.getpid)
    assert isinstance(pid, int)
    assert pid != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
async def test_a_child_that_is_killed_or_crashes_has_died(number: signal.Signals) -> None:
    with pytest.raises(WorkerDiedError, match=number.name):
        await tried(lambda: os.kill(os.getpid(), number))


async def test_a_real_segmentation_fault_has_killed_the_child() -> None:
    with pytest.raises(WorkerDiedError, match="SIGSEGV"):
        await tried(lambda: ctypes.string_at(0))


async def test_a_child_that_exits_has_died() -> None:
    with pytest.raises(WorkerDiedError, match="ended with 3"):
        await tried(lambda: os._exit(3))


async def test_a_child_that_wants_too_much_memory_has_died() -> None:
    def grows() -> None:
        taken = []
        while True:
            taken.append(b"x" * 10_000_000)

    with pytest.raises(WorkerDiedError, match=f"{MEMORY_BYTES} bytes of memory"):
        await tried(grows)


async def test_memory_that_is_only_reserved_does_not_count() -> None:
    def reserves() -> int:
        return len(mmap.mmap(-1, 4 * MEMORY_BYTES))

    assert await tried(reserves) == 4 * MEMORY_BYTES


async def test_a_child_that_hangs_is_ended() -> None:
    started = time.monotonic()
    with pytest.raises(TrialOverBudgetError, match=r"0\.3 s"):
        await tried(lambda: threading.Event().wait(60), budget_s=0.3)
    assert time.monotonic() - started < 20


async def test_errors_come_back_without_their_text() -> None:
    def refuses() -> None:
        raise InvalidArgumentError("a prompt")

    def fails() -> None:
        raise KeyError("a prompt")

    for work, reason, permanent in ((refuses, "ARGUMENT_INVALID", True), (fails, "INTERNAL", False)):
        with pytest.raises(RelayedError) as caught:
            await tried(work)
        assert (caught.value.failure.reason, caught.value.permanent) == (reason, permanent)
        assert "prompt" not in str(caught.value)
        assert any(work.__name__ in frame for frame in caught.value.failure.frames)


async def test_what_is_away_or_unknown_comes_back_as_such() -> None:
    def away() -> None:
        raise UnavailableError("no policy", retry_delay_s=7.0)

    def newer() -> None:
        raise SchemaVersionError("major 9")

    with pytest.raises(UnavailableError) as caught:
        await tried(away)
    assert caught.value.retry_delay_s == 7.0
    with pytest.raises(SchemaVersionError, match="major 9"):
        await tried(newer)


async def test_a_signal_to_the_child_is_no_signal_to_the_service() -> None:
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, heard.set)
    try:
        with pytest.raises(WorkerDiedError, match="SIGTERM"):
            await tried(lambda: os.kill(os.getpid(), signal.SIGTERM))
        await asyncio.sleep(0.1)  # time for it to be heard
        assert not heard.is_set()
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


async def test_a_child_leaves_no_core_file_and_goes_first_when_memory_ends() -> None:
    def look() -> tuple[str, str]:
        limits = Path("/proc/self/limits").read_text()
        (core,) = [line for line in limits.splitlines() if line.startswith("Max core")]
        return core.split()[4], Path("/proc/self/oom_score_adj").read_text().strip()

    assert await tried(look) == ("0", "1000")


async def test_a_system_that_gives_no_process_condemns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses() -> int:
        raise BlockingIOError("no process")

    monkeypatch.setattr(os, "fork", refuses)
    files = set(os.listdir("/proc/self/fd"))
    with pytest.raises(UnavailableError):
        await tried(lambda: None)
    assert set(os.listdir("/proc/self/fd")) == files
