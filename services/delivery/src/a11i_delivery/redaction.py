"""Asks the redaction service, and shows nothing that it did not redact."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import grpc

from a11i.redaction.v1 import redaction_service_pb2 as redaction_pb
from a11i.redaction.v1 import redaction_service_pb2_grpc
from a11i_chassis.errors import UnavailableError
from a11i_delivery.contents import RawField

MAX_VALUE_BYTES: Final = 32_000
"""A value over this is withheld: to cut it could cut what would have been found in it."""
MAX_BYTES: Final = 128_000
"""Text of one letter that is shown; the rest is withheld. Redaction takes about two seconds for it."""
_CALL_TEXTS: Final = 500
_CALL_BYTES: Final = 64_000
"""Texts and bytes of one call, well under the contract's limits."""

TOO_LONG: Final = "too long to be shown"
NOT_REDACTED: Final = "redaction failed on it"


@dataclass(frozen=True, slots=True)
class RedactedValue:
    """A value that may be shown, or why it may not."""

    value: str
    withheld: str = ""


class Redaction:
    """The redaction service, as its client sees it."""

    def __init__(self, stub: "redaction_service_pb2_grpc.RedactionServiceAsyncStub", timeout_s: float) -> None:
        self._stub = stub
        self._timeout_s = timeout_s

    async def redact(self, items: Sequence[Sequence[RawField]]) -> tuple[list[list[RedactedValue]], str]:
        """Return each field's value redacted, and redaction's policy; the policy is empty if there was no text.

        Raises UnavailableError if redaction cannot be asked.
        """
        texts = dict.fromkeys(field.value for item in items for field in item if field.is_text)
        shown, budget = [], MAX_BYTES
        for text in texts:
            size = len(text.encode())
            if size <= min(MAX_VALUE_BYTES, budget):
                shown.append(text)
                budget -= size
        known: dict[str, RedactedValue] = {}
        policy = ""
        for part in _parts(shown):
            redacted, policy = await self._redact_part(part)
            known |= zip(part, redacted, strict=True)
        withheld = RedactedValue("", TOO_LONG)
        values = [
            [known.get(field.value, withheld) if field.is_text else RedactedValue(field.value) for field in item]
            for item in items
        ]
        return values, policy

    async def _redact_part(self, texts: Sequence[str]) -> tuple[list[RedactedValue], str]:
        """Redact texts at once, or one by one if the service fails on one of them: a letter may hold what breaks it."""
        try:
            return await self._ask(texts)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.INTERNAL:
                raise _unavailable() from None
        values, policy = [], ""
        for text in texts:
            try:
                (value,), policy = await self._ask([text])
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.INTERNAL:
                    raise _unavailable() from None
                value = RedactedValue("", NOT_REDACTED)
            values.append(value)
        return values, policy

    async def _ask(self, texts: Sequence[str]) -> tuple[list[RedactedValue], str]:
        request = redaction_pb.RedactRequest(texts=texts)
        answer = await self._stub.Redact(request, timeout=self._timeout_s)
        if len(answer.texts) != len(texts):
            raise _unavailable()
        return [RedactedValue(redacted.text) for redacted in answer.texts], answer.policy


def _parts(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the texts in parts that one call takes."""
    part: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if part and (len(part) == _CALL_TEXTS or size + length > _CALL_BYTES):
            yield part
            part, size = [], 0
        part.append(text)
        size += length
    if part:
        yield part


def _unavailable() -> UnavailableError:
    return UnavailableError("redaction cannot be asked now, so nothing is shown; the basic view does without")
