"""The delivery service's part that keeps and audits the ledger."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from a11i.delivery.v1 import ledger_service_pb2, ledger_service_pb2_grpc
from a11i_bus import Bus
from a11i_chassis.app import App
from a11i_delivery.admin import admin_check
from a11i_delivery.auditor import TURN_KEY, Auditor
from a11i_delivery.ledger_intake import take_ledger
from a11i_delivery.ledger_progress import LedgerProgress
from a11i_delivery.ledger_service import LedgerServicer
from a11i_delivery.settings import DeliverySettings
from a11i_storage.clickhouse import LedgerStore, open_clickhouse
from a11i_storage.postgres.turn import open_turn


@asynccontextmanager
async def auditing(app: App, settings: DeliverySettings, bus: Bus) -> AsyncIterator[App]:
    """Yield the service with LedgerService; ClickHouse need not be there.

    While it is away entries wait on the bus. The service is ready all the same: dead letters do not need it.
    """
    async with open_clickhouse(settings.clickhouse) as clickhouse, open_turn(settings.postgres, TURN_KEY) as turn:
        store, progress = LedgerStore(clickhouse), LedgerProgress()
        longest_wait_s = settings.bus.ack_wait_s + settings.ledger.settle_s
        auditor = Auditor(bus, store, turn, progress, settings.ledger, longest_wait_s=longest_wait_s)
        servicer = LedgerServicer(store, auditor, admin_check(settings))

        async def take(stop: asyncio.Event) -> None:
            await take_ledger(bus, store, progress, stop)

        services = ledger_service_pb2.DESCRIPTOR.services_by_name
        yield replace(
            app,
            register=[*app.register, partial(ledger_service_pb2_grpc.add_LedgerServiceServicer_to_server, servicer)],
            services=[*app.services, *(service.full_name for service in services.values())],
            background=[*app.background, take, auditor.run],
        )
