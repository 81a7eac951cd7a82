"""No two listeners get the same port, and the user's wish comes first."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from a11i_local.errors import SetupError
from a11i_local.ports import FREE_RANGE, PortClaims, assign, refusal


@pytest.fixture
def claims(tmp_path: Path) -> Iterator[PortClaims]:
    claims = PortClaims(tmp_path)
    yield claims
    claims.close()


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def free_port(claims: PortClaims) -> int:
    """A port that is free, and not claimed."""
    port = claims.claim_any()
    claims.close()
    return port


def test_the_usual_port_is_taken_if_it_is_free(claims: PortClaims) -> None:
    port = free_port(claims)

    assert assign(["query"], claims, {}, {}, {"query": port}) == {"query": port}


def test_a_free_one_is_found_if_the_usual_is_taken(claims: PortClaims, taken: int) -> None:
    port = assign(["query"], claims, {}, {}, {"query": taken})["query"]

    assert port != taken
    assert port in FREE_RANGE


def test_the_last_starts_port_comes_before_the_usual_one(claims: PortClaims) -> None:
    remembered, usual = claims.claim_any(), claims.claim_any()
    claims.close()

    assert assign(["query"], claims, {}, {"query": remembered}, {"query": usual}) == {"query": remembered}


def test_the_users_port_comes_first(claims: PortClaims, taken: int) -> None:
    port = free_port(claims)
    chosen = {"query": ("A11I_QUERY_PORT", port)}

    ports = assign(["nats", "query"], claims, chosen, {"nats": port, "query": taken}, {})
    assert ports["query"] == port
    assert ports["nats"] != port


def test_a_users_port_that_is_taken_is_an_error_with_its_setting(claims: PortClaims, taken: int) -> None:
    with pytest.raises(SetupError, match=rf"port {taken} is taken \(A11I_QUERY_PORT={taken}\)"):
        assign(["query"], claims, {"query": ("A11I_QUERY_PORT", taken)}, {}, {})


def test_two_meshes_that_start_at_once_get_different_ports(claims: PortClaims, tmp_path: Path) -> None:
    other = PortClaims(tmp_path)
    port = free_port(claims)
    names = [f"listener{number}" for number in range(20)]
    # Nobody listens yet on what the first has claimed.
    first = assign(names, claims, {}, {}, dict.fromkeys(names, port))
    second = assign(names, other, {}, {}, dict.fromkeys(names, port))
    other.close()

    assert len({*first.values(), *second.values()}) == 40


def test_claims_end_with_their_owner(claims: PortClaims, tmp_path: Path) -> None:
    port = free_port(claims)
    other = PortClaims(tmp_path)
    assert other.claim(port)
    assert not claims.claim(port)
    other.close()
    assert claims.claim(port)


def test_no_file_is_left_of_a_claim(claims: PortClaims, tmp_path: Path, taken: int) -> None:
    claims.claim_any()
    assert not claims.claim(taken)
    claims.close()

    assert list(tmp_path.iterdir()) == []


def test_two_settings_may_not_name_one_port(claims: PortClaims) -> None:
    port = free_port(claims)
    chosen = {"query": ("A11I_QUERY_PORT", port), "auth": ("A11I_AUTH_PORT", port)}

    with pytest.raises(SetupError, match=rf"A11I_QUERY_PORT and A11I_AUTH_PORT both name port {port}"):
        assign(["query", "auth"], claims, chosen, {}, {})


def test_a_port_that_only_root_may_use_is_not_called_taken() -> None:
    words = refusal("A11I_GATEWAY_PORT", 80, PermissionError(errno.EACCES, "Permission denied"))

    assert words == "port 80 needs root (A11I_GATEWAY_PORT=80): choose one from 1024 on"
