"""Addresses and next commands, for somebody who sees a mesh for the first time."""

from __future__ import annotations

import shlex

from rich.markup import escape
from rich.table import Table

from a11i_local.console import Console
from a11i_local.mesh import Mesh
from a11i_local.settings import PREFERRED_PORTS

ADDRESSES = {
    "A11I_OTLP_GRPC": "send spans, OTLP/gRPC",
    "A11I_OTLP_HTTP": "send spans, OTLP/HTTP",
    "A11I_QUERY": "read traces, gRPC",
    "A11I_GATEWAY": "read traces, REST",
    "A11I_AUTH": "tenants and keys, gRPC",
    "A11I_DELIVERY": "dead letters, ledger, replays, gRPC",
    "A11I_REDACTION": "redaction and its policies, gRPC",
    "A11I_TOKENIZATION": "token counts, prices, budgets, gRPC",
}

LISTENERS = {
    "otlp_grpc": "OTLP/gRPC",
    "otlp_http": "OTLP/HTTP",
    "query": "query",
    "auth": "auth",
    "delivery": "delivery",
    "redaction": "redaction",
    "tokenization": "tokenization",
    "gateway": "REST",
    "nats": "NATS",
    "kafka": "Kafka",
    "clickhouse": "ClickHouse",
    "postgres": "PostgreSQL",
    "s3": "S3",
}
"""What people call the listeners of PREFERRED_PORTS."""
SECOND_NAMES = {"gateway": "gateway (gRPC)"}
"""Of services whose own name is another listener's."""


def show(mesh: Mesh, console: Console) -> None:
    """Prints where everything is and what to try."""
    table = Table(box=None, padding=(0, 2), show_header=False)
    for variable, purpose in ADDRESSES.items():
        table.add_row(f"[bold]{variable}[/]", escape(mesh.variables[variable]), f"[dim]{purpose}[/]")
    for name, address in mesh.services.items():
        if address not in mesh.variables.values():
            shown = SECOND_NAMES.get(name, name)
            table.add_row(f"[dim]{shown}[/]", address, "[dim]its own calls, health, reflection, gRPC[/]")
    console.say("")
    console.rich.print(table)
    for name, port in mesh.displaced.items():
        usual, setting = PREFERRED_PORTS[name], f"A11I_{name.upper()}_PORT"
        console.say(f"  {usual} was taken: {LISTENERS[name]} is on {port} ({setting} chooses)")
    env_file = escape(shlex.quote(str(mesh.data / "mesh.env")))
    console.copyable(
        f"""
[dim]# addresses and the API key, for this shell[/]
. {env_file}
[dim]# any OpenTelemetry SDK sends here[/]
export OTEL_EXPORTER_OTLP_ENDPOINT=http://$A11I_OTLP_GRPC
export OTEL_EXPORTER_OTLP_PROTOCOL=grpc
export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer $A11I_API_KEY"
[dim]# read[/]
.venv/bin/a11i traces list
curl -H "authorization: Bearer $A11I_API_KEY" $A11I_GATEWAY/v1/traces
grpcurl -plaintext -H "authorization: Bearer $A11I_API_KEY" \\
    $A11I_QUERY a11i.query.v1.QueryService/ListTraces
"""
    )
    console.say(f"serving; logs are in {escape(str(mesh.data / 'logs'))}; Ctrl-C stops everything")
