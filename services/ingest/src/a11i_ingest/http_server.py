"""The listener of OTLP/HTTP: aiohttp's, with a time limit for headers and an answer even to what is no HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.web_protocol import RequestHandler, _ErrInfo
from google.rpc import code_pb2, status_pb2

from a11i_chassis.logging import log_defect
from a11i_ingest.http_answers import MediaType, refusal
from a11i_ingest.settings import HttpSettings

_SHUTDOWN_S: Final = 5.0
"""Time that requests get to finish; publishing takes as long at most."""
_LINGER_S: Final = 2.0
"""How long what still comes of a refused request is read and thrown away: closed at once, the connection would be reset
before its client reads the answer."""
_QUIET_S: Final = 0.2
"""Nothing has come for this long: the client has sent all."""
_MAX_HEADERS: Final = 128

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class _Connection(RequestHandler):
    """One connection of a client."""

    __slots__ = ("_discarded", "_discarding", "_header_timeout_s", "_header_timer")

    def __init__(self, manager: "_Server", *, header_timeout_s: float, **options: Any) -> None:
        super().__init__(manager, **options)
        self._header_timeout_s = header_timeout_s
        self._header_timer: asyncio.TimerHandle | None = None
        self._discarding = False
        self._discarded = 0

    def connection_lost(self, exc: BaseException | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._discarding:
            self._discarded += len(data)
            return
        super().data_received(data)
        if self._awaits_request():
            if self._header_timer is None:
                self._header_timer = self._loop.call_later(self._header_timeout_s, self._end_wait)
        else:
            self._disarm()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer to what the parser refused, or to a request whose handler failed."""
        if isinstance(exc, ConnectionError):
            raise exc  # the client is gone, which is no failure
        if status == 500:
            text = log_defect("http_failed", exc or RuntimeError(message))
            answer = refusal(503, status_pb2.Status(code=code_pb2.INTERNAL, message=text), MediaType.JSON)
        else:
            # Nothing of the headers is known, so not the type either.
            answer = _no_request(status, exc)
        answer.force_close()
        return answer

    def _make_error_handler(self, err_info: _ErrInfo) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            answer = self.handle_error(request, err_info.status, err_info.exc, err_info.message)
            self._discarding = True
            await answer.prepare(request)
            await answer.write_eof()
            await self._linger()
            return answer

        return handle

    async def _linger(self) -> None:
        until = self._loop.time() + _LINGER_S
        before = -1
        while before < self._discarded and self._loop.time() < until:
            before = self._discarded
            await asyncio.sleep(_QUIET_S)

    def _awaits_request(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def _end_wait(self) -> None:
        """Answer a client that has begun a request and does not get on with it."""
        self._header_timer = None
        if self._awaits_request() and self._waiter is not None:
            self._messages.append((_ErrInfo(408, TimeoutError(), ""), EMPTY_PAYLOAD))
            self._waiter.set_result(None)

    def _disarm(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None


class _Server(web.Server):
    """Makes connections."""

    def __init__(self, handle: Handle, *, header_timeout_s: float, **options: Any) -> None:
        super().__init__(handle, **options)
        self._header_timeout_s = header_timeout_s

    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, header_timeout_s=self._header_timeout_s, **self._kwargs)


def _no_request(http_status: int, exc: BaseException | None) -> web.Response:
    if http_status == 408:
        message = "the headers did not arrive in time"
    elif isinstance(exc, LineTooLong) or "Too many headers" in str(exc):
        http_status, message = 431, f"the headers are too large: {_MAX_HEADERS} of 8190 bytes at most"
    else:
        message = "this is no HTTP/1.1 request"
    return refusal(http_status, status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message=message), MediaType.JSON)


@asynccontextmanager
async def listening(settings: HttpSettings, handle: Handle, *, share_port: bool = False) -> AsyncIterator[str]:
    """Serve HTTP while the context is open, and yield host:port with the real port.

    `share_port` lets other processes of the same user listen there as well.
    Raises OSError if the address cannot be had.
    """
    host, port = settings.listen.rsplit(":", 1)
    server = _Server(
        handle,
        header_timeout_s=settings.header_timeout_s,
        keepalive_timeout=settings.keep_alive_s,
        lingering_time=_LINGER_S,
        max_headers=_MAX_HEADERS,
        auto_decompress=False,  # bodies as they came: aiohttp's own decompression knows no limit
        access_log=None,
    )
    runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, int(port), reuse_port=share_port).start()
        yield f"{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
