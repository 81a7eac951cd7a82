"""All providers on one port: each has paths of its own."""

import asyncio
import json
from collections.abc import Sequence

from aiohttp import web

from tests.corpus.servers import anthropic_messages, gemini, openai_chat, openai_responses
from tests.corpus.servers.script import SCENARIO, Json

CHUNK_DELAY_S = 0.01
"""Between streamed chunks, so that a stream takes time as a real one does."""


def build() -> web.Application:
    """Return the providers: OpenAI under /v1 (chat, responses, embeddings), Anthropic at /v1/messages, Gemini below
    /v1beta/models. OpenAI's paths are there without /v1 too, as some clients leave it out.
    """
    app = web.Application(client_max_size=16 * 1024 * 1024)
    for prefix in ("/v1", ""):
        app.router.add_post(f"{prefix}/chat/completions", _chat)
        app.router.add_post(f"{prefix}/responses", _responses)
        app.router.add_post(f"{prefix}/embeddings", _embeddings)
        app.router.add_get(f"{prefix}/models", _models)
    app.router.add_post("/v1/messages", _messages)
    app.router.add_post("/v1/messages/count_tokens", _count_tokens)
    for version in ("v1", "v1beta"):
        app.router.add_post(f"/{version}/models/{{model}}:{{method}}", _gemini)
    return app


async def _chat(request: web.Request) -> web.StreamResponse:
    body = await request.json()
    if body.get("stream"):
        return await _stream(request, openai_chat.chunks(body), done="[DONE]")
    return web.json_response(openai_chat.completion(body))


async def _responses(request: web.Request) -> web.StreamResponse:
    body = await request.json()
    if body.get("stream"):
        return await _stream(request, openai_responses.events(body), named=True)
    return web.json_response(openai_responses.response(body))


async def _embeddings(request: web.Request) -> web.Response:
    return web.json_response(openai_chat.embeddings(await request.json()))


async def _models(request: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": [{"id": n, "object": "model"} for n in SCENARIO["models"]]})


async def _messages(request: web.Request) -> web.StreamResponse:
    body = await request.json()
    if body.get("stream"):
        return await _stream(request, anthropic_messages.events(body), named=True)
    return web.json_response(anthropic_messages.message(body))


async def _count_tokens(request: web.Request) -> web.Response:
    return web.json_response({"input_tokens": SCENARIO["calls"][0]["input_tokens"]})


async def _gemini(request: web.Request) -> web.StreamResponse:
    model, method, body = request.match_info["model"], request.match_info["method"], await request.json()
    if method == "streamGenerateContent":
        return await _stream(request, gemini.chunks(model, body))
    if method == "generateContent":
        return web.json_response(gemini.generated(model, body))
    if method in ("embedContent", "batchEmbedContents"):
        return web.json_response(gemini.embedded(body))
    raise web.HTTPNotFound


async def _stream(
    request: web.Request, payloads: Sequence[Json], *, named: bool = False, done: str = ""
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for payload in payloads:
        head = f"event: {payload['type']}\n" if named else ""
        await response.write(f"{head}data: {json.dumps(payload)}\n\n".encode())
        await asyncio.sleep(CHUNK_DELAY_S)
    if done:
        await response.write(f"data: {done}\n\n".encode())
    await response.write_eof()
    return response
