"""Runs the redaction service."""

from typing import NoReturn

from a11i_chassis.app import run
from a11i_redaction.app import build
from a11i_redaction.settings import RedactionSettings


def main() -> NoReturn:
    """Load the settings and serve until SIGTERM."""
    run("redaction", RedactionSettings, build)
