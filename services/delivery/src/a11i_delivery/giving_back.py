"""Handing deliveries back to the bus while something that they need is away."""

from collections.abc import Sequence
from contextlib import suppress

from a11i_bus import Delivery
from a11i_chassis.errors import TransientError


async def give_back(deliveries: Sequence[Delivery], delay_s: float) -> None:
    """Ask for the deliveries again after a while. If the bus is away they come by themselves."""
    for delivery in deliveries:
        with suppress(TransientError):
            await delivery.retry(delay_s)
