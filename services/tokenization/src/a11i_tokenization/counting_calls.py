"""TokenizationService's calls about tokens: the stage's counting, for one's own texts and calls."""

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator, Iterable
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

import orjson

from a11i.telemetry.v1 import span_pb2
from a11i.tokenization.v1 import tokenization_service_pb2 as pb2
from a11i_chassis.errors import InvalidArgumentError, NotFoundError
from a11i_tokenization.call_counts import CallCount
from a11i_tokenization.context_windows import ContextWindows
from a11i_tokenization.encodings import EncodingInfo, Encodings
from a11i_tokenization.models import ESTIMATE, Models, Tokenizer
from a11i_tokenization.prompts import CallInput, PromptCounter

MAX_TEXTS: Final = 1_000
MAX_BYTES: Final = 4_000_000
"""Of one request: 200 ms of work at the worst."""
_INLINE_BYTES: Final = 16_000
"""What is counted at once takes less than going to a thread and back, and 1 ms at the worst."""
_SHOWN_CHARS: Final = 64
_ENGINES: Final = {"toktok": "toktok-rs"}
"""Packages of engines that are named otherwise."""


class CountingCalls:
    """Translates requests, and leaves counting to the code that the stage uses."""

    def __init__(
        self, encodings: Encodings, counter: PromptCounter, tokenizers: Models, windows: ContextWindows
    ) -> None:
        self._encodings = encodings
        self._counter = counter
        self._tokenizers = tokenizers
        self._windows = windows
        self._nearest_models = lru_cache(maxsize=1024)(self._find_nearest_models)

    async def count_tokens(self, request: pb2.CountTokensRequest) -> pb2.CountTokensResponse:
        """Return the counts of a request's texts and call. Raises InvalidArgumentError, NotFoundError."""
        size = _checked_size(request)
        tokenizer = await self._tokenizer(request)
        if size <= _INLINE_BYTES and self._encodings.is_loaded(tokenizer.encoding):
            return self._counted(request, tokenizer)
        # Tokenizers let go of the interpreter, and four megabytes take a while.
        return await asyncio.to_thread(self._counted, request, tokenizer)

    async def stream_count_tokens(
        self, requests: AsyncIterator[pb2.StreamCountTokensRequest]
    ) -> AsyncIterator[pb2.StreamCountTokensResponse]:
        """Yield the counts of one request after the other. Raises as `count_tokens` does."""
        async for one in requests:
            yield pb2.StreamCountTokensResponse(response=await self.count_tokens(one.request))

    def list_encodings(self) -> pb2.ListEncodingsResponse:
        """Return all encodings by name."""
        return pb2.ListEncodingsResponse(encodings=[_encoding(info) for info in self._encodings.list_encodings()])

    def _counted(self, request: pb2.CountTokensRequest, tokenizer: Tokenizer) -> pb2.CountTokensResponse:
        encoding = tokenizer.encoding
        counts = [self._encodings.measure(encoding, text) for text in request.texts]
        answer = pb2.CountTokensResponse(
            counts=[count.tokens for count in counts],
            encoding=encoding,
            source=_source(tokenizer.exact and all(count.exact for count in counts)),
        )
        if request.HasField("call"):
            call = CallInput(request.call.messages, request.call.system_instructions, request.call.tool_definitions)
            counted = self._counter.count_chat(encoding, call, request.model)
            answer.call.CopyFrom(_chat_count(counted, tokenizer))
        return answer

    async def _tokenizer(self, request: pb2.CountTokensRequest) -> Tokenizer:
        if request.encoding:
            try:
                return Tokenizer(request.encoding, self._encodings.source(request.encoding).exact)
            except KeyError:
                raise NotFoundError(self._no_encoding(request.encoding)) from None
        if not request.model:
            raise InvalidArgumentError(
                "name a model, such as gpt-4o, or an encoding, such as o200k_base", field="model"
            )
        tokenizer = self._tokenizers.resolve(request.model)
        if tokenizer is ESTIMATE and not self._windows.has(request.model):
            nearest = await asyncio.to_thread(self._nearest_models, request.model[:_SHOWN_CHARS].lower())
            hint = f"{_did_you_mean(nearest)}; name an encoding to count for a model of your own"
            raise NotFoundError(f"no table knows the model {request.model[:_SHOWN_CHARS]!r}{hint}")
        return tokenizer

    def _no_encoding(self, name: str) -> str:
        known = [info.name for info in self._encodings.list_encodings()]
        nearest = get_close_matches(name[:_SHOWN_CHARS].lower(), known, n=3)
        return f"no encoding {name[:_SHOWN_CHARS]!r}{_did_you_mean(nearest)}; known are {', '.join(known)}"

    def _find_nearest_models(self, model: str) -> list[str]:
        plain = [name for name in self._windows.names if "/" not in name]
        return get_close_matches(model.rpartition("/")[2], plain, n=3)


def _checked_size(request: pb2.CountTokensRequest) -> int:
    """Return how many bytes of text a request holds. Raises InvalidArgumentError."""
    if len(request.texts) > MAX_TEXTS:
        raise InvalidArgumentError(f"{len(request.texts)} texts; {MAX_TEXTS} at most in a call", field="texts")
    size = request.ByteSize()
    if size > MAX_BYTES:
        raise InvalidArgumentError(
            f"{size} bytes of text; {MAX_BYTES} at most in a call", field="call" if not request.texts else "texts"
        )
    for field in ("messages", "tool_definitions"):
        value = getattr(request.call, field)
        if value and (why := _why_no_array(value)):
            raise InvalidArgumentError(f"{field}: a JSON array is expected, {why}", field=f"call.{field}")
    return size


def _why_no_array(value: str) -> str:
    """Return why a text is no JSON array; empty if it is one."""
    try:
        return "" if isinstance(orjson.loads(value), list) else "and this is other JSON"
    except orjson.JSONDecodeError as error:
        return f"and this is no JSON: {error}"


def _source(exact: bool) -> span_pb2.NumberSource.ValueType:
    return span_pb2.NUMBER_SOURCE_COUNTED if exact else span_pb2.NUMBER_SOURCE_ESTIMATED


def _chat_count(counted: CallCount, tokenizer: Tokenizer) -> pb2.ChatCount:
    return pb2.ChatCount(
        input_tokens=counted.tokens,
        source=_source(tokenizer.exact and counted.exact),
        message_tokens=counted.messages,
        part_tokens=counted.parts,
    )


def _did_you_mean(nearest: Iterable[str]) -> str:
    names = " or ".join(nearest)
    return f"; did you mean {names}?" if names else ""


def _encoding(info: EncodingInfo) -> pb2.Encoding:
    return pb2.Encoding(
        name=info.name,
        exact=info.exact,
        source=_origin(info),
        engine=_engine(info.engine),
        description=info.description,
    )


def _origin(info: EncodingInfo) -> str:
    if info.package:
        return f"{info.package} {info.version}"
    return "a11i" if info.name == ESTIMATE.encoding else "operator"


@lru_cache
def _engine(name: str) -> str:
    """Return an engine with its version; some are no package of their own."""
    try:
        return f"{name} {importlib.metadata.version(_ENGINES.get(name, name))}" if name else ""
    except importlib.metadata.PackageNotFoundError:
        return name
