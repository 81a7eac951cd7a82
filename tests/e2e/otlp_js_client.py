"""Runs `otlp_js`: OpenTelemetry's own JavaScript exporters, on the Node.js of the virtual environment."""

import functools
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent / "otlp_js"
TOOLS = Path(sys.executable).absolute().parent
INSTALL_TIMEOUT_S = 150.0
RUN_TIMEOUT_S = 90.0


@functools.cache
def _install() -> dict[str, str]:
    """Install what the lock names; return an environment in which `node` is the virtual environment's."""
    environment = {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    command = [str(TOOLS / "npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(command, cwd=FOLDER, env=environment, check=True, timeout=INSTALL_TIMEOUT_S)
    return environment


def run_js(script: str, *arguments: str, environment: Mapping[str, str], text: str = "") -> str:
    """Run a script of the folder with `text` on its standard input; return its output. A failure fails the test."""
    done = subprocess.run(
        [str(TOOLS / "node"), script, *arguments],
        cwd=FOLDER,
        env=_install() | dict(environment),
        input=text,
        timeout=RUN_TIMEOUT_S,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
