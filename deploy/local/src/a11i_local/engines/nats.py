"""NATS JetStream as one local server: its configuration and its command line. Pure functions; others run it."""

import json
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

MAX_PAYLOAD_BYTES: Final = 8 * 1024 * 1024
"""Largest message. Batches aim at 100-250 kB; a single span may be some megabytes. JetStream advises at most 8 MB."""

AUTH_TIMEOUT_S: Final = 15
"""Time for a client to log in. The default of 2 s turns clients away while a small machine starts everything at once,
and a client that is turned away does not come back by itself."""


@dataclass(frozen=True, slots=True)
class NatsConfig:
    """What a local NATS server needs to know."""

    port: int
    """TCP port on 127.0.0.1."""
    store_dir: Path
    """Directory for JetStream's files; the server creates it."""
    user: str
    password: str
    encryption_key: str
    """Secret under which JetStream encrypts everything it writes, as batches that wait for redaction hold raw text.
    A store written under one key cannot be opened under another."""
    max_store_bytes: int = 16 * 1024**3
    """Most bytes that all streams together may take. At least the services' `BusSettings.capacity_bytes`."""
    log_file: Path | None = None
    """File for the server's log. None: standard error."""


def config_text(config: NatsConfig) -> str:
    """Return the server's configuration file. It holds secrets: write it with mode 0600.

    `sync_interval: always` makes an acknowledgement mean that the message is on the disk; by default JetStream syncs
    every two minutes. https://docs.nats.io/running-a-nats-service/configuration
    """
    lines = [
        f"listen: {_quoted(f'127.0.0.1:{config.port}')}",
        'server_name: "a11i"',
        f"max_payload: {MAX_PAYLOAD_BYTES}",
        "authorization {",
        f"  user: {_quoted(config.user)}",
        f"  password: {_quoted(config.password)}",
        f"  timeout: {AUTH_TIMEOUT_S}",
        "}",
        "jetstream {",
        f"  store_dir: {_quoted(str(config.store_dir))}",
        f"  max_memory_store: {64 * 1024**2}",
        f"  max_file_store: {config.max_store_bytes}",
        "  sync_interval: always",
        '  cipher: "aes"',
        f"  key: {_quoted(config.encryption_key)}",
        "}",
    ]
    if config.log_file is not None:
        lines.append(f"log_file: {_quoted(str(config.log_file))}")
    return "\n".join(lines) + "\n"


def command(config_file: Path) -> list[str]:
    """Return the command line of a server with that configuration file. It ends cleanly on SIGTERM."""
    return [str(Path(sysconfig.get_path("scripts")) / "nats-server"), "--config", str(config_file)]


def url(config: NatsConfig) -> str:
    """Return the URL that a service connects to, credentials included: a secret."""
    return f"nats://{quote(config.user, safe='')}:{quote(config.password, safe='')}@127.0.0.1:{config.port}"


def _quoted(value: str) -> str:
    """Return the value as a string of NATS's configuration language.

    Raises ValueError for a character that would need an escape, as the language knows only some of JSON's.
    """
    if not value.isprintable() or '"' in value or "\\" in value:
        raise ValueError("a value of the NATS configuration must be printable, without quotation mark and backslash")
    return json.dumps(value, ensure_ascii=False)
