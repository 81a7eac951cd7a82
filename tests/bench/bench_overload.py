"""Measures ingest under more than it can take: python -m tests.bench.bench_overload

One ingest process, NATS and auth as in bench_ingest. One tenant sends small requests at a steady pace, first alone,
then beside three tenants whose clients send large requests as fast as they are let. Told are the first one's wait in
both, what became of the others' requests, and ingest's memory over the time. Nothing reads the bus: what waits there is
thrown away each second, so that it does not fill up.
"""

import argparse
import asyncio
import json
import pickle
import secrets
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import grpc
import nats
import psutil

from a11i.auth.v1 import auth_service_pb2 as pb
from a11i.auth.v1 import auth_service_pb2_grpc as rpc
from a11i_bus import topology
from a11i_bus.nats.subjects import stream_name
from tests.bench.errors import MeasurementError
from tests.bench.load import generate
from tests.bench.mesh import BenchMesh, bench_mesh, measuring
from tests.bench.overload_sender import Load, Outcome
from tests.bench.usage import percentile, table

FLOODING_TENANTS: Final = 3
FLOODING_CLIENTS: Final = 16
"""Of each."""
STEADY_SPANS: Final = 50
STEADY_INTERVAL_S: Final = 0.1
STEADY_CLIENTS: Final = 2
"""A thousand spans a second in all."""
SAMPLE_S: Final = 0.25


async def run(duration_s: float, request_mb: float) -> None:
    """Measure and print."""
    steady_payload, steady_salt = _payload(STEADY_SPANS, seed=1)
    flood_payload, flood_salt = _payload(round(request_mb * 1e6 / 2300), seed=2)
    async with bench_mesh(("auth", "ingest")) as mesh:
        target = mesh.address("otlp_grpc")
        keys = [await _new_key(mesh) for _ in range(FLOODING_TENANTS + 1)]
        steady = Load(target, steady_payload, steady_salt, STEADY_CLIENTS, duration_s, STEADY_INTERVAL_S)
        flood = Load(target, flood_payload, flood_salt, FLOODING_CLIENTS, duration_s)
        async with _emptying_the_bus(mesh), _sampling_memory(mesh.pids["ingest"]) as memory:
            warm_up = Load(target, steady_payload, steady_salt, STEADY_CLIENTS, 3, STEADY_INTERVAL_S)
            await _send(warm_up, keys[0])
            idle_mb = memory[-1]
            alone = await _send(steady, keys[0])
            memory.clear()
            beside, *floods = await asyncio.gather(_send(steady, keys[0]), *(_send(flood, key) for key in keys[1:]))
            flood_memory = list(memory)
        if mesh.deaths:
            raise MeasurementError("a process died during the measurement")
    rows = [("steady tenant, alone", *_row(alone)), ("steady tenant, beside the flood", *_row(beside))]
    rows += [(f"flooding tenant {number}", *_row(outcome)) for number, outcome in enumerate(floods, start=1)]
    header = ("", "accepted", "p50 ms", "p99 ms", "refused with a hint", "failed otherwise")
    print(table(f"Overload: {duration_s:g} s, flood of {len(flood_payload) / 1e6:.1f} MB requests", header, rows))
    third = len(flood_memory) // 3
    memory_rows = [
        ("before the flood", f"{idle_mb:,.0f}"),
        *((f"{name} third, most", f"{max(part):,.0f}") for name, part in _thirds(flood_memory, third)),
    ]
    print(table("Resident memory of ingest, MB", ("", ""), memory_rows))


def _thirds(values: Sequence[float], third: int) -> list[tuple[str, Sequence[float]]]:
    return [("first", values[:third]), ("second", values[third : 2 * third]), ("last", values[2 * third :])]


def _payload(spans: int, seed: int) -> tuple[bytes, bytes]:
    """Return one request, and the first 8 bytes of its trace ids."""
    request = generate(spans, seed, time.time_ns(), spans_a_request=spans)[0]
    return request.payload, bytes.fromhex(request.trace_id)[:8]


def _row(outcome: Outcome) -> tuple[str, ...]:
    waits = [f"{percentile(outcome.waits_ms, share):,.0f}" if outcome.waits_ms else "-" for share in (0.5, 0.99)]
    failed = ", ".join(f"{count} {code}" for code, count in outcome.failed.items()) or "0"
    return f"{outcome.accepted:,}", *waits, f"{sum(outcome.refused.values()):,}", failed


async def _new_key(mesh: BenchMesh) -> str:
    """Return a key of a new tenant."""
    metadata = (("authorization", f"Bearer {mesh.admin_token}"),)
    async with grpc.aio.insecure_channel(mesh.address("auth")) as channel:
        admin = rpc.AdminServiceStub(channel)
        slug = f"t-{secrets.token_hex(4)}"
        tenant = await admin.CreateTenant(pb.CreateTenantRequest(slug=slug), metadata=metadata, timeout=10)
        project = await admin.CreateProject(
            pb.CreateProjectRequest(tenant_id=tenant.tenant_id, slug="main"), metadata=metadata, timeout=10
        )
        key = await admin.CreateApiKey(
            pb.CreateApiKeyRequest(project_id=project.project_id), metadata=metadata, timeout=10
        )
    return key.api_key


async def _send(load: Load, api_key: str) -> Outcome:
    """Send a load from a process of its own. Raises MeasurementError if that fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.overload_sender"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"A11I_API_KEY": api_key, "PATH": ""},
    )
    try:
        output, _ = await process.communicate(pickle.dumps(load))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise MeasurementError("a sender failed; the reason stands above")
    return Outcome(**json.loads(output))


@asynccontextmanager
async def _emptying_the_bus(mesh: BenchMesh) -> AsyncIterator[None]:
    client = await nats.connect(mesh.urls.bus)
    stream = stream_name(topology.SPANS_RECEIVED)

    async def empty() -> None:
        while True:
            await client.jetstream().purge_stream(stream)
            await asyncio.sleep(1)

    task = asyncio.create_task(empty())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await client.close()


@asynccontextmanager
async def _sampling_memory(pid: int) -> AsyncIterator[list[float]]:
    """Yield a list that grows by the process's resident memory in MB."""
    samples: list[float] = []
    process = psutil.Process(pid)

    async def sample() -> None:
        while True:
            samples.append(process.memory_info().rss / 1e6)
            await asyncio.sleep(SAMPLE_S)

    task = asyncio.create_task(sample())
    try:
        yield samples
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="of each of the two phases")
    parser.add_argument("--request-mb", type=float, default=20, help="size of the flood's requests")
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    arguments = parser.parse_args()
    measuring(run(6 if arguments.quick else arguments.seconds, arguments.request_mb))


if __name__ == "__main__":
    main()
