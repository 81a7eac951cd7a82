"""Answers in the JSON of OpenAI's API (reference: "Chat", "Streaming", "Embeddings")."""

import json
import re
from collections.abc import Sequence

from scripted_openai.script import Rule

Json = dict[str, object]
CREATED_S = 1_767_225_600
"""A fixed date, so that an answer depends on its request alone."""


def completion(completion_id: str, model: str, rule: Rule) -> Json:
    """Return a chat completion; `usage` is left out where the rule has none."""
    message: Json = {"role": "assistant", "content": rule.content, "refusal": None}
    if rule.tool_calls:
        message["tool_calls"] = _tool_calls(completion_id, rule)
    body = _head(completion_id, "chat.completion", model)
    body["choices"] = [{"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(rule)}]
    if rule.usage is not None:
        body["usage"] = _usage(rule.usage)
    return body


def chunks(completion_id: str, model: str, rule: Rule, *, include_usage: bool) -> list[Json]:
    """Return a completion as the chunks of a stream, a word each; the last holds the usage if it was asked for."""
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas.extend({"content": word} for word in re.findall(r"\S+\s*|\s+", rule.content or ""))
    deltas.extend(
        {"tool_calls": [{"index": index, **call}]} for index, call in enumerate(_tool_calls(completion_id, rule))
    )
    stream = [_chunk(completion_id, model, delta, None) for delta in deltas]
    stream.append(_chunk(completion_id, model, {}, _finish_reason(rule)))
    if include_usage and rule.usage is not None:
        last = _head(completion_id, "chat.completion.chunk", model)
        last.update(choices=[], usage=_usage(rule.usage))
        stream.append(last)
    return stream


def embeddings(model: str, vectors: Sequence[Sequence[float]], tokens: int) -> Json:
    """Return embeddings, one vector a text."""
    data = [{"object": "embedding", "index": index, "embedding": list(vector)} for index, vector in enumerate(vectors)]
    return {"object": "list", "model": model, "data": data, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


def _head(completion_id: str, kind: str, model: str) -> Json:
    return {"id": completion_id, "object": kind, "created": CREATED_S, "model": model}


def _chunk(completion_id: str, model: str, delta: Json, finish_reason: str | None) -> Json:
    chunk = _head(completion_id, "chat.completion.chunk", model)
    chunk["choices"] = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]
    return chunk


def _tool_calls(completion_id: str, rule: Rule) -> list[Json]:
    return [
        {
            "id": f"call_{completion_id[-12:]}{index}",
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
        }
        for index, call in enumerate(rule.tool_calls)
    ]


def _finish_reason(rule: Rule) -> str:
    return "tool_calls" if rule.tool_calls else "stop"


def _usage(usage: tuple[int, int, int]) -> Json:
    input_tokens, output_tokens, cached = usage
    return {
        "prompt_tokens": input_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
