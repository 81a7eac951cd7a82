"""OpenAI's chat completions and embeddings, as its API reference gives them."""

import base64
import json
import struct

from tests.corpus.servers.script import SCENARIO, Json, Turn, answering_model, turn

CREATED_S = 1_767_225_600


def turn_of(body: Json) -> Turn:
    """Return the scenario's turn for a chat request."""
    last = body["messages"][-1]
    return turn(after_tool=last["role"] in ("tool", "function"), has_tools=bool(body.get("tools")))


def completion(body: Json) -> Json:
    """Return the whole answer."""
    now = turn_of(body)
    message: Json = {"role": "assistant", "content": now.text, "refusal": None, "annotations": []}
    if now.text is None:
        message["tool_calls"] = [_tool_call()]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(now)}
    return {**_head(body, now, "chat.completion"), "choices": [choice], "usage": _usage(now)}


def chunks(body: Json) -> list[Json]:
    """Return the answer as a stream's chunks; usage comes last, and only if it was asked for."""
    now = turn_of(body)
    head = _head(body, now, "chat.completion.chunk")
    deltas: list[Json] = [{"role": "assistant", "content": None if now.text is None else "", "refusal": None}]
    if now.text is None:
        deltas.append({"tool_calls": [{"index": 0, **_tool_call()}]})
    else:
        deltas.extend({"content": word} for word in now.words)
    choices: list[Json] = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "logprobs": None, "finish_reason": _finish(now)})
    stream = [{**head, "choices": [choice]} for choice in choices]
    if (body.get("stream_options") or {}).get("include_usage"):
        stream.append({**head, "choices": [], "usage": _usage(now)})
    return stream


def embeddings(body: Json) -> Json:
    """Return one vector a text."""
    texts = body["input"] if isinstance(body["input"], list) and body["input"] else [body["input"]]
    vector = SCENARIO["embedding"]["vector"]
    packed = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    value = packed if body.get("encoding_format") == "base64" else vector
    count = SCENARIO["embedding"]["input_tokens"]
    return {
        "object": "list",
        "model": answering_model(body["model"]),
        "data": [{"object": "embedding", "index": index, "embedding": value} for index in range(len(texts))],
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }


def _head(body: Json, now: Turn, kind: str) -> Json:
    return {
        "id": f"chatcmpl-weather-{now.number}",
        "object": kind,
        "created": CREATED_S,
        "model": answering_model(body["model"]),
        "service_tier": "default",
        "system_fingerprint": "fp_scripted",
    }


def _tool_call() -> Json:
    tool = SCENARIO["tool"]
    function = {"name": tool["name"], "arguments": json.dumps(tool["arguments"])}
    return {"id": tool["call_id"]["openai"], "type": "function", "function": function}


def _finish(now: Turn) -> str:
    return "tool_calls" if now.text is None else "stop"


def _usage(now: Turn) -> Json:
    usage = now.usage
    return {
        "prompt_tokens": usage["input_tokens"],
        "completion_tokens": usage["output_tokens"],
        "total_tokens": usage["input_tokens"] + usage["output_tokens"],
        "prompt_tokens_details": {"cached_tokens": usage["cache_read_tokens"], "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage["reasoning_tokens"],
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
