"""The gRPC servicer: redaction to try out, with the detectors and the policy of the pipeline."""

import asyncio
from collections.abc import Sequence
from typing import Final

import grpc

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i.redaction.v1 import redaction_service_pb2_grpc as pb_grpc
from a11i_chassis.errors import InvalidArgumentError, OverloadedError, UnavailableError
from a11i_redaction.pipeline import RedactedText, Redactor

MAX_TEXTS: Final = 1_000
MAX_BYTES: Final = 256_000
"""Limits of one call, as the contract states them: some seconds of work at the most."""
_LOADING_RETRY_S: Final = 2.0
_LONGEST_WAIT_S: Final = 2.0
"""How long a call waits for the one before it."""
_SCOPE: Final = ""
"""Whose placeholders these are: nobody's. The key is this process's own."""


class RedactionServicer(pb_grpc.RedactionServiceServicer):
    """Answers as soon as `redactor` is set, which the detectors' loading takes some seconds for.

    One call works at a time, so that calls take no more than a part of the core that the pipeline works on.
    """

    def __init__(self) -> None:
        self.redactor: Redactor | None = None
        self._turn = asyncio.Semaphore(1)

    async def Redact(
        self, request: pb.RedactRequest, context: grpc.aio.ServicerContext[pb.RedactRequest, pb.RedactResponse]
    ) -> pb.RedactResponse:
        """Return the texts redacted. Raises InvalidArgumentError, OverloadedError, UnavailableError."""
        if self.redactor is None:
            raise UnavailableError("the detectors are loading; try again in a moment", retry_delay_s=_LOADING_RETRY_S)
        if len(request.texts) > MAX_TEXTS:
            raise InvalidArgumentError(f"more than {MAX_TEXTS} texts; send several requests", field="texts")
        if sum(len(text.encode()) for text in request.texts) > MAX_BYTES:
            raise InvalidArgumentError(f"more than {MAX_BYTES} bytes of text; send several requests", field="texts")
        redacted = await self._in_turn(self.redactor, request.texts)
        return pb.RedactResponse(texts=map(_message, redacted), policy=self.redactor.policy.version)

    async def _in_turn(self, redactor: Redactor, texts: Sequence[str]) -> list[RedactedText]:
        try:
            async with asyncio.timeout(_LONGEST_WAIT_S):
                await self._turn.acquire()
        except TimeoutError:
            raise OverloadedError("other texts are being redacted; try again in a moment") from None
        work = asyncio.get_running_loop().run_in_executor(None, redactor.redact_texts, texts, _SCOPE)
        # A caller that goes away does not stop the thread, so the turn ends with the work.
        work.add_done_callback(lambda _: self._turn.release())
        return await asyncio.shield(work)


def _message(redacted: RedactedText) -> pb.RedactedText:
    findings = (
        pb.Finding(entity=finding.entity, start=finding.start, end=finding.end, score=finding.score)
        for finding in redacted.findings
    )
    return pb.RedactedText(text=redacted.text, findings=findings)
