"""What each service of the mesh is started after."""

from dataclasses import fields
from pathlib import Path

from a11i_local.credentials import Credentials
from a11i_local.engine_processes import EngineUrls
from a11i_local.services import GRPC_PORTS, SERVICES, plans


def test_services_start_after_their_tables_but_for_the_one_that_loads_longest() -> None:
    ports = {name: 20_000 + number for number, name in enumerate([*GRPC_PORTS.values(), "otlp_http", "gateway"])}
    urls = EngineUrls("nats", "nats://x", "http://x", "postgresql://x", "http://x")
    credentials = Credentials(*(field.name for field in fields(Credentials)))
    made = plans(ports, urls, credentials, {}, Path("/data"), 90.0)
    after = {plan.process.name: set(plan.after) for plan in made}
    assert after.keys() == set(SERVICES)
    assert after["tokenization"] == {"nats", "migrate-postgres", "migrate-clickhouse"}
    assert after["redaction"] == {"nats"}
    # It ends before the engine all the same.
    assert {plan.process.name: set(plan.process.after) for plan in made}["redaction"] == {"nats", "postgres"}
