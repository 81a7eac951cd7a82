"""An OTLP receiver that writes what it gets, one line a request: {"signal": "traces", "request": <OTLP/JSON>}.

`python -m tests.corpus.recording --out FILE --port-file F`: HTTP (protobuf and JSON, gzip; any path that ends in
/v1/traces, /v1/logs or /v1/metrics) and gRPC on free ports of 127.0.0.1; F then holds {"http": port, "grpc": port}.
Ids are hex, 64-bit integers strings, enums numbers. What tells of the machine (paths, host, process) is replaced.
"""

import argparse
import asyncio
import base64
import json
import re
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
from aiohttp import web
from google.protobuf import json_format
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

Json = dict[str, Any]
REQUESTS: dict[str, type[Message]] = {
    "traces": traces.ExportTraceServiceRequest,
    "logs": logs.ExportLogsServiceRequest,
    "metrics": metrics.ExportMetricsServiceRequest,
}
RESPONSES: dict[str, type[Message]] = {
    "traces": traces.ExportTraceServiceResponse,
    "logs": logs.ExportLogsServiceResponse,
    "metrics": metrics.ExportMetricsServiceResponse,
}
GRPC_SERVICES = {
    "traces": "opentelemetry.proto.collector.trace.v1.TraceService",
    "logs": "opentelemetry.proto.collector.logs.v1.LogsService",
    "metrics": "opentelemetry.proto.collector.metrics.v1.MetricsService",
}
ID_KEYS = frozenset({"traceId", "spanId", "parentSpanId"})
MAX_BYTES = 64 * 1024 * 1024
REPOSITORY = str(Path(__file__).parents[2])
MACHINE_KEYS = re.compile(r"^(host\.|os\.|process\.(?!runtime\.(name|version)$))")
MACHINE_PATHS = re.compile(
    rf"(?:{re.escape(REPOSITORY)}/build/corpus/[\w.-]+|{re.escape(REPOSITORY)}|{re.escape(str(Path.home()))}"
    r"|/tmp/tmp\w+|/work)(?![\w-])"
)


def as_otlp_json(message: Message) -> Json:
    """Return a request as OTLP/JSON, which differs from protobuf's JSON in ids (hex) and enums (numbers)."""
    plain = json_format.MessageToDict(message, use_integers_for_enums=True)
    encoded: Json = _recoded(plain, lambda text: base64.b64decode(text).hex())
    return encoded


def from_otlp_json(signal_name: str, body: Json) -> Message:
    """Return the request that OTLP/JSON gives."""
    encoded = _recoded(body, lambda text: base64.b64encode(bytes.fromhex(text)).decode())
    return json_format.ParseDict(encoded, REQUESTS[signal_name](), ignore_unknown_fields=True)


def scrubbed(value: Any) -> Any:
    """Return OTLP/JSON without what tells of the machine that it was made on."""
    if isinstance(value, dict):
        key = value.get("key")
        if isinstance(key, str) and MACHINE_KEYS.match(key):
            return {"key": key, "value": _machine_value(key, value.get("value", {}))}
        return {name: scrubbed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [scrubbed(item) for item in value]
    return _without_paths(value) if isinstance(value, str) else value


def _machine_value(key: str, value: Json) -> Json:
    if "intValue" in value:
        return {"intValue": "1"}
    if "arrayValue" in value:
        return {"arrayValue": {"values": [{"stringValue": "/app/main"}]}}
    if key in ("host.name", "process.owner"):
        return {"stringValue": key.split(".")[0]}
    return {"stringValue": "/app/main" if key.startswith("process.") else key}


def _without_paths(text: str) -> str:
    # A path inside a message stays readable: only the part that is this machine's goes. A host name is replaced only
    # as a word of its own, and only where it is no ordinary word.
    text = MACHINE_PATHS.sub("/app", text)
    host = socket.gethostname()
    return re.sub(rf"\b{re.escape(host)}\b", "host", text) if len(host) > 6 and host != "localhost" else text


def _recoded(value: Any, recode: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {
            key: recode(item) if key in ID_KEYS and isinstance(item, str) else _recoded(item, recode)
            for key, item in value.items()
        }
    return [_recoded(item, recode) for item in value] if isinstance(value, list) else value


class Recorder:
    """Appends requests to a file."""

    def __init__(self, out: Path) -> None:
        self._out = out

    def record(self, signal_name: str, message: Message) -> None:
        """Append one request, as one line."""
        line = {"signal": signal_name, "request": scrubbed(as_otlp_json(message))}
        with self._out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    async def http(self, request: web.Request) -> web.Response:
        """Take an export request over HTTP; its kind is the path's last part."""
        signal_name = request.match_info["signal"]
        body = await request.read()
        if "json" in request.content_type:
            self.record(signal_name, from_otlp_json(signal_name, json.loads(body)))
            return web.json_response({})
        self.record(signal_name, REQUESTS[signal_name].FromString(body))
        return web.Response(content_type="application/x-protobuf")

    def grpc_handler(self, signal_name: str) -> grpc.GenericRpcHandler:
        """Return the handler of a signal's Export call."""

        async def export(message: Message, _: grpc.aio.ServicerContext[Any, Any]) -> Message:
            self.record(signal_name, message)
            return RESPONSES[signal_name]()

        call: Callable[..., Awaitable[Message]] = export
        method: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(
            call,
            request_deserializer=REQUESTS[signal_name].FromString,
            response_serializer=lambda answer: answer.SerializeToString(),
        )
        return grpc.method_handlers_generic_handler(GRPC_SERVICES[signal_name], {"Export": method})


async def _serve(out: Path, announce: Callable[[str], object]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    recorder = Recorder(out)
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", MAX_BYTES)])
    server.add_generic_rpc_handlers(tuple(recorder.grpc_handler(name) for name in REQUESTS))
    grpc_port = server.add_insecure_port("127.0.0.1:0")
    app = web.Application(client_max_size=MAX_BYTES)
    app.router.add_post("/{prefix:.*}v1/{signal:traces|logs|metrics}", recorder.http)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await server.start()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        announce(json.dumps({"http": runner.addresses[0][1], "grpc": grpc_port}))
        await stop.wait()
    finally:
        await runner.cleanup()
        await server.stop(1.0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--port-file", type=Path, required=True)
    given = parser.parse_args()
    asyncio.run(_serve(given.out, given.port_file.write_text))
