"""Where spans go and with which key: from arguments, else from the environment."""

import os
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

DEFAULT_ENDPOINT = "localhost:4317"
"""OTLP/gRPC's registered port, as every OTLP exporter has it."""


class ConfigurationError(ValueError):
    """What `init` was given cannot work; the message says what to change."""


@dataclass(frozen=True)
class Settings:
    """Checked settings of the exporter."""

    api_key: str = field(repr=False)
    target: str
    """host:port."""
    insecure: bool
    """True for plain text, False for TLS."""
    local: bool
    """True if the target is this machine, which no proxy stands before."""


def resolve(api_key: str | None, endpoint: str | None) -> Settings:
    """Return settings from the arguments, or from A11I_API_KEY and A11I_OTLP_GRPC where an argument is None.

    Raises ConfigurationError; its message never contains the key.
    """
    key = (os.environ.get("A11I_API_KEY", "") if api_key is None else api_key).strip()
    if not key:
        raise ConfigurationError("no API key: pass init(api_key=...) or set A11I_API_KEY")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError("the API key has a character that no key has: is it pasted whole, and alone?")
    text = (os.environ.get("A11I_OTLP_GRPC", "") if endpoint is None else endpoint).strip() or DEFAULT_ENDPOINT
    return _parse_endpoint(text, key)


def _parse_endpoint(text: str, key: str) -> Settings:
    """Read an endpoint.

    A scheme decides; without one, only this machine is talked to in plain text, so that a key never crosses a
    network readable because somebody forgot to write https.
    """
    scheme, separator, _ = text.partition("://")
    if separator and scheme not in ("http", "https", "grpc", "grpcs"):
        raise ConfigurationError(f"endpoint {text!r}: the scheme must be http or https, not {scheme!r}")
    parts = urlsplit(text if separator else f"//{text}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError(f"endpoint {text!r}: the port must be a number from 1 to 65535") from None
    if not host or parts.username is not None or parts.path not in ("", "/") or parts.query:
        raise ConfigurationError(f"endpoint {text!r}: write host:port, http://host:port or https://host:port")
    local = _is_this_machine(host)
    number = port or (443 if scheme in ("https", "grpcs") else 4317)
    return Settings(
        api_key=key,
        target=f"[{host}]:{number}" if ":" in host else f"{host}:{number}",
        insecure=scheme in ("http", "grpc") if separator else local,
        local=local,
    )


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
