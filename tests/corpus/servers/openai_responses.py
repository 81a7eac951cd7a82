"""OpenAI's responses, as its API reference gives them."""

import json

from tests.corpus.servers.openai_chat import CREATED_S
from tests.corpus.servers.script import SCENARIO, Json, Turn, answering_model, turn


def turn_of(body: Json) -> Turn:
    """Return the scenario's turn for a request; `input` is a text or a list of items."""
    given = body.get("input")
    last = given[-1] if isinstance(given, list) and given else {}
    after_tool = last.get("type") == "function_call_output"
    return turn(after_tool=after_tool, has_tools=bool(body.get("tools")))


def response(body: Json) -> Json:
    """Return the whole answer."""
    now = turn_of(body)
    return _response(body, now, "completed", [_item(now)])


def events(body: Json) -> list[Json]:
    """Return the answer as a stream's events."""
    now = turn_of(body)
    started, item = _response(body, now, "in_progress", []), _item(now)
    at = {"item_id": item["id"], "output_index": 0}
    stream: list[Json] = [
        {"type": "response.created", "response": started},
        {"type": "response.in_progress", "response": started},
    ]
    if now.text is None:
        opened = {**item, "arguments": "", "status": "in_progress"}
        stream.append({"type": "response.output_item.added", "output_index": 0, "item": opened})
        stream.append({"type": "response.function_call_arguments.delta", **at, "delta": item["arguments"]})
        stream.append(
            {
                "type": "response.function_call_arguments.done",
                **at,
                "name": item["name"],
                "arguments": item["arguments"],
            }
        )
    else:
        opened = {**item, "content": [], "status": "in_progress"}
        part, empty = item["content"][0], {**item["content"][0], "text": ""}
        text_at = {**at, "content_index": 0}
        stream.append({"type": "response.output_item.added", "output_index": 0, "item": opened})
        stream.append({"type": "response.content_part.added", **text_at, "part": empty})
        stream.extend(
            {"type": "response.output_text.delta", **text_at, "delta": word, "logprobs": []} for word in now.words
        )
        stream.append({"type": "response.output_text.done", **text_at, "text": now.text, "logprobs": []})
        stream.append({"type": "response.content_part.done", **text_at, "part": part})
    stream.append({"type": "response.output_item.done", "output_index": 0, "item": item})
    stream.append({"type": "response.completed", "response": _response(body, now, "completed", [item])})
    return [{**event, "sequence_number": number} for number, event in enumerate(stream)]


def _item(now: Turn) -> Json:
    tool = SCENARIO["tool"]
    if now.text is None:
        return {
            "type": "function_call",
            "id": "fc_weather_1",
            "call_id": tool["call_id"]["openai"],
            "name": tool["name"],
            "arguments": json.dumps(tool["arguments"]),
            "status": "completed",
        }
    part = {"type": "output_text", "text": now.text, "annotations": [], "logprobs": []}
    return {
        "type": "message",
        "id": "msg_weather_2",
        "role": "assistant",
        "status": "completed",
        "content": [part],
    }


def _response(body: Json, now: Turn, status: str, output: list[Json]) -> Json:
    usage = now.usage
    counted = {
        "input_tokens": usage["input_tokens"],
        "input_tokens_details": {"cached_tokens": usage["cache_read_tokens"]},
        "output_tokens": usage["output_tokens"],
        "output_tokens_details": {"reasoning_tokens": usage["reasoning_tokens"]},
        "total_tokens": usage["input_tokens"] + usage["output_tokens"],
    }
    return {
        "id": f"resp_weather_{now.number}",
        "object": "response",
        "created_at": CREATED_S,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "metadata": {},
        "model": answering_model(body["model"]),
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": body.get("tools", []),
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": counted if status == "completed" else None,
        "user": None,
    }
