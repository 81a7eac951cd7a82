"""A member of a group as a process, to be killed: takes one message, says which and for the how-manieth time, waits.

python -m tests.contract.kafka_member URL
"""

import asyncio
import sys

from pydantic import SecretStr

from a11i_bus import BusSettings, connect
from a11i_bus.topology import SPANS_RECEIVED
from tests.contract.bus_harness import PATIENCE_S, fetch_one


async def main(url: str) -> None:
    """Fetch one message, print "<id> <attempt>", and never settle it."""
    settings = BusSettings(url=SecretStr(url), connect_wait_s=PATIENCE_S, ack_wait_s=6.0, partitions=4)
    async with (
        connect(settings) as bus,
        bus.subscribe(SPANS_RECEIVED, "tokenization", max_unsettled=1) as subscription,
    ):
        delivery = await fetch_one(subscription)
        sys.stdout.write(f"\n{delivery.message.id} {delivery.attempt}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
