"""The auth service as a process."""

from a11i_auth.app import build
from a11i_auth.settings import AuthSettings
from a11i_chassis.app import run


def main() -> None:
    """Run until SIGTERM."""
    run("auth", AuthSettings, build)
