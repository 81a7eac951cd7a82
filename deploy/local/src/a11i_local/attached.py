"""Runs a command that can't outlive the process that asked for it.

    python -I -S attached.py PARENT_PID COMMAND [ARGUMENT...]

Asks the kernel to send SIGKILL when the parent dies, then becomes the command. A file of its own that is run, rather
than a `preexec_fn`: that would run Python between fork and exec in a process that has gRPC's threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: list[str]) -> None:
    """Becomes the command; exits 0 at once if the parent is already gone."""
    parent, command = int(arguments[0]), arguments[1:]
    if ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        sys.exit("the kernel refused PR_SET_PDEATHSIG")
    if os.getppid() != parent:
        # The parent died before the request above: nobody will ever send the signal.
        return
    os.execvp(command[0], command)  # noqa: S606  # no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
