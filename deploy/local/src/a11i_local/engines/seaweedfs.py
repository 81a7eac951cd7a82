"""SeaweedFS as the S3 store: `weed mini` from its wheel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from a11i_local.environment import wheel_program
from a11i_local.probes import http_answers
from a11i_local.process import ProcessSpec

BUCKET = "a11i-cold"

PORTS = (
    "s3",
    "s3_grpc",
    "weed_master",
    "weed_master_grpc",
    "weed_volume",
    "weed_volume_grpc",
    "weed_filer",
    "weed_filer_grpc",
    "weed_admin",
    "weed_admin_grpc",
)
"""It has no mode with fewer: each gets a port of its own, on loopback."""

INTERNAL_PURPOSES = ("SIGNING", "SIGNING_READ", "FILER_SIGNING", "FILER_SIGNING_READ")
"""The sections of SeaweedFS's security.toml, as variables: writes and reads of volumes, and of the filer."""


@dataclass(frozen=True, slots=True, repr=False)
class S3Keys:
    """The one identity that may use the store."""

    access_key: str
    secret_key: str
    internal_key: str
    """Signs the tokens with which its parts trust each other: without, their HTTP ports would serve and take objects
    past the S3 keys. Their gRPC ports know no such token; they are on loopback."""


def spec(directory: Path, ports: Mapping[str, int], keys: S3Keys, environment: Mapping[str, str]) -> ProcessSpec:
    """The store's process. `directory` is made; the bucket exists once it is ready."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # It remembers its last flags here and would mix them with these.
    (directory / "mini.options").unlink(missing_ok=True)
    port = ports["s3"]
    return ProcessSpec(
        name="seaweedfs",
        command=(wheel_program("weed"), "-logtostderr=true", "mini", *_flags(directory, ports)),
        environment={
            **environment,
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            **{f"WEED_JWT_{purpose}_KEY": keys.internal_key for purpose in INTERNAL_PURPOSES},
            # Garbage is collected sooner: an idle store of a laptop should be small.
            "GOGC": "50",
        },
        directory=directory,
        probe=lambda: http_answers(port),
        address=f"http://127.0.0.1:{port}",
    )


def _flags(directory: Path, ports: Mapping[str, int]) -> list[str]:
    numbers = {
        "s3.port": "s3",
        "s3.port.grpc": "s3_grpc",
        "master.port": "weed_master",
        "master.port.grpc": "weed_master_grpc",
        "volume.port": "weed_volume",
        "volume.port.grpc": "weed_volume_grpc",
        "filer.port": "weed_filer",
        "filer.port.grpc": "weed_filer_grpc",
        "admin.port": "weed_admin",
        "admin.port.grpc": "weed_admin_grpc",
    }
    return [
        f"-dir={directory}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        *(f"-{flag}={ports[name]}" for flag, name in numbers.items()),
        # Relative, as a path to a socket may have 107 characters at most.
        "-s3.localSocket=s3.sock",
        "-filer.localSocket=filer.sock",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-webdav=false",
        "-admin.ui=false",
        "-master.telemetry=false",
        f"-bucket={BUCKET}",
    ]
