"""Which port each listener of a mesh gets.

A port comes from the user's settings, else from the last start, else is the one that people expect (4317 for OTLP),
else a free one. Two meshes never take the same: each holds a lock per port for as long as it lives, as gRPC's servers
would happily share one.
"""

from __future__ import annotations

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
        lock = FileIO(self._directory / str(port), "a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        if not _is_free(port):
            lock.close()
            return False
        self._held[port] = lock
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
        for lock in self._held.values():
            lock.close()
        self._held.clear()


def assign(
    names: Iterable[str],
    claims: PortClaims,
    chosen: Mapping[str, tuple[str, int]],
    remembered: Mapping[str, int],
    preferred: Mapping[str, int],
) -> dict[str, int]:
    """A port for each name.

    `chosen` are the user's, each with the name of its setting: SetupError if one is taken.
    """
    ports: dict[str, int] = {}
    # The user's first, lest one of them goes to a listener that is content with any.
    for name, (setting, port) in chosen.items():
        if not claims.claim(port):
            raise SetupError(
                f"port {port} is taken ({setting}={port}): stop what listens there, choose another, "
                f"or unset {setting} and a free port is found"
            )
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


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # As servers do: a port in TIME_WAIT after a restart counts as free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen()
        except OSError:
            return False
    return True
