"""Builds the Go programs that tests and benchmarks use as strangers: another encoder, another collector."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

BUILD_DIRECTORY: Final = Path(__file__).resolve().parents[1] / "build"
BUILD_TIMEOUT_S: Final = 600.0
"""A first build of the largest takes 75 s on two free cores, and its modules have to be fetched before."""
OUTPUT_LINES: Final = 20
"""Last lines of the compiler's words that are shown."""


class GoBuildError(Exception):
    """A Go program can't be had; the message says why and what to do."""


def build(source: Path) -> Path:
    """Return the program of the Go module in `source`, built to `build/<its folder's name>/`.

    Go itself keeps what it built and does little where nothing changed. Raises GoBuildError.
    """
    go = shutil.which("go")
    if go is None:
        raise GoBuildError("Go is not there: install Go 1.26 or later and put it on the PATH")
    program = BUILD_DIRECTORY / source.name / source.name
    flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags=-s -w"]
    command = [go, "build", *flags, "-o", str(program), "."]
    environment = os.environ | {"CGO_ENABLED": "0"}
    try:
        done = subprocess.run(
            command, cwd=source, env=environment, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise GoBuildError(f"{source.name} was not built within {BUILD_TIMEOUT_S:.0f} s") from None
    if done.returncode != 0:
        raise GoBuildError("\n".join([f"{source.name} can't be built:", *done.stderr.splitlines()[-OUTPUT_LINES:]]))
    return program
