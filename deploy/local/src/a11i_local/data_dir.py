"""The directory that holds a mesh's whole state.

mesh.env        addresses and the API key, in shell syntax
state.json      what runs: name -> pid, address
secrets.json    passwords and keys, made at the first start
ports.json      ports, to be the same at the next start
lock            held by the mesh that owns the directory
logs/           one file a process
nats/ postgres/ clickhouse/ seaweedfs/      the engines' data
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Mapping
from io import FileIO
from pathlib import Path

from a11i_local.errors import SetupError

SIGNS = {"ports.json", "secrets.json", "project.json", "mesh.env"}
"""Beside `lock`, one of these tells a mesh's directory from any other."""


class DataDir:
    """An opened data directory. One mesh owns it at a time."""

    def __init__(self, path: Path, lock: FileIO) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(cls, path: Path) -> DataDir:
        """Makes the directory if need be, and takes it; one that exists keeps its mode.

        Raises SetupError if it can't be written, is taken, or holds what is not a mesh's.
        """
        path = path.expanduser().resolve()
        try:
            if path.exists() and not path.is_dir():
                raise SetupError(f"{path} is a file, not a directory: choose another with A11I_DATA_DIR")
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _may_be_a_meshs(path):
                raise SetupError(
                    f"{path} holds other files than a mesh's: choose a new or empty directory with A11I_DATA_DIR"
                )
            # First: a directory that holds nothing else is one whose mesh was cut off here.
            lock = FileIO(os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
            (path / "logs").mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise SetupError(
                f"the data directory {path} can't be written ({error.strerror}): choose another with A11I_DATA_DIR"
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise SetupError(
                f"another mesh runs on {path}: stop it, or choose another directory with A11I_DATA_DIR"
            ) from None
        return cls(path, lock)

    def close(self) -> None:
        """Gives the directory to the next mesh."""
        self._lock.close()

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.path / "logs"

    @property
    def mesh_env(self) -> Path:
        """Addresses and the API key, in shell syntax."""
        return self.path / "mesh.env"

    @property
    def state(self) -> Path:
        """What runs."""
        return self.path / "state.json"

    def read_json(self, name: str) -> dict[str, object]:
        """A file's content; empty if it isn't there. Raises SetupError if it isn't a JSON object."""
        path = self.path / name
        try:
            content = json.loads(path.read_text())
        except FileNotFoundError:
            return {}
        except (ValueError, OSError) as error:
            raise SetupError(f"{path} can't be read ({error}): restore it, or move it away to begin anew") from None
        if not isinstance(content, dict):
            raise SetupError(f"{path} is no JSON object: restore it, or move it away to begin anew")
        return content

    def write_json(self, name: str, content: Mapping[str, object]) -> None:
        """Replaces a file at once; only its owner can read it."""
        write_private(self.path / name, json.dumps(content, indent=2) + "\n")


def _may_be_a_meshs(path: Path) -> bool:
    names = {entry.name for entry in path.iterdir()}
    return names <= {"lock", "logs"} or ("lock" in names and not names.isdisjoint(SIGNS))


def write_private(path: Path, text: str) -> None:
    """Replaces a file at once: a reader sees the old or the new one. Only its owner can read it."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
