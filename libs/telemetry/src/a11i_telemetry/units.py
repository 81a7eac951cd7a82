"""What a call used that is not sold by the token: pictures that it made, and searches of the web by its provider.

OpenLIT, Logfire and OpenInference tell of pictures. Searches are in the providers' usage, wherever an instrumentation
keeps that whole, or else in what the call gave: OpenAI's `web_search_call`, Anthropic's `server_tool_use`, which
OpenTelemetry and OpenInference have under names of their own.
"""

import re
from collections.abc import Iterator
from typing import Final

from a11i_telemetry.facts import Row, Span
from a11i_telemetry.parts import JsonValue, Part, to_text, type_of
from a11i_telemetry.plans import Plan, Readers
from a11i_telemetry.rules import RESPONSES

_SIZE: Final = re.compile(r"([1-9][0-9]{1,4})(?:-x-|x)([1-9][0-9]{1,4})", re.ASCII)
_QUALITIES: Final = frozenset({"low", "medium", "high", "standard", "hd"})
"""OpenAI's. Its "auto" says nothing of what was made."""
_CONTEXT_SIZES: Final = frozenset({"low", "medium", "high"})
_SEARCH: Final = "web_search"
_SEARCH_CALL: Final = "web_search_call"
_SERVER_IDS: Final = ("srvtoolu_", "ws_")
"""How the ids of tool calls begin that Anthropic, and OpenAI, ran themselves: one's own tool may have that name."""
_ANSWERS: Final = frozenset({"tool_call_response", "server_tool_call_response"})
_FAILED: Final = "web_search_tool_result_error"
"""In the answers of searches that Anthropic does not bill, by its page on the web search tool."""

_CALLS: Final = frozenset({"tool_call", "server_tool_call", _SEARCH_CALL})
_NOTHING: Final[Row] = {}

Units = list[tuple[str, int]]


def units_of(span: Span, plan: Plan) -> Units:
    """Return what the call of a span used, each unit with its number; nothing of most calls."""
    readers = plan.units(span.kind)
    told = _told(span, readers) if readers else _NOTHING
    searches = told.get("web_searches")
    if searches is None and _calls(answer := span.known("output_messages")):
        searches = _searches(_items(span) or answer)
    if not told and not searches:
        return []
    units: Units = []
    pictures = told.get("pictures")
    if pictures:
        units.append((_picture(told), pictures))
    if searches:
        units.append(("web_searches", searches))
    size = told.get("search_context_size")
    if size in _CONTEXT_SIZES and _is_perplexitys(span.row):
        units.append((f"requests/{size}", 1))
    return units


def _told(span: Span, readers: Readers) -> Row:
    told: Row = {}
    for name, sources in readers:
        for take in sources:
            value = take(span)
            if value is not None:
                told[name] = value
                break
    return told


def _calls(messages: JsonValue) -> bool:
    """Return whether messages of a span call anything: most do not, and their text is long."""
    if type(messages) is list:
        for message in messages:
            for part in message.get("parts", ()):
                if part.get("type") in _CALLS:
                    return True
    return False


def _items(span: Span) -> JsonValue:
    """Return the items of OpenAI's answer as a message, where a span keeps it whole: OpenInference's calls beside it do
    not tell searches from pages that were opened.
    """
    for key in RESPONSES:
        body = span.document(key) if _SEARCH_CALL in str(span.facts.get(key)) else None
        if isinstance(body, dict) and isinstance(body.get("output"), list):
            return [{"parts": body["output"]}]
    return None


def _picture(told: Row) -> str:
    quality, size = str(told.get("picture_quality", "")).lower(), _SIZE.fullmatch(str(told.get("picture_size", "")))
    kind = (quality if quality in _QUALITIES else "", "x".join(size.groups()) if size else "")
    return "/".join(("pictures", *filter(None, kind)))


def _is_perplexitys(row: Row) -> bool:
    """Return whether the vendor takes a fee for the request by the size of its search."""
    provider = row.get("provider")
    return provider == "perplexity" or "sonar" in (row.get("response_model") or row.get("request_model") or "")


def _searches(messages: JsonValue) -> int | None:
    """Return how many searches messages tell of that their provider bills; None if of none."""
    searches: list[Part] = []
    failed: set[str] = set()
    for part in _parts(messages):
        call_id = part.get("id")
        if _is_search(part):
            searches.append(part)
        elif isinstance(call_id, str) and type_of(part) in _ANSWERS and _FAILED in to_text(part):
            failed.add(call_id)
    if not searches:
        return None
    return sum(not (isinstance(call_id := part.get("id"), str) and call_id in failed) for part in searches)


def _parts(messages: JsonValue) -> Iterator[Part]:
    for message in messages if isinstance(messages, list) else ():
        parts = message.get("parts") if isinstance(message, dict) else None
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict):
                yield part


def _is_search(part: Part) -> bool:
    """Return whether a part is the provider's own search: not a page that it opened, which costs nothing more."""
    kind = type_of(part)
    if kind == _SEARCH_CALL:
        return _searched(part)
    if kind == "server_tool_call":
        call = part.get("server_tool_call")
        return isinstance(call, dict) and type_of(call) == _SEARCH and _searched(call)
    call_id, arguments = part.get("id"), part.get("arguments")
    return (
        kind == "tool_call"
        and part.get("name") in (_SEARCH, _SEARCH_CALL)
        and isinstance(call_id, str)
        and call_id.startswith(_SERVER_IDS)
        and (not isinstance(arguments, dict) or _searched({"action": arguments}))
    )


def _searched(call: Part) -> bool:
    """Return whether a search was made: platform.openai.com/docs/guides/tools-web-search has other actions, too."""
    action = call.get("action")
    kind = type_of(action) if isinstance(action, dict) else ""
    return kind in ("", "search") and call.get("status") != "failed"
