"""What a process of the mesh sees of the user's environment, and where its program is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from a11i_local.errors import SetupError

INHERITED = (
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "PYTHONPYCACHEPREFIX",
)
"""Everything else stays outside, but for a service's own settings (`service_settings`). PYTHONDONTWRITEBYTECODE too:
with it every start would compile every module anew."""

BOUNDED = {
    # Engines and services share a laptop: numeric libraries would each start a thread a core, and glibc would
    # keep eight heaps a core.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    # Logs are to be seen as they happen.
    "PYTHONUNBUFFERED": "1",
}


def base_environment(source: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment that every process starts from."""
    source = os.environ if source is None else source
    return {name: source[name] for name in INHERITED if name in source} | BOUNDED


def service_settings(name: str, source: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the user sets for one service, such as A11I_REDACTION_NAMES=false; only that service sees it."""
    source = os.environ if source is None else source
    prefix = f"A11I_{name.upper()}_"
    return {variable: value for variable, value in source.items() if variable.startswith(prefix)}


def wheel_program(name: str) -> str:
    """Path of a program that a wheel put beside the interpreter. Raises SetupError if it isn't there."""
    path = Path(sys.executable).with_name(name)
    if not os.access(path, os.X_OK):
        raise SetupError(f"{path} is missing; run `make setup`")
    return str(path)
