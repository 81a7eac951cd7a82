"""Settings of the front: where it listens, what it owns, who may ask."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings


class FrontSettings(BaseSettings, env_prefix="A11I_CHDB_"):
    """What the front runs on: flags first, else A11I_CHDB_LISTEN, A11I_CHDB_PATH, A11I_CHDB_PASSWORD, ..."""

    listen: str = Field("127.0.0.1:8123", description="host:port of the HTTP interface; port 0 takes a free one.")
    path: Path = Field(description="Directory of the data; made if need be; for one process at a time.")
    user: str = Field("default", description="The one user.")
    password: SecretStr = Field(SecretStr(""), description="The user's password; empty for none.")
    max_memory_bytes: int = Field(
        2 * 1024**3, ge=256 * 1024**2, description="Memory over which the engine refuses statements."
    )
    max_running: int = Field(8, ge=1, description="Statements that run at once; further ones wait.")
    max_waiting: int = Field(100, ge=0, description="Statements that wait; further ones are refused.")
    max_body_bytes: int = Field(512 * 1024**2, ge=1024, description="Longest request, unpacked.")
    max_execution_s: int = Field(60, ge=1, description="Time limit of a statement that sets none itself, in seconds.")

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, listen: str) -> str:
        host, colon, port = listen.rpartition(":")
        if not (host and colon and port.isdigit() and int(port) < 2**16):
            raise ValueError("not host:port")
        return listen

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


class SettingsError(Exception):
    """The settings are wrong; the text is one line for a person."""


def read_settings(arguments: Sequence[str]) -> FrontSettings:
    """Return the settings from the command line and the environment. Raises SettingsError."""
    parser = argparse.ArgumentParser(prog="python -m a11i_local.chdb_front", description=__doc__)
    parser.add_argument("--listen", metavar="HOST:PORT")
    parser.add_argument("--path", metavar="DIR")
    given: dict[str, Any] = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value}
    try:
        return FrontSettings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{name} (--{name} or A11I_CHDB_{name.upper()}): {first['msg']}") from error
