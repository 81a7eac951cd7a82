"""OTLP/HTTP as any client speaks it, over a socket."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from yarl import URL

from tests.service.ingest.ingest_harness import KEY, Harness

AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}
PROTOBUF = {**AUTHORIZATION, "Content-Type": "application/x-protobuf"}
JSON = {**AUTHORIZATION, "Content-Type": "application/json"}
TYPES = [PROTOBUF, JSON]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error(self) -> Status:
        """The body of a refusal, in the type that its header says."""
        status = Status()
        self._read(status)
        return status

    @property
    def partial_success(self) -> Any:
        """What a success for traces says of rejected spans."""
        response = ExportTraceServiceResponse()
        self._read(response)
        return response.partial_success

    def _read(self, message: Message) -> None:
        if self.headers["Content-Type"] == "application/json":
            json_format.ParseDict(json.loads(self.body), message)
        else:
            assert self.headers["Content-Type"] == "application/x-protobuf"
            message.ParseFromString(self.body)


async def send(
    ingest: Harness,
    body: bytes | AsyncIterator[bytes] = b"",
    headers: Mapping[str, str] = PROTOBUF,
    *,
    path: str = "/v1/traces",
    method: str = "POST",
) -> Answer:
    """Send one request on a connection of its own."""
    timeout = aiohttp.ClientTimeout(total=30)
    data = io.BytesIO(body) if isinstance(body, bytes) else body  # aiohttp warns of large bytes
    async with aiohttp.ClientSession(timeout=timeout, skip_auto_headers=["Content-Type"]) as session:
        url = URL(f"http://{ingest.http_address}{path}", encoded=True)
        async with session.request(method, url, data=data, headers=headers) as answer:
            return Answer(answer.status, answer.headers, await answer.read())


async def send_json(ingest: Harness, document: Any, *, path: str = "/v1/traces") -> Answer:
    """Send a document as JSON; bytes as they are."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return await send(ingest, body, JSON, path=path)


@dataclass(slots=True)
class Connection:
    """A connection whose bytes the test writes itself."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def write(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> Answer:
        """Read one answer."""
        async with asyncio.timeout(30):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            body = await self.reader.readexactly(int(headers.get("Content-Length", "0")))
            return Answer(int(head[0].split()[1]), headers, body)

    async def ends(self) -> bool:
        """Return whether the server has closed the connection, without a byte more."""
        async with asyncio.timeout(30):
            return await self.reader.read(1) == b""


@asynccontextmanager
async def connection(ingest: Harness) -> AsyncIterator[Connection]:
    """Open a connection."""
    host, port = ingest.http_address.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()


def head(headers: Mapping[str, str], *, path: str = "/v1/traces", method: str = "POST") -> bytes:
    """Return a request's line and headers as they go over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: ingest", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()
