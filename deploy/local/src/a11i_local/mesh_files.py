"""The two files that tell others about a running mesh: mesh.env and state.json."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from a11i_local.data_dir import DataDir, write_private
from a11i_local.process import ProcessSpec
from a11i_local.supervisor import Change, ProcessEvent


def write_mesh_env(data: DataDir, variables: Mapping[str, str]) -> None:
    """Writes mesh.env: `. mesh.env` sets and exports the variables. It holds keys: only its owner can read it."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    write_private(data.mesh_env, "\n".join(lines) + "\n")


def read_mesh_env(path: Path) -> dict[str, str]:
    """The variables of a mesh.env. Raises FileNotFoundError if the mesh was never started."""
    words = shlex.split(path.read_text(), comments=True)
    return dict(word.split("=", 1) for word in words if word != "export")


@dataclass(slots=True)
class StateFile:
    """Keeps state.json up to date.

    {"supervisor": pid, "ready": bool, "processes": {name: {"pid", "address", "change", "restarts", "log"}}}
    """

    data: DataDir
    addresses: dict[str, str] = field(default_factory=dict)
    processes: dict[str, dict[str, object]] = field(default_factory=dict)
    ready: bool = False

    def expect(self, spec: ProcessSpec) -> None:
        """Remembers a process's address."""
        self.addresses[spec.name] = spec.address

    def note(self, event: ProcessEvent) -> None:
        """Takes in what happened to a process."""
        self.processes[event.name] = {
            "pid": event.pid if event.change in (Change.STARTED, Change.READY) else None,
            "address": self.addresses.get(event.name, ""),
            "change": event.change.value,
            "restarts": event.restarts,
            "log": str(event.log),
        }
        self.write()

    def mark_ready(self) -> None:
        """Says that the whole mesh is up."""
        self.ready = True
        self.write()

    def write(self) -> None:
        """Replaces the file."""
        content = {"supervisor": os.getpid(), "ready": self.ready, "processes": self.processes}
        self.data.write_json(self.data.state.name, content)

    def remove(self) -> None:
        """No file: nothing runs."""
        self.data.state.unlink(missing_ok=True)
