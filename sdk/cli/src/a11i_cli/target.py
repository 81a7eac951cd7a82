"""Which mesh to ask, and with which key."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from a11i_cli.errors import UsageError, printable


@dataclass(frozen=True, slots=True)
class Target:
    """A query service."""

    address: str
    """host:port."""
    api_key: str
    notice: str = ""
    """What the user may not expect about the choice."""


@dataclass(frozen=True, slots=True)
class AdminTarget:
    """An auth service, for an administrator."""

    address: str
    """host:port."""
    admin_token: str
    api_key: str
    """Names the project that is meant, if no other is; empty if none is known."""


@dataclass(frozen=True, slots=True)
class DeliveryTarget:
    """A delivery service, for an administrator."""

    address: str
    """host:port."""
    admin_token: str
    auth_address: str
    """Where the API key can be looked up; empty if that is not known."""
    api_key: str
    """Names the tenant that is meant, if no other is; empty if none is known."""


@dataclass(frozen=True, slots=True)
class RedactionTarget:
    """A redaction service, for an administrator."""

    address: str
    """host:port."""
    admin_token: str
    """Empty if none is known: not every command needs it. So is the next."""
    reveal_token: str
    auth_address: str
    """Where the API key can be looked up; empty if that is not known."""
    api_key: str
    """Names the project that is meant, if no other is; empty if none is known."""


@dataclass(frozen=True, slots=True)
class TokenizationTarget:
    """A tokenization service."""

    address: str
    """host:port."""
    admin_token: str
    """Empty if none is known: not every command needs it."""
    auth_address: str
    """Where the API key can be looked up; empty if that is not known."""
    api_key: str
    """Names the tenant that is meant, if no other is; empty if none is known."""


def find(
    query: str | None, api_key: str | None, data_dir: Path | None, environment: Mapping[str, str] = os.environ
) -> Target:
    """The target: from flags, else the named data directory, else A11I_QUERY and A11I_API_KEY, else `.a11i/`.

    Raises UsageError if address or key is nowhere to be found, or the address is none.
    """
    notice = ""
    known = _known(data_dir, environment)
    if data_dir is None:
        default = _default_data_dir(environment)
        asked, there = known.get("A11I_QUERY"), _mesh_env(default, required=False).get("A11I_QUERY")
        if environment.get("A11I_DATA_DIR") and not query and there and asked != there:
            notice = (
                f"asking A11I_QUERY={asked}, which is not the mesh in A11I_DATA_DIR={default}; --data-dir asks that one"
            )
    address = query or known.get("A11I_QUERY")
    key = api_key or known.get("A11I_API_KEY")
    if not address:
        raise UsageError("which mesh? set A11I_QUERY=host:port, --query, or --data-dir (`make up` starts a mesh)")
    if not _is_address(address):
        raise UsageError(f"{printable(address)!r} is no address of a query service: HOST:PORT is expected")
    if not key:
        raise UsageError("no API key: set A11I_API_KEY, or give --data-dir")
    return Target(address, key, notice)


def find_admin(
    auth: str | None, admin_token: str | None, data_dir: Path | None, environment: Mapping[str, str] = os.environ
) -> AdminTarget:
    """The target: from flags, else the named data directory, else A11I_AUTH and A11I_ADMIN_TOKEN, else `.a11i/`.

    Raises UsageError if address or token is nowhere to be found, or the address is none.
    """
    known = _known(data_dir, environment)
    address = auth or known.get("A11I_AUTH")
    token = admin_token or known.get("A11I_ADMIN_TOKEN")
    if not address:
        raise UsageError("which mesh? set A11I_AUTH=host:port, --auth, or --data-dir (`make up` starts a mesh)")
    if not _is_address(address):
        raise UsageError(f"{printable(address)!r} is no address of an auth service: HOST:PORT is expected")
    if not token:
        raise UsageError("no admin token: set A11I_ADMIN_TOKEN, or give --data-dir")
    return AdminTarget(address, token, known.get("A11I_API_KEY", ""))


def find_delivery(
    delivery: str | None, admin_token: str | None, data_dir: Path | None, environment: Mapping[str, str] = os.environ
) -> DeliveryTarget:
    """The target: from flags, else the named data directory, else A11I_DELIVERY and A11I_ADMIN_TOKEN, else `.a11i/`.

    Raises UsageError if address or token is nowhere to be found, or the address is none.
    """
    known = _known(data_dir, environment)
    address = delivery or known.get("A11I_DELIVERY")
    token = admin_token or known.get("A11I_ADMIN_TOKEN")
    if not address:
        raise UsageError("which mesh? set A11I_DELIVERY=host:port, --delivery, or --data-dir (`make up` starts a mesh)")
    if not _is_address(address):
        raise UsageError(f"{printable(address)!r} is no address of a delivery service: HOST:PORT is expected")
    if not token:
        raise UsageError("no admin token: set A11I_ADMIN_TOKEN, or give --data-dir")
    return DeliveryTarget(address, token, known.get("A11I_AUTH", ""), known.get("A11I_API_KEY", ""))


def find_redaction(
    redaction: str | None, data_dir: Path | None, environment: Mapping[str, str] = os.environ
) -> RedactionTarget:
    """The target: from the flag, else the named data directory, else A11I_REDACTION, else `.a11i/`.

    Raises UsageError if the address is nowhere to be found, or is none.
    """
    known = _known(data_dir, environment)
    address = redaction or known.get("A11I_REDACTION")
    if not address:
        raise UsageError(
            "which mesh? set A11I_REDACTION=host:port, --redaction, or --data-dir (`make up` starts a mesh)"
        )
    if not _is_address(address):
        raise UsageError(f"{printable(address)!r} is no address of a redaction service: HOST:PORT is expected")
    tokens = known.get("A11I_ADMIN_TOKEN", ""), known.get("A11I_REVEAL_TOKEN", "")
    return RedactionTarget(address, *tokens, known.get("A11I_AUTH", ""), known.get("A11I_API_KEY", ""))


def find_tokenization(
    tokenization: str | None, data_dir: Path | None, environment: Mapping[str, str] = os.environ
) -> TokenizationTarget:
    """The target: from the flag, else the named data directory, else A11I_TOKENIZATION, else `.a11i/`.

    Raises UsageError if the address is nowhere to be found, or is none.
    """
    known = _known(data_dir, environment)
    address = tokenization or known.get("A11I_TOKENIZATION")
    if not address:
        raise UsageError(
            "which mesh? set A11I_TOKENIZATION=host:port, --tokenization, or --data-dir (`make up` starts a mesh)"
        )
    if not _is_address(address):
        raise UsageError(f"{printable(address)!r} is no address of a tokenization service: HOST:PORT is expected")
    token = known.get("A11I_ADMIN_TOKEN", "")
    return TokenizationTarget(address, token, known.get("A11I_AUTH", ""), known.get("A11I_API_KEY", ""))


def _known(data_dir: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of the named directory's mesh, else the environment's over those of the usual directory's mesh."""
    if data_dir is not None:
        return _mesh_env(data_dir, required=True)
    kept = _mesh_env(_default_data_dir(environment), required=False)
    return kept | {name: value for name, value in environment.items() if value}


def _default_data_dir(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("A11I_DATA_DIR") or ".a11i")


def _is_address(text: str) -> bool:
    match = re.fullmatch(r"(?:[\w.-]+|\[[0-9a-fA-F:.%]+\]):(\d{1,5})", text)
    return match is not None and 0 < int(match[1]) < 65536


def _mesh_env(data_dir: Path, *, required: bool) -> dict[str, str]:
    """The variables of a data directory's mesh.env."""
    path = data_dir / "mesh.env"
    try:
        words = shlex.split(path.read_text(), comments=True)
    except (OSError, ValueError) as error:
        if required:
            raise UsageError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None
        return {}
    return dict(word.split("=", 1) for word in words if "=" in word)
