"""The ingest service as a process."""

import sys
from typing import NoReturn

from a11i_chassis.app import run
from a11i_chassis.settings import load_settings
from a11i_ingest import processes
from a11i_ingest.app import build
from a11i_ingest.settings import IngestSettings


def main() -> NoReturn:
    """Run the service until it is told to stop, in as many processes as the settings say."""
    settings = load_settings(IngestSettings, sys.argv[1:])
    if settings.processes > 1:
        processes.serve(settings)
    if settings.worker_of:
        processes.end_with(settings.worker_of)
    run("ingest", IngestSettings, build)
