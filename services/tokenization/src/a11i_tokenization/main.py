"""The tokenization service as a process."""

from typing import NoReturn

from a11i_chassis.app import run
from a11i_tokenization.app import build
from a11i_tokenization.settings import TokenizationSettings


def main() -> NoReturn:
    """Run the service until it is told to stop."""
    run("tokenization", TokenizationSettings, build)
