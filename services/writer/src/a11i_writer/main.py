"""The writer as a process."""

from a11i_chassis.app import run
from a11i_writer.app import build
from a11i_writer.settings import WriterSettings


def main() -> None:
    """Run until SIGTERM."""
    run("writer", WriterSettings, build)
