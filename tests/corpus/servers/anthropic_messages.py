"""Anthropic's messages, as its API reference gives them: `input_tokens` leaves out what a cache read or wrote."""

import json

from tests.corpus.servers.script import SCENARIO, Json, Turn, answering_model, turn


def turn_of(body: Json) -> Turn:
    """Return the scenario's turn for a request."""
    content = body["messages"][-1]["content"]
    blocks = content if isinstance(content, list) else []
    after_tool = any(block.get("type") == "tool_result" for block in blocks)
    return turn(after_tool=after_tool, has_tools=bool(body.get("tools")))


def message(body: Json) -> Json:
    """Return the whole answer; the first one thinks before it, if the request lets it."""
    now = turn_of(body)
    return {
        **_head(body, now),
        "content": [*_thought(body), _block(now)],
        "stop_reason": _stop(now),
        "usage": _usage(now),
    }


def events(body: Json) -> list[Json]:
    """Return the answer as a stream's events."""
    now = turn_of(body)
    started = {**_head(body, now), "content": [], "stop_reason": None, "usage": {**_usage(now), "output_tokens": 1}}
    if now.text is None:
        block: Json = {**_block(now), "input": {}}
        deltas: list[Json] = [
            {"type": "input_json_delta", "partial_json": ""},
            {"type": "input_json_delta", "partial_json": json.dumps(SCENARIO["tool"]["arguments"])},
        ]
    else:
        block = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": word} for word in now.words]
    return [
        {"type": "message_start", "message": started},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": _stop(now), "stop_sequence": None},
            "usage": {"output_tokens": now.usage["output_tokens"]},
        },
        {"type": "message_stop"},
    ]


def _head(body: Json, now: Turn) -> Json:
    return {
        "id": f"msg_weather_{now.number}",
        "type": "message",
        "role": "assistant",
        "model": answering_model(body["model"]),
        "stop_sequence": None,
    }


def _block(now: Turn) -> Json:
    tool = SCENARIO["tool"]
    if now.text is not None:
        return {"type": "text", "text": now.text}
    call_id = tool["call_id"]["anthropic"]
    return {"type": "tool_use", "id": call_id, "name": tool["name"], "input": tool["arguments"]}


def _thought(body: Json) -> list[Json]:
    # Claude does not think anew after a tool's result, unless it is asked to interleave.
    if turn_of(body).text is not None or (body.get("thinking") or {}).get("type") != "enabled":
        return []
    thinking = SCENARIO["thinking"]
    return [{"type": "thinking", "thinking": thinking["text"], "signature": thinking["signature"]}]


def _stop(now: Turn) -> str:
    return "tool_use" if now.text is None else "end_turn"


def _usage(now: Turn) -> Json:
    usage = now.usage
    read, written = usage["cache_read_tokens"], usage["cache_write_tokens"]
    return {
        "input_tokens": usage["input_tokens"] - read - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage["output_tokens"],
        "service_tier": "standard",
    }
