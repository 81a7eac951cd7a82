"""What can go wrong with a mesh on this machine.

MeshError
  SetupError    the mesh can't be started as asked: a setting (a service's, too), a port, a directory. Exit code 2.
  StartError    a process of the mesh didn't become healthy. Exit code 1.
"""

from __future__ import annotations


class MeshError(Exception):
    """The message is one line for the user: what is wrong, where, and what to do."""

    exit_code = 1


class SetupError(MeshError):
    """The mesh can't be started as asked; nothing is left running."""

    exit_code = 2


class StartError(MeshError):
    """A process of the mesh didn't become healthy; everything was stopped again."""

    exit_code = 1
