"""The tokenization service over real engines, with calls that are stored already."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i.tokenization.v1.tokenization_service_pb2_grpc import TokenizationServiceStub
from a11i_bus.memory import MemoryBroker
from a11i_bus.port import Bus
from a11i_chassis.app import serving
from a11i_storage.clickhouse import ClickHouse, ClickHouseWriter, open_clickhouse
from a11i_storage.clickhouse import migrate as migrate_clickhouse
from a11i_storage.postgres import PostgresSettings
from a11i_storage.postgres import migrate as migrate_postgres
from a11i_telemetry.batch import SpanBatch
from a11i_tokenization.app import wire
from a11i_tokenization.desks import open_desks
from a11i_tokenization.kept import open_kept
from a11i_tokenization.settings import TokenizationSettings
from tests.contract.stored_spans import S, record_batch, span, span_id
from tests.engines import clickhouse, postgres
from tests.unit.tokenization.span_rows import llm

if TYPE_CHECKING:
    from a11i.tokenization.v1.tokenization_service_pb2_grpc import TokenizationServiceAsyncStub as Stub

DEADLINE_S = 20.0
TOKEN = "admin-token-of-the-tests-" + "0" * 20
ADMIN = (("authorization", f"Bearer {TOKEN}"),)
DAY_S = 86_400
NOON_S = 1_790_942_400
"""2026-10-02 12:00 UTC."""


@dataclass(frozen=True, slots=True)
class Engines:
    """PostgreSQL and ClickHouse, with all tables."""

    dsn: str
    clickhouse: clickhouse.ClickHouseServer


@contextmanager
def engines(directory: Path) -> Iterator[Engines]:
    """Run the engines for the time of the block."""
    with postgres.running(directory) as database, clickhouse.running(directory / "clickhouse") as spans:
        asyncio.run(migrate_postgres(PostgresSettings.model_validate({"dsn": database.dsn})))
        asyncio.run(migrate_clickhouse(spans.settings))
        yield Engines(database.dsn, spans)


@dataclass(slots=True)
class Spans:
    """A tenant's stored spans."""

    clickhouse: ClickHouse
    tenant: str = field(default_factory=lambda: str(uuid.uuid4()))

    async def put(
        self, *calls: dict[str, Any], project: str = "p", key: str = "", received_s: float = NOON_S + DAY_S
    ) -> None:
        """Store spans; each needs a `name`, which is also its trace's unless that is given as `trace`."""
        rows = []
        for one in calls:
            values = dict(one)
            trace, start_s = values.pop("trace", values["name"]), values.pop("start_s", NOON_S)
            if "parent" in values:
                values["parent_span_id"] = span_id(values.pop("parent"))
            rows.append(span(trace, values["name"], start_ns=int(start_s * S), **values))
        sent = SpanBatch("b", self.tenant, project, int(received_s * S), record_batch(rows), key_id=key)
        await ClickHouseWriter(self.clickhouse).insert([sent])

    async def multiply(self, times: int) -> None:
        """Have each of the tenant's spans so many times, in traces whose ids are spread as random ones are."""
        sql = (
            "INSERT INTO spans SELECT spans.* REPLACE (CAST(MD5(concat(trace_id, toString(number))), "
            "'FixedString(16)') AS trace_id) FROM spans CROSS JOIN numbers(1, {times:UInt64}) AS copies "
            "WHERE tenant_id = {tenant:String}"
        )
        await self.clickhouse.command(sql, {"tenant": self.tenant, "times": times - 1})

    async def read(self) -> dict[str, dict[str, Any]]:
        """Return the spans by name, each in the version that counts."""
        sql = (
            "SELECT * EXCEPT (partition_date, stored_time), toUnixTimestamp64Nano(stored_time) AS stored_ns "
            "FROM spans FINAL WHERE tenant_id = {tenant:String} ORDER BY start_time"
        )
        table = await self.clickhouse.query(sql, {"tenant": self.tenant})
        return {row["name"]: row for row in table.to_pylist()}


def call(name: str, usd: str | None = "0.5", **values: Any) -> dict[str, Any]:
    """Return a call of a million input tokens that costs so much."""
    cost = None if usd is None else Decimal(usd)
    known = {"input_tokens": 1_000_000, "output_tokens": 0, "input_messages": f"text of {name}"}
    costs = {"input_cost_usd": cost, "total_cost_usd": cost, "price_version": "old" if usd else ""}
    return llm(name=name, **(known | costs | values))


@dataclass(frozen=True, slots=True)
class Service:
    """A running service."""

    stub: "Stub"
    spans: Spans
    bus: Bus

    async def put_prices(self, *lines: pb2.PriceLine) -> None:
        """Store the tenant's own prices."""
        request = pb2.PutPricesRequest(tenant_id=self.spans.tenant, lines=lines, actor="the tests")
        await self.stub.PutPrices(request, timeout=DEADLINE_S, metadata=ADMIN)

    async def reprice(self, request_id: str = "", **fields: Any) -> pb2.Repricing:
        """Order a repricing of the two days around noon."""
        request = pb2.RepriceRequest(
            tenant_id=self.spans.tenant, actor="the tests", request_id=request_id or str(uuid.uuid4()), **fields
        )
        if not request.HasField("start_time"):
            request.start_time.seconds = NOON_S - DAY_S
        if not request.HasField("end_time"):
            request.end_time.seconds = NOON_S + DAY_S
        return (await self.stub.Reprice(request, timeout=DEADLINE_S, metadata=ADMIN)).repricing

    async def get(self, repricing_id: str) -> pb2.Repricing:
        """Return a repricing."""
        request = pb2.GetRepricingRequest(id=repricing_id)
        return (await self.stub.GetRepricing(request, timeout=DEADLINE_S, metadata=ADMIN)).repricing

    async def ended(self, repricing: pb2.Repricing) -> pb2.Repricing:
        """Return the repricing once it has ended."""
        found = repricing

        async def look() -> bool:
            nonlocal found
            found = await self.get(repricing.id)
            return found.state != pb2.REPRICING_STATE_RUNNING

        await until(look)
        return found


async def until(look: Callable[[], Any], deadline_s: float = DEADLINE_S) -> None:
    """Return once a look says true. Raises AssertionError at the deadline."""
    deadline = time.monotonic() + deadline_s
    while not await look():
        assert time.monotonic() < deadline, "it did not come to that in time"
        await asyncio.sleep(0.05)


def settings_of(engines: Engines, **options: Any) -> TokenizationSettings:
    """Return settings of the service, quick ones."""
    return TokenizationSettings.model_validate(
        {
            "bus": {"url": "memory://"},
            "dead_letter_key": "k" * 32,
            "postgres": {"dsn": engines.dsn},
            "clickhouse": engines.clickhouse.settings.model_dump(),
            "admin_token": TOKEN,
            "repricing": {"slice_calls": 3, "interval_s": 0.05, "pause_s": 0.2, "lease_s": 2.0},
            "budgets": {"interval_s": 0.2, "max_share": 1.0},
            **options,
        }
    )


@asynccontextmanager
async def serving_calls(
    engines: Engines, tenant: str = "", *, idle: Sequence[str] = (), bus: Bus | None = None, **options: Any
) -> AsyncIterator[Service]:
    """Run the service without its stage; with all else that it does but the work of these classes."""
    settings = settings_of(engines, **options)
    bus = bus or MemoryBroker(settings.bus).bus()
    async with (
        open_clickhouse(engines.clickhouse.settings) as spans,
        open_kept(settings) as kept,
        open_desks(settings, bus, kept) as desks,
    ):
        app = wire(settings, bus, kept, desks)
        work = [one for one in app.background[1:] if getattr(one, "__qualname__", "").split(".")[0] not in idle]
        async with (
            serving("tokenization", settings, replace(app, background=work)) as server,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            yield Service(TokenizationServiceStub(channel), Spans(spans, tenant or str(uuid.uuid4())), bus)
