"""Waiting that ends when the service stops."""

import asyncio


class Stopping(Exception):
    """The service stops, so what waits is given back."""


async def stopped_within(stop: asyncio.Event, delay_s: float) -> bool:
    """Wait for the event or for `delay_s`; return whether the event is set."""
    try:
        async with asyncio.timeout(delay_s):
            await stop.wait()
    except TimeoutError:
        return stop.is_set()
    return True
