"""Runs the delivery service."""

from typing import NoReturn

from a11i_chassis.app import run
from a11i_delivery.app import build
from a11i_delivery.settings import DeliverySettings


def main() -> NoReturn:
    """Load the settings and serve until SIGTERM."""
    run("delivery", DeliverySettings, build)
