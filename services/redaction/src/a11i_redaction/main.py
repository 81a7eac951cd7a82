"""Runs the redaction service."""

import sys
from functools import partial
from typing import NoReturn

from a11i_chassis.app import run
from a11i_chassis.settings import fail, load_settings
from a11i_redaction.settings import RedactionSettings


def main() -> NoReturn:
    """Load the settings and serve until SIGTERM, in as many processes as they say."""
    settings = load_settings(RedactionSettings, sys.argv[1:])
    # Behind the settings: importing the detectors takes seconds, for which a wrong setting need not wait.
    from a11i_redaction import processes
    from a11i_redaction.app import build, load_detections

    if settings.processes == 1:
        run("redaction", RedactionSettings, build)
    try:
        loaded = load_detections(settings)
    except OSError as error:
        fail(f"redaction: {error}")
    processes.serve(settings, partial(run, "redaction", RedactionSettings, partial(build, loaded=loaded)))
