"""Stores of objects: a bucket of S3, and a directory. All calls block; `Archive` makes them in threads.

pyarrow's client of S3 is the AWS SDK in C++: it finds roles by itself, gives up what stalls, and takes an endpoint of
another service. Its threads do not live on in a forked child, which therefore must not use it; those of
`a11i_bus.trial` do not.
"""

import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
from pyarrow import fs

from a11i_storage.archive.settings import ArchiveSettings

_TRIES: Final = 2
"""Of one request to S3; whoever calls tries again by itself."""


class Objects(Protocol):
    """A store of objects by key; "/" separates a key's parts. Every method raises OSError if it cannot do it now."""

    def put(self, key: str, data: pa.Buffer) -> None:
        """Store an object, in place of the one of that key. Durable on return, and whole or not at all."""

    def open(self, key: str) -> pa.NativeFile:
        """Return an object to read from. Raises FileNotFoundError."""

    def children(self, prefix: str) -> list[str]:
        """Return the next parts of all keys that begin with `prefix` and "/", in order; [] if there are none."""


class DirectoryObjects:
    """Objects as files of a directory."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, data: pa.Buffer) -> None:
        """Store an object."""
        path = self._root / key
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_name(f".{uuid.uuid4().hex}")
        try:
            with unfinished.open("xb") as file:
                file.write(memoryview(data))
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise
        self._sync(path.parent)

    def open(self, key: str) -> pa.NativeFile:
        """Return an object to read from."""
        return pa.OSFile(str(self._root / key), "rb")

    def children(self, prefix: str) -> list[str]:
        """Return what is in a directory, but for files that are being written."""
        try:
            return sorted(name for name in os.listdir(self._root / prefix) if not name.startswith("."))
        except FileNotFoundError:
            return []

    def _sync(self, directory: Path) -> None:
        """Make names durable, up to the root: directories above may be new."""
        while True:
            descriptor = os.open(directory, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if directory == self._root:
                return
            directory = directory.parent


class S3Objects:
    """Objects of a bucket, under a prefix."""

    def __init__(self, settings: ArchiveSettings) -> None:
        self._root = settings.bucket_path
        make: Any = fs.S3FileSystem  # pyarrow's stubs know fewer options than it has
        self._files: fs.FileSystem = make(
            access_key=settings.access_key and settings.access_key.get_secret_value(),
            secret_key=settings.secret_key and settings.secret_key.get_secret_value(),
            endpoint_override=settings.endpoint_host or None,
            scheme=settings.endpoint.partition(":")[0] or "https",
            region=settings.region,
            connect_timeout=settings.connect_timeout_s,
            request_timeout=settings.stall_timeout_s,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_TRIES),
            background_writes=False,
            # One request for a small object, instead of three.
            allow_delayed_open=True,
        )

    def put(self, key: str, data: pa.Buffer) -> None:
        """Store an object."""
        with self._files.open_output_stream(f"{self._root}/{key}") as stream:
            stream.write(data)

    def open(self, key: str) -> pa.NativeFile:
        """Return an object to read from."""
        return self._files.open_input_file(f"{self._root}/{key}")

    def children(self, prefix: str) -> list[str]:
        """Return the next parts of keys."""
        found = self._files.get_file_info(fs.FileSelector(f"{self._root}/{prefix}", allow_not_found=True))
        return sorted(info.base_name for info in found)


def objects(settings: ArchiveSettings) -> Objects:
    """Return the store that the settings name. It is not asked anything yet."""
    return DirectoryObjects(Path(settings.directory)) if settings.directory else S3Objects(settings)
