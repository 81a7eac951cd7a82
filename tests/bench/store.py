"""Asks the span store how much is in it, over ClickHouse's HTTP interface."""

from types import TracebackType
from urllib.parse import unquote, urlsplit

import aiohttp

from tests.bench.errors import MeasurementError

QUERY_TIMEOUT_S = 20.0
"""Far above what a count takes, also while the store is busy."""


class SpanStore:
    """The table of spans. Use as an async context manager."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url = f"http://{parts.hostname}:{parts.port}/"
        self._database = {"database": parts.path.removeprefix("/")}
        self._session = aiohttp.ClientSession(
            auth=aiohttp.BasicAuth(unquote(parts.username or ""), unquote(parts.password or "")),
            timeout=aiohttp.ClientTimeout(total=QUERY_TIMEOUT_S),
        )

    async def __aenter__(self) -> "SpanStore":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def rows(self) -> int:
        """Return the number of rows: cheap, and the number of spans as long as nothing was delivered twice."""
        return await self._number("SELECT count() FROM spans")

    async def distinct(self) -> int:
        """Return the number of different spans."""
        return await self._number("SELECT uniqExact(trace_id, span_id) FROM spans")

    async def _number(self, query: str) -> int:
        async with self._session.post(self._url, params=self._database, data=query) as response:
            text = await response.text()
            if response.status != 200:
                raise MeasurementError(f"the store answered {response.status}: {text[:200]}")
            return int(text)
