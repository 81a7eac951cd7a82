"""Apache Kafka's jars: fetched once with a Maven client, checked against hashes, kept in the user's cache.

Run as a program, it fetches what is missing: python -m a11i_local.engines.kafka_jars
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from a11i_local.errors import SetupError

LIST: Final = Path(__file__).with_name("kafka_jars.txt")
MINIMUM_JAVA: Final = 17
"""Kafka's servers need it since 4.0."""

_REQUEST_TIMEOUT_S: Final = 30.0
"""Between two bytes of an answer."""
_FETCH_TIMEOUT_S: Final = 300.0
"""For all 45 MB."""
_CONNECTIONS: Final = 6
_JAVA_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the list."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Name of its file."""
        return f"{self.artifact}-{self.version}.jar"


def listed() -> list[Jar]:
    """Return the jars of a broker, in the order of the list."""
    jars = []
    for line in LIST.read_text().splitlines():
        if line and not line.startswith("#"):
            coordinates, _, sha256 = line.partition(" sha256:")
            group, artifact, version = coordinates.split(":")
            jars.append(Jar(group, artifact, version, sha256))
    return jars


def directory() -> Path:
    """Return the directory of the listed jars; it has a name of its own for each list."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "a11i" / f"kafka-{hashlib.sha256(LIST.read_bytes()).hexdigest()[:16]}"


def java() -> str:
    """Return the path of a Java that runs Kafka. Raises SetupError, saying what to do, if there is none."""
    home = os.environ.get("JAVA_HOME")
    path = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if path is None:
        raise SetupError(
            f"Kafka needs Java {MINIMUM_JAVA} or later, and none was found: install it "
            "(Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME"
        )
    try:
        answer = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=_JAVA_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(f"{path} -version failed: {error}") from None
    version = re.search(r'version "(\d+)', answer.stderr)
    if version is None or int(version[1]) < MINIMUM_JAVA:
        found = answer.stderr.partition("\n")[0]
        raise SetupError(f"Kafka needs Java {MINIMUM_JAVA} or later; {path} is {found!r}. Set JAVA_HOME to a newer one")
    return path


def fetch() -> Path:
    """Return the directory with all jars; fetch those that are missing. Each is what the list says, or not there.

    May run in several processes at once. Raises SetupError, saying what to do, if a jar can't be had.
    """
    target = directory()
    target.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in listed() if not _is_whole(target / jar.file_name, jar)]
    if missing:
        _fetch_all(missing, target)
    return target


def _is_whole(path: Path, jar: Jar) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == jar.sha256


def _fetch_all(jars: Sequence[Jar], target: Path) -> None:
    pool = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="jars")
    # The client reports each file on standard output.
    with contextlib.redirect_stdout(io.StringIO()):
        tasks = [pool.submit(_fetch_one, jar, target) for jar in jars]
        done, late = wait(tasks, _FETCH_TIMEOUT_S)
    pool.shutdown(wait=False, cancel_futures=True)
    if late:
        raise SetupError(f"Kafka's jars were not there after {_FETCH_TIMEOUT_S:.0f} s: check the network, try again")
    for task in done:
        task.result()


def _fetch_one(jar: Jar, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target) as scratch:
        path = Path(scratch) / jar.file_name
        _download(jar, path)
        if not _is_whole(path, jar):
            raise SetupError(f"Kafka's {jar.file_name} is not the one that {LIST.name} names: its hash differs")
        path.replace(target / jar.file_name)


def _download(jar: Jar, path: Path) -> None:
    # Imported here: who has the jars already needs no client.
    from maven_artifact import Artifact, Downloader
    from maven_artifact.requestor import RequestException, Requestor

    class BoundedRequestor(Requestor):  # type: ignore[misc]  # the package has no types
        def request(self, *arguments: object, **options: object) -> object:
            return super().request(*arguments, timeout=_REQUEST_TIMEOUT_S, **options)

    downloader = Downloader()
    downloader.requestor = downloader.resolver.requestor = BoundedRequestor()
    try:
        downloader.download(Artifact(jar.group, jar.artifact, jar.version), filename=str(path))
    except (RequestException, OSError) as error:
        raise SetupError(
            f"Kafka's {jar.file_name} can't be fetched: check the network and the proxy's settings "
            f"({type(error).__name__})"
        ) from error


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{java()}\n{fetch()}\n")
    except SetupError as error:
        sys.exit(f"a11i: {error}")
