"""Runs the gateway."""

from __future__ import annotations

from typing import NoReturn

from a11i_chassis.app import run
from a11i_gateway.app import build
from a11i_gateway.settings import GatewaySettings


def main() -> NoReturn:
    """Loads the settings, serves until SIGTERM."""
    run("gateway", GatewaySettings, build)
