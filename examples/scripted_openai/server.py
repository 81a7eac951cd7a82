"""The server: OpenAI's chat, embeddings and models endpoints on a free port of 127.0.0.1, in a thread of its own."""

import asyncio
import hashlib
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web

from scripted_openai import wire
from scripted_openai.script import Script

MODELS = ("gpt-4o", "gpt-4o-mini", "text-embedding-3-small")
EMBEDDING_DIMENSIONS = 16
CHUNK_DELAY_S = 0.01
"""Between streamed chunks, so that a stream takes time as a real one does."""
START_TIMEOUT_S = 10.0


@contextmanager
def serve(script: Script) -> Iterator[str]:
    """Serve `script` while the block runs; yields the base URL for an OpenAI client, http://127.0.0.1:<port>/v1."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    started: threading.Event = threading.Event()
    address: list[str] = []

    async def run() -> None:
        async with _running(script) as base_url:
            address.append(base_url)
            started.set()
            await stop.wait()

    def main() -> None:
        try:
            loop.run_until_complete(run())
        finally:
            loop.close()
            started.set()

    thread = threading.Thread(target=main, name="scripted-openai", daemon=True)
    thread.start()
    if not started.wait(START_TIMEOUT_S) or not address:
        raise RuntimeError("the scripted OpenAI server did not start")
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(START_TIMEOUT_S)


@asynccontextmanager
async def _running(script: Script) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", _chat(script))
    app.router.add_post("/v1/embeddings", _embeddings)
    app.router.add_get("/v1/models", _models)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/v1"
    finally:
        await runner.cleanup()


def _chat(script: Script) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        model = str(body.get("model", ""))
        try:
            rule = script.answer(model, body.get("messages", []))
        except LookupError as error:
            return _error(400, "no_scripted_answer", str(error))
        if rule.failure is not None:
            return _error(rule.failure.status, rule.failure.code, rule.failure.message)
        completion_id = "chatcmpl-" + hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:24]
        if not body.get("stream"):
            return web.json_response(wire.completion(completion_id, model, rule))
        include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        return await _stream(request, wire.chunks(completion_id, model, rule, include_usage=include_usage))

    return handle


async def _stream(request: web.Request, chunks: Sequence[wire.Json]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for chunk in chunks:
        await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        await asyncio.sleep(CHUNK_DELAY_S)
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


async def _embeddings(request: web.Request) -> web.Response:
    """Answer with vectors that are a hash of each text: the same text, the same vector."""
    body = await request.json()
    given = body.get("input", "")
    texts = [given] if isinstance(given, str) else [str(text) for text in given]
    vectors = [[byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:EMBEDDING_DIMENSIONS]] for text in texts]
    return web.json_response(wire.embeddings(str(body.get("model", "")), vectors, sum(len(t.split()) for t in texts)))


async def _models(request: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": code, "param": None, "code": code}}, status=status)
