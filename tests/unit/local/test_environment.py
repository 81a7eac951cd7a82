"""Processes see what they are told, and nothing stray."""

from __future__ import annotations

from pathlib import Path

from a11i_local import services
from a11i_local.credentials import load_or_create
from a11i_local.data_dir import DataDir
from a11i_local.engine_processes import urls
from a11i_local.environment import base_environment
from a11i_local.mesh import LISTENERS


def test_only_what_is_known_to_be_harmless_is_inherited() -> None:
    user = {
        "PATH": "/bin", "SSL_CERT_FILE": "/certs", "A11I_INGEST_BUS__URL": "stray", "OTEL_SDK_DISABLED": "true",
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "/elsewhere",
    }  # fmt: skip

    environment = base_environment(user)
    assert environment["PATH"] == "/bin"
    assert environment["SSL_CERT_FILE"] == "/certs"
    assert not environment.keys() & {
        "A11I_INGEST_BUS__URL",
        "OTEL_SDK_DISABLED",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONPATH",
    }


def test_each_service_gets_its_own_settings_and_secrets_alone(tmp_path: Path) -> None:
    data = DataDir.open(tmp_path)
    credentials = load_or_create(data)
    ports = {name: 20_000 + number for number, name in enumerate(LISTENERS)}
    plans = services.plans(ports, urls(ports, credentials, data), credentials, {}, tmp_path, 1.0)
    data.close()

    told = {plan.process.name: plan.process.environment for plan in plans}
    assert tuple(told) == services.SERVICES
    for name, environment in told.items():
        assert all(variable.startswith(f"A11I_{name.upper()}_") for variable in environment)
    holders = {
        secret: {name for name, environment in told.items() if any(secret in value for value in environment.values())}
        for secret in (credentials.auth_pepper, credentials.postgres_password, credentials.clickhouse_password)
    }
    assert list(holders.values()) == [{"auth"}, {"auth"}, {"writer", "query"}]
    # What everybody on the machine can read holds no secret.
    words = " ".join(word for plan in plans for word in plan.process.command)
    assert not any(getattr(credentials, field) in words for field in credentials.__slots__)
