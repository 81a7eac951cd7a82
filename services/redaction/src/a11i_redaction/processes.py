"""Redaction as several processes, one a core: members of one group on the bus, which gives each its own batches.

The first process works on nothing itself. It loads the detectors once, before there is an event loop or a connection;
starts the workers as forks, which share that memory as long as nobody writes to it; passes SIGTERM on; and starts a
worker that died again, after a second at first and after more, up to 30, if it goes on dying. What a dead worker had
not settled the bus gives to another. A worker that finds its settings wrong ends all.

The first worker answers gRPC for all of them. Each answers for its own health, the others on a free port of this
machine, and has its own /metrics, the n-th (from 0) on the port of the settings plus n.
"""

import ctypes
import gc
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

import structlog

from a11i_chassis.logging import configure
from a11i_chassis.settings import EXIT_BAD_SETTINGS
from a11i_redaction.settings import RedactionSettings

_log = structlog.get_logger()

_FIRST_DELAY_S: Final = 1.0
_LAST_DELAY_S: Final = 30.0
"""Between a worker's death and its next start: often enough to come back by itself, too seldom to be a load."""
_STEADY_S: Final = 60.0
"""A worker that lived for so long did not die of its start."""
_KILL_AFTER_S: Final = 5.0
"""Beyond the workers' own shutdown budget."""
_LISTEN_LOCALLY: Final = "127.0.0.1:0"
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_PR_SET_PDEATHSIG: Final = 1
"""linux/prctl.h"""


@dataclass(slots=True)
class _Worker:
    """The n-th worker. Without a process it waits for its next start."""

    number: int
    pid: int = 0
    started_s: float = 0.0
    start_at_s: float = 0.0
    delay_s: float = _FIRST_DELAY_S


def serve(settings: RedactionSettings, work: Callable[[], NoReturn]) -> NoReturn:
    """Run `work` in `settings.processes` forks of this process until SIGTERM or SIGINT; exit with 0 then.

    Call this with all that they are to share loaded, from the only thread that works. Exits with 2 if a worker does.
    """
    configure("redaction", settings.log)
    # What is there stays: a collection would write to all of it, and each worker would have a copy.
    gc.collect()
    gc.freeze()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    _log.info("serving_processes", processes=settings.processes)
    supervisor = _Supervisor(settings, work, before)
    raise SystemExit(supervisor.run())


class _Supervisor:
    """Starts workers and sees to it that they run."""

    def __init__(
        self, settings: RedactionSettings, work: Callable[[], NoReturn], mask: set[int | signal.Signals]
    ) -> None:
        self._settings = settings
        self._work = work
        self._mask = mask
        self._workers = [_Worker(number) for number in range(settings.processes)]

    def run(self) -> int:
        """Return the exit status, with all workers ended."""
        try:
            while True:
                for worker in self._workers:
                    if not worker.pid and worker.start_at_s <= time.monotonic():
                        self._start(worker)
                if self._signal(_LAST_DELAY_S) in {signal.SIGTERM, signal.SIGINT}:
                    return 0
                if self._look_after_dead() == EXIT_BAD_SETTINGS:
                    return EXIT_BAD_SETTINGS
        finally:
            self._end()

    def _start(self, worker: _Worker) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
            _end_with(parent)
            os.environ.update(_told(self._settings, worker.number))
            self._workers = []  # The others are not this one's to end.
            self._work()
        worker.pid, worker.started_s = pid, time.monotonic()
        _log.info("worker_started", number=worker.number, pid=pid)

    def _signal(self, longest_s: float) -> int:
        """Return the next signal, or 0 when it is time to start a worker."""
        waiting = [worker.start_at_s for worker in self._workers if not worker.pid]
        left_s = min([longest_s, *(start_at_s - time.monotonic() for start_at_s in waiting)])
        caught = signal.sigtimedwait(_SIGNALS, max(0.0, left_s))
        return caught.si_signo if caught else 0

    def _look_after_dead(self) -> int:
        """Plan the next start of those that died. Return the exit status that one means for all."""
        for worker in self._workers:
            ended, status = os.waitpid(worker.pid, os.WNOHANG) if worker.pid else (0, 0)
            if not ended:
                continue
            code = os.waitstatus_to_exitcode(status)
            worker.pid = 0
            if code == EXIT_BAD_SETTINGS:
                return EXIT_BAD_SETTINGS
            now_s = time.monotonic()
            worker.delay_s = _FIRST_DELAY_S if now_s - worker.started_s > _STEADY_S else worker.delay_s
            _log.error("worker_died", number=worker.number, pid=ended, exit=code, started_again_in_s=worker.delay_s)
            worker.start_at_s = now_s + worker.delay_s
            worker.delay_s = min(2 * worker.delay_s, _LAST_DELAY_S)
        return 0

    def _end(self) -> None:
        """Tell the workers to end, and kill those that do not."""
        self._kill(signal.SIGTERM)
        deadline_s = time.monotonic() + self._settings.shutdown_budget_s + _KILL_AFTER_S
        while self._running() and time.monotonic() < deadline_s:
            signal.sigtimedwait([signal.SIGCHLD], max(0.0, deadline_s - time.monotonic()))
        self._kill(signal.SIGKILL)

    def _running(self) -> bool:
        for worker in self._workers:
            if worker.pid and os.waitpid(worker.pid, os.WNOHANG)[0]:
                worker.pid = 0
        return any(worker.pid for worker in self._workers)

    def _kill(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.pid:
                os.kill(worker.pid, number)


def _told(settings: RedactionSettings, number: int) -> Mapping[str, str]:
    """Return what the n-th worker's settings have of their own, as its environment."""
    told = {"A11I_REDACTION_PROCESSES": "1"}
    if number:
        told["A11I_REDACTION_GRPC__LISTEN"] = _LISTEN_LOCALLY
    listen = settings.metrics.listen
    if listen and not listen.endswith(":0"):
        host, port = listen.rsplit(":", 1)
        told["A11I_REDACTION_METRICS__LISTEN"] = f"{host}:{int(port) + number}"
    return told


def _end_with(parent_pid: int) -> None:
    """Make the kernel end this process when its parent does, however that comes about."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent_pid:
        raise SystemExit(0)  # It ended before.
