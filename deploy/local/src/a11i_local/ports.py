"""Which port each listener of a mesh gets.

A port comes from the user's settings, else from the last start, else is the one that people expect (4317 for OTLP),
else a free one. Two meshes never take the same: each holds a lock per port for as long as it lives, as gRPC's servers
would happily share one.
"""

from __future__ import annotations

import errno
import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from io import FileIO
from pathlib import Path

from a11i_local.errors import SetupError

FREE_RANGE = range(18_000, 32_000)
"""Below the ports that Linux gives to outgoing connections (32768 and up): a restarted service finds its port free."""


class PortClaims:
    """Ports that this process holds. They are given back by `close`, or when the process ends."""

    def __init__(self, directory: Path | None = None) -> None:
        """Raises SetupError if the directory of the locks, which all meshes of a user share, is someone else's."""
        self._directory = directory or Path(tempfile.gettempdir()) / f"a11i-ports-{os.getuid()}"
        self._held: dict[int, FileIO] = {}
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(
                f"{self._directory} can't be made ({error.strerror}): set TMPDIR to a directory of yours"
            ) from None
        if self._directory.lstat().st_uid != os.getuid():
            raise SetupError(f"{self._directory} is another user's: remove it, or set TMPDIR to a directory of yours")

    def claim(self, port: int) -> bool:
        """Takes the port for this mesh. False: somebody listens there, or another mesh has it."""
        lock = self._lock(port)
        if lock is None:
            return False
        self._held[port] = lock
        if _obstacle(port) is not None:
            self._release(port)
            return False
        return True

    def claim_any(self) -> int:
        """Takes some free port."""
        candidates = random.sample(FREE_RANGE, 200)
        for port in candidates:
            if self.claim(port):
                return port
        raise SetupError(f"none of 200 ports between {FREE_RANGE.start} and {FREE_RANGE.stop} is free")

    def close(self) -> None:
        """Gives all back."""
        for port in tuple(self._held):
            self._release(port)

    def _lock(self, port: int) -> FileIO | None:
        path = self._directory / str(port)
        while True:
            lock = FileIO(path, "a")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if path.stat().st_ino == os.fstat(lock.fileno()).st_ino:
                    return lock
            except BlockingIOError:
                lock.close()
                return None
            except FileNotFoundError:
                pass
            # Its last owner removed the file after it was opened here: the lock on it excludes nobody.
            lock.close()

    def _release(self, port: int) -> None:
        # Removed while the lock is held: nobody else's is taken away.
        (self._directory / str(port)).unlink(missing_ok=True)
        self._held.pop(port).close()


def assign(
    names: Iterable[str],
    claims: PortClaims,
    chosen: Mapping[str, tuple[str, int]],
    remembered: Mapping[str, int],
    preferred: Mapping[str, int],
) -> dict[str, int]:
    """A port for each name.

    `chosen` are the user's, each with the name of its setting: SetupError if one is taken, may not be used, or is
    named twice.
    """
    ports: dict[str, int] = {}
    settings: dict[int, str] = {}
    # The user's first, lest one of them goes to a listener that is content with any.
    for name, (setting, port) in chosen.items():
        if port in settings:
            raise SetupError(f"{settings[port]} and {setting} both name port {port}: choose another for one of them")
        if not claims.claim(port):
            raise SetupError(refusal(setting, port, _obstacle(port)))
        settings[port] = setting
        ports[name] = port
    for name in names:
        if name not in ports:
            wishes = _wishes(name, remembered, preferred)
            ports[name] = next((port for port in wishes if claims.claim(port)), None) or claims.claim_any()
    return ports


def _wishes(name: str, remembered: Mapping[str, int], preferred: Mapping[str, int]) -> Iterator[int]:
    for source in (remembered, preferred):
        if name in source:
            yield source[name]


def refusal(setting: str, port: int, obstacle: OSError | None) -> str:
    """Why a user's port can't be had, and what to do. No obstacle: another mesh has claimed it."""
    if obstacle is not None and obstacle.errno == errno.EACCES:
        return f"port {port} needs root ({setting}={port}): choose one from 1024 on"
    return (
        f"port {port} is taken ({setting}={port}): stop what listens there, choose another, "
        f"or unset {setting} and a free port is found"
    )


def _obstacle(port: int) -> OSError | None:
    """Why nothing can listen there; None if it can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # As servers do: a port in TIME_WAIT after a restart counts as free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen()
        except OSError as error:
            return error
    return None
