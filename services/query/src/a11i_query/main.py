"""The query service as a process."""

from a11i_chassis.app import run
from a11i_query.app import build
from a11i_query.settings import QuerySettings


def main() -> None:
    """Run until SIGTERM."""
    run("query", QuerySettings, build)
