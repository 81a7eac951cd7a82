"""Which mesh to ask, and with which key."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from a11i_cli.errors import UsageError


@dataclass(frozen=True, slots=True)
class Target:
    """A query service."""

    address: str
    """host:port."""
    api_key: str


def find(
    query: str | None, api_key: str | None, data_dir: Path | None, environment: Mapping[str, str] = os.environ
) -> Target:
    """The target: from flags, else the named data directory, else A11I_QUERY and A11I_API_KEY, else `.a11i/`.

    Raises UsageError if address or key is nowhere to be found.
    """
    if data_dir is not None:
        known = _mesh_env(data_dir, required=True)
    else:
        default = Path(environment.get("A11I_DATA_DIR") or ".a11i")
        known = _mesh_env(default, required=False) | {name: value for name, value in environment.items() if value}
    address = query or known.get("A11I_QUERY")
    key = api_key or known.get("A11I_API_KEY")
    if not address:
        raise UsageError("which mesh? set A11I_QUERY=host:port, --query, or --data-dir (`make up` starts a mesh)")
    if not key:
        raise UsageError("no API key: set A11I_API_KEY, or give --data-dir")
    return Target(address, key)


def _mesh_env(data_dir: Path, *, required: bool) -> dict[str, str]:
    """The variables of a data directory's mesh.env."""
    path = data_dir / "mesh.env"
    try:
        words = shlex.split(path.read_text(), comments=True)
    except (OSError, ValueError) as error:
        if required:
            raise UsageError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None
        return {}
    return dict(word.split("=", 1) for word in words if "=" in word)
