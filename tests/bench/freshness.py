"""How long after its acknowledgement a trace can be read, at a steady rate."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import grpc
import grpc.aio

from a11i.query.v1 import query_service_pb2 as pb
from a11i.query.v1 import query_service_pb2_grpc as rpc
from tests.bench.errors import MeasurementError
from tests.bench.load import Request, generate
from tests.bench.mesh import BenchMesh
from tests.bench.sender import Plan
from tests.bench.sending import Ack, sender
from tests.bench.transports import CHANNEL_OPTIONS
from tests.bench.usage import percentile, table

SPANS_A_SECOND = 200
SPANS_A_REQUEST = 20
"""About one trace a request, as from an agent that exports when it is done."""
SAMPLED = 3
"""Every third request's trace is asked for: asking costs CPU of the same machine."""
POLL_INTERVAL_S = 0.05
RPC_TIMEOUT_S = 5.0
GIVE_UP_S = 30.0


async def measure_freshness(mesh: BenchMesh, name: str, seconds: float) -> str:
    """Send at the rate for `seconds`, ask for traces until they are there, and return a table."""
    requests = generate(int(SPANS_A_SECOND * seconds), seed=77, now_ns=time.time_ns(), spans_a_request=SPANS_A_REQUEST)
    spans = sum(request.spans for request in requests)
    interval_s = spans / len(requests) / SPANS_A_SECOND
    payloads = [request.payload for request in requests]
    plan = Plan(mesh.address("otlp_grpc"), payloads, concurrency=16, interval_s=interval_s)
    async with grpc.aio.insecure_channel(mesh.address("query"), options=CHANNEL_OPTIONS) as channel:
        reader = _Reader(rpc.QueryServiceStub(channel), mesh.api_key)
        async with sender(plan, mesh.api_key) as running:
            acks, waits_s = await reader.follow(running.acks(), requests)
    acked_ms = [(ack.acked_s - ack.sent_s) * 1000 for ack in acks]
    rows = [
        (label, f"{percentile(acked_ms, share):,.0f}", f"{percentile(waits_s, share) * 1000:,.0f}")
        for label, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("longest", 1.0))
    ]
    title = f"Freshness at {SPANS_A_SECOND} spans/s, {name}: {len(acks):,} requests, {len(waits_s):,} traces asked for"
    return table(title, ("", "sent to acknowledged, ms", "acknowledged to GetTrace, ms"), rows)


class _Reader:
    def __init__(self, stub: "rpc.QueryServiceAsyncStub", api_key: str) -> None:
        self._stub = stub
        self._metadata = (("authorization", f"Bearer {api_key}"),)

    async def follow(self, acks: AsyncIterator[Ack], requests: Sequence[Request]) -> tuple[list[Ack], list[float]]:
        """Return all acknowledgements, and for the sampled ones the seconds until the whole trace was readable."""
        seen: list[Ack] = []
        async with asyncio.TaskGroup() as group:
            tasks = []
            async for ack in acks:
                seen.append(ack)
                if ack.index % SAMPLED == 0:
                    tasks.append(group.create_task(self._wait(requests[ack.index].trace_id, ack.acked_s)))
        return seen, [task.result() for task in tasks]

    async def _wait(self, trace_id: str, acked_s: float) -> float:
        request = pb.GetTraceRequest(trace_id=trace_id)
        while time.monotonic() - acked_s < GIVE_UP_S:
            try:
                await self._stub.GetTrace(request, metadata=self._metadata, timeout=RPC_TIMEOUT_S)
                return time.monotonic() - acked_s
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND:
                    raise
            await asyncio.sleep(POLL_INTERVAL_S)
        raise MeasurementError(f"trace {trace_id} was acknowledged {GIVE_UP_S:.0f} s ago and is not readable")
