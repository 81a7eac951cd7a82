"""Settings: one class a service, read from the environment, checked at start.

Environment names are the class's prefix and the field's name in capitals; nested fields join with two underscores:
`A11I_INGEST_GRPC__LISTEN`. Nothing else in a service reads the environment.
"""

import json
import sys
from collections.abc import Sequence
from typing import NoReturn, TypeVar

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

EXIT_BAD_SETTINGS = 2
"""Exit status for what the operator has to put right: a wrong setting, a port that is taken."""


class GrpcServerSettings(BaseModel):
    """A service's gRPC listener."""

    listen: str = Field("127.0.0.1:0", pattern=r"^.+:\d{1,5}$", description="host:port; port 0 picks a free one.")
    reflection: bool = Field(True, description="Whether clients may list services and messages; off in production.")
    max_receive_bytes: int = Field(
        4 * 1024 * 1024, gt=0, description="Largest request taken. gRPC reads it before a handler looks at its key."
    )
    max_concurrent_rpcs: int | None = Field(
        1_000,
        gt=0,
        description="Calls served at once; more get RESOURCE_EXHAUSTED. With max_receive_bytes it bounds the memory "
        "that requests take. None: no bound.",
    )


class LogSettings(BaseModel):
    """What a service logs."""

    level: str = Field("info", pattern=r"^(debug|info|warning|error)$", description="Least severe level written.")


class MetricsSettings(BaseModel):
    """A service's metrics for Prometheus."""

    listen: str = Field("", pattern=r"^$|^.+:\d{1,5}$", description="host:port of /metrics; empty for none.")


class ClientSettings(BaseModel):
    """Another service that this one calls."""

    address: str = Field(pattern=r"^.+:\d{1,5}$", description="host:port of its gRPC listener.")
    timeout_s: float = Field(5.0, gt=0, le=60, description="Deadline of one call, in seconds.")


class ServiceSettings(BaseSettings):
    """What every service can be told. A service's own class adds its prefix and fields."""

    model_config = SettingsConfigDict(env_nested_delimiter="__", extra="ignore", frozen=True, hide_input_in_errors=True)

    grpc: GrpcServerSettings = Field(GrpcServerSettings(), description="The gRPC listener.")
    log: LogSettings = Field(LogSettings(), description="Logs.")
    metrics: MetricsSettings = Field(MetricsSettings(), description="Metrics.")
    shutdown_budget_s: float = Field(
        10.0, gt=0, le=300, description="Seconds that a shutdown may take; Kubernetes gives 30 by default."
    )


S = TypeVar("S", bound=BaseSettings)


def load_settings(settings_class: type[S], argv: Sequence[str]) -> S:
    """Return the settings from the environment.

    With `--print-settings` among the arguments the effective settings are printed as JSON, secrets masked, and the
    process exits with 0. Wrong settings print one line a mistake, naming the variable, and exit with 2.
    """
    unknown = [argument for argument in argv if argument != "--print-settings"]
    if unknown:
        fail(f"unknown argument {unknown[0]!r}; the only one is --print-settings")
    try:
        settings = settings_class()
    except ValidationError as error:
        prefix = settings_class.model_config.get("env_prefix", "")
        fail("\n".join(_complaint(prefix, item["loc"], item["msg"]) for item in error.errors()))
    except SettingsError as error:
        fail(str(error))
    if argv:
        print(json.dumps(settings.model_dump(mode="json"), indent=2))  # noqa: T201  (asked for on the command line)
        raise SystemExit(0)
    return settings


def fail(message: str) -> NoReturn:
    """Print one clear message for the operator and exit with 2."""
    sys.stderr.write(f"{message}\n")
    raise SystemExit(EXIT_BAD_SETTINGS)


def _complaint(prefix: str, location: tuple[int | str, ...], message: str) -> str:
    variable = prefix + "__".join(str(part) for part in location).upper()
    return f"setting {variable}: {message}"
