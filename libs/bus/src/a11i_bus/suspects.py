"""Which batches may have cost their workers' lives."""

from collections import OrderedDict
from typing import Final

from a11i_bus.port import Delivery

_MOST_KNOWN: Final = 10_000
"""Messages of which is remembered that they were given back: more than a member meets again in minutes of trouble."""


class Suspects:
    """Counts the deliveries of each message whose end is not known here.

    The bus counts every delivery, whatever became of it: a worker that died of the message, one that was restarted
    while it held it, an outage of the bus, and what was given back with a purpose. The last is known to the member that
    did it and does not count. The others look the same from here, so the count alone condemns nobody: a suspect is
    tried in a child process (`a11i_bus.trial`), and only what happens there does.
    """

    def __init__(self, after_deliveries: int) -> None:
        self._after = after_deliveries
        self._given_back: OrderedDict[str, int] = OrderedDict()

    def given_back(self, delivery: Delivery) -> None:
        """Note that this member gave the message back, and why is known."""
        name = delivery.message.id
        self._given_back[name] = self._given_back.pop(name, 0) + 1
        while len(self._given_back) > _MOST_KNOWN:
            self._given_back.popitem(last=False)

    def settled(self, delivery: Delivery) -> None:
        """Forget a message that does not come again."""
        self._given_back.pop(delivery.message.id, None)

    def suspect(self, delivery: Delivery) -> bool:
        """Return whether the message has to be tried with care."""
        unknown = delivery.attempt - 1 - self._given_back.get(delivery.message.id, 0)
        return unknown >= self._after
