"""Gemini's generateContent, as its API reference gives it: `candidatesTokenCount` leaves out the thoughts."""

from tests.corpus.servers.script import SCENARIO, Json, Turn, answering_model, turn


def turn_of(body: Json) -> Turn:
    """Return the scenario's turn for a request."""
    contents = body.get("contents") or [{}]
    parts = contents[-1].get("parts", [])
    after_tool = any("functionResponse" in part or "function_response" in part for part in parts)
    return turn(after_tool=after_tool, has_tools=bool(body.get("tools")))


def generated(model: str, body: Json) -> Json:
    """Return the whole answer."""
    now = turn_of(body)
    tool = SCENARIO["tool"]
    if now.text is None:
        part: Json = {"functionCall": {"name": tool["name"], "args": tool["arguments"]}}
    else:
        part = {"text": now.text}
    return _chunk(model, now, part, last=True)


def chunks(model: str, body: Json) -> list[Json]:
    """Return the answer as a stream's chunks."""
    now = turn_of(body)
    if now.text is None:
        return [generated(model, body)]
    words = now.words
    return [_chunk(model, now, {"text": word}, last=index == len(words) - 1) for index, word in enumerate(words)]


def embedded(body: Json) -> Json:
    """Return the vectors of `embedContent` and `batchEmbedContents`."""
    vector = {"values": SCENARIO["embedding"]["vector"]}
    return {"embeddings": [vector for _ in body["requests"]]} if "requests" in body else {"embedding": vector}


def _chunk(model: str, now: Turn, part: Json, *, last: bool) -> Json:
    usage = now.usage
    candidate: Json = {"index": 0, "content": {"role": "model", "parts": [part]}}
    answer: Json = {
        "candidates": [candidate],
        "modelVersion": answering_model(model),
        "responseId": f"gemini-weather-{now.number}",
    }
    if last:
        candidate["finishReason"] = "STOP"
        answer["usageMetadata"] = {
            "promptTokenCount": usage["input_tokens"],
            "cachedContentTokenCount": usage["cache_read_tokens"],
            "candidatesTokenCount": usage["output_tokens"] - usage["reasoning_tokens"],
            "thoughtsTokenCount": usage["reasoning_tokens"],
            "totalTokenCount": usage["input_tokens"] + usage["output_tokens"],
        }
    return answer
