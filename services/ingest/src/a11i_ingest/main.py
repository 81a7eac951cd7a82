"""The ingest service as a process."""

from typing import NoReturn

from a11i_chassis.app import run
from a11i_ingest.app import build
from a11i_ingest.settings import IngestSettings


def main() -> NoReturn:
    """Run the service until it is told to stop."""
    run("ingest", IngestSettings, build)
