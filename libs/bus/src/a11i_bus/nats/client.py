"""nats-py's client, made to end whole."""

from nats.aio.client import Client


class LinkClient(Client):
    """A client whose end is always complete and always heard of.

    nats-py sends what is pending before it takes a connection down. If the socket fails on that, it leaves the rest
    undone: `closed_cb` is not called and the tasks of subscriptions run on.
    """

    async def _close(self, status: int, do_cbs: bool = True) -> None:
        try:
            await super()._close(status, do_cbs)
        except OSError:
            # Nothing can be sent any more; with nothing pending the rest is done.
            self._pending, self._pending_data_size = [], 0
            self._status = Client.DISCONNECTED
            await super()._close(status, do_cbs)
