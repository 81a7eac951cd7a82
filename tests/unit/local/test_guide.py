"""What the guide prints can be pasted, and says where a listener went whose usual port was taken."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console as RichConsole

from a11i_local import guide
from a11i_local.console import Console
from a11i_local.mesh import Mesh
from a11i_local.settings import PREFERRED_PORTS

VARIABLES = {name: f"127.0.0.1:{port}" for port, name in enumerate(guide.ADDRESSES, start=1)}


def shown(data: Path = Path("/data"), **displaced: int) -> list[str]:
    output = io.StringIO()
    console = Console(RichConsole(file=output, width=100, soft_wrap=True, highlight=False))
    services = {"gateway": "127.0.0.1:18000", "query": VARIABLES["A11I_QUERY"]}
    guide.show(Mesh(data, VARIABLES, services, displaced), console)
    return output.getvalue().splitlines()


def test_a_port_that_was_taken_is_named_with_its_setting() -> None:
    assert "  4317 was taken: OTLP/gRPC is on 30365 (A11I_OTLP_GRPC_PORT chooses)" in shown(otlp_grpc=30365)
    assert not [line for line in shown() if "was taken" in line]


@pytest.mark.parametrize("name", PREFERRED_PORTS)
def test_every_usual_port_has_a_name_for_people(name: str) -> None:
    usual = PREFERRED_PORTS[name]
    assert [
        line
        for line in shown(Path("/data"), **{name: 30_000})
        if f"{usual} was taken" in line and "is on 30000" in line
    ]


def test_a_path_with_a_blank_is_quoted_in_the_command() -> None:
    assert ". '/my data/mesh.env'" in shown(Path("/my data"))


def test_commands_fit_a_terminal_of_100_columns() -> None:
    lines = shown()
    assert max(map(len, lines)) <= 100
    assert "gateway (gRPC)" in "\n".join(lines)
    assert 'export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer $A11I_API_KEY"' in lines
