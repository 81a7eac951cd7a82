"""The passwords and keys of one mesh, made at its first start and kept."""

from __future__ import annotations

import base64
import secrets
from dataclasses import asdict, dataclass, fields

from a11i_local.data_dir import DataDir

FILE = "secrets.json"


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What the mesh's processes prove themselves with to each other. All are 256 random bits or more."""

    nats_password: str
    jetstream_key: str
    """Encrypts the bus's files."""
    kafka_password: str
    clickhouse_password: str
    postgres_password: str
    s3_access_key: str
    s3_secret_key: str
    s3_internal_key: str
    auth_pepper: str
    admin_token: str
    dead_letter_key: str
    """Encrypts dead letters."""
    pseudonym_key: str
    """Redaction's placeholders of the same value are the same under the same key."""
    redaction_master_key: str
    """Wraps the keys of encrypted placeholders."""
    reveal_token: str
    """Whoever has it may have encrypted placeholders revealed."""


def load_or_create(data: DataDir) -> Credentials:
    """The directory's credentials. Those that are missing are made; none is ever changed."""
    kept = data.read_json(FILE)
    known = {field.name: str(kept[field.name]) for field in fields(Credentials) if kept.get(field.name)}
    credentials = Credentials(**(_generate() | known))
    if asdict(credentials) != kept:
        data.write_json(FILE, asdict(credentials))
    return credentials


def _generate() -> dict[str, str]:
    return {
        "nats_password": secrets.token_hex(32),
        "jetstream_key": secrets.token_hex(32),
        "kafka_password": secrets.token_hex(32),
        "clickhouse_password": secrets.token_hex(32),
        "postgres_password": secrets.token_hex(32),
        "s3_access_key": secrets.token_hex(10).upper(),
        "s3_secret_key": secrets.token_hex(32),
        "s3_internal_key": secrets.token_hex(32),
        "auth_pepper": secrets.token_hex(32),
        "admin_token": secrets.token_hex(32),
        "dead_letter_key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "pseudonym_key": secrets.token_hex(32),
        "redaction_master_key": secrets.token_hex(32),
        "reveal_token": secrets.token_hex(32),
    }
