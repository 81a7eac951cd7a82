"""Processes are started, watched, started again and stopped in order; nothing outlives the supervisor."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from a11i_local.errors import SetupError, StartError
from a11i_local.supervisor import Backoff, Change, Supervisor
from tests.unit.local.children import IGNORES_SIGTERM, SERVES, Events, eventually, eventually_sync, is_alive, python

QUICK = Backoff(first_s=0.01, longest_s=0.05)


@pytest.fixture
def events() -> Events:
    return Events()


@pytest_asyncio.fixture
async def supervisor(tmp_path: Path, events: Events) -> AsyncIterator[Supervisor]:
    async with Supervisor(tmp_path, events, QUICK) as supervisor:
        yield supervisor


async def test_start_returns_when_the_process_is_ready(supervisor: Supervisor, events: Events, tmp_path: Path) -> None:
    await supervisor.start(python(tmp_path, "one", SERVES))

    assert events.of("one") == [Change.STARTED, Change.READY]
    assert is_alive(events.last(Change.READY).pid)
    assert supervisor.log_path("one").read_text() == "up\n"


async def test_a_killed_process_is_started_again(supervisor: Supervisor, events: Events, tmp_path: Path) -> None:
    await supervisor.start(python(tmp_path, "one", SERVES))
    first = events.last(Change.READY).pid
    os.kill(first, signal.SIGKILL)
    await events.until("one", Change.STARTED, Change.READY, Change.DIED, Change.STARTED, Change.READY)

    died = events.last(Change.DIED)
    assert (died.detail, died.log) == ("signal 9 (SIGKILL)", tmp_path / "one.log")
    again = events.last(Change.READY)
    assert (again.restarts, is_alive(again.pid), is_alive(first)) == (1, True, False)


async def test_what_a_dead_process_had_started_goes_with_it(
    supervisor: Supervisor, events: Events, tmp_path: Path
) -> None:
    code = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {SERVES!r}]); print(p.pid); {SERVES}"
    await supervisor.start(python(tmp_path, "parent", code))
    grandchild = int(supervisor.log_path("parent").read_text().split()[0])
    assert is_alive(grandchild)
    os.kill(events.last(Change.READY).pid, signal.SIGKILL)

    await eventually(lambda: not is_alive(grandchild))


async def test_stop_goes_from_dependents_to_what_they_need(
    supervisor: Supervisor, events: Events, tmp_path: Path
) -> None:
    await supervisor.start(python(tmp_path, "engine", SERVES))
    await supervisor.start(python(tmp_path, "service", SERVES, after=("engine",)))
    await supervisor.start(python(tmp_path, "gateway", SERVES, after=("service",)))
    await supervisor.stop()

    stopped = [event.name for event in events.seen if event.change is Change.STOPPED]
    assert stopped == ["gateway", "service", "engine"]
    assert not any(is_alive(event.pid) for event in events.seen)


async def test_a_process_that_will_not_stop_is_killed(supervisor: Supervisor, events: Events, tmp_path: Path) -> None:
    await supervisor.start(python(tmp_path, "deaf", IGNORES_SIGTERM, stop_timeout_s=0.1))
    await supervisor.stop()

    assert events.last(Change.STOPPED).detail == "killed: it did not stop in time"
    assert not is_alive(events.last(Change.READY).pid)


async def test_a_process_that_keeps_dying_before_it_is_ready_fails_the_start(
    supervisor: Supervisor, events: Events, tmp_path: Path
) -> None:
    with pytest.raises(StartError, match=rf"broken ended with exit code 3; see {tmp_path}/broken.log"):
        await supervisor.start(python(tmp_path, "broken", "raise SystemExit(3)", probe=_never))

    assert events.of("broken").count(Change.STARTED) == 3


async def test_wrong_settings_fail_the_start_at_once(supervisor: Supervisor, events: Events, tmp_path: Path) -> None:
    code = "import sys; print('an earlier line', flush=True); sys.stderr.write('port 1 is taken\\n'); sys.exit(2)"

    with pytest.raises(SetupError, match=r"misled ended with exit code 2: port 1 is taken; see .*misled\.log"):
        await supervisor.start(python(tmp_path, "misled", code, probe=_never))

    assert events.of("misled") == [Change.STARTED]


async def test_a_process_that_never_is_ready_fails_the_start(
    supervisor: Supervisor, events: Events, tmp_path: Path
) -> None:
    with pytest.raises(StartError, match=r"slow was not ready within 0 s; see .*slow.log"):
        await supervisor.start(python(tmp_path, "slow", SERVES, ready_timeout_s=0.3, probe=_never))


async def test_a_program_that_is_not_there_fails_the_start(supervisor: Supervisor, tmp_path: Path) -> None:
    spec = python(tmp_path / "nowhere", "lost", SERVES)

    with pytest.raises(StartError, match=r"lost can't be started: .*nowhere"):
        await supervisor.start(spec)


async def test_an_error_in_the_block_still_stops_everything(tmp_path: Path, events: Events) -> None:
    async def fail_inside() -> None:
        async with Supervisor(tmp_path, events, QUICK) as supervisor:
            await supervisor.start(python(tmp_path, "one", SERVES))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_inside()

    assert not is_alive(events.last(Change.READY).pid)


async def test_a_process_in_its_pause_is_not_started_again_by_stop(tmp_path: Path, events: Events) -> None:
    async with Supervisor(tmp_path, events, Backoff(first_s=60)) as supervisor:
        await supervisor.start(python(tmp_path, "one", SERVES))
        os.kill(events.last(Change.READY).pid, signal.SIGKILL)
        await events.until("one", Change.STARTED, Change.READY, Change.DIED)
        async with asyncio.timeout(5):
            await supervisor.stop()

    assert events.of("one")[-1] is Change.DIED


def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    code = f"""
import asyncio, sys
from pathlib import Path
from a11i_local.supervisor import Supervisor
from tests.unit.local.children import SERVES, python

async def main():
    directory = Path({str(tmp_path)!r})
    async with Supervisor(directory, lambda event: print(event.pid, flush=True)) as supervisor:
        await supervisor.start(python(directory, "one", SERVES))
        await asyncio.sleep(60)

asyncio.run(main())
"""
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    child = int(owner.stdout.readline())
    owner.stdout.readline()
    assert is_alive(child)
    owner.kill()
    owner.wait()
    owner.stdout.close()

    eventually_sync(lambda: not is_alive(child))


def test_pauses_grow_up_to_a_bound_and_differ() -> None:
    backoff = Backoff(first_s=1.0, longest_s=8.0)
    pauses = [[backoff.pause_s(failures) for _ in range(50)] for failures in (1, 2, 3, 4, 9)]

    for several, longest_s in zip(pauses, (1.0, 2.0, 4.0, 8.0, 8.0), strict=True):
        assert all(longest_s / 2 <= pause <= longest_s for pause in several)
        assert len(set(several)) > 1


async def _never() -> bool:
    return False
