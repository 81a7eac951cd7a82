"""The gRPC servicer: redaction to try out, with the detectors and the policy of the pipeline."""

import asyncio
from typing import Final

import grpc

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i.redaction.v1 import redaction_service_pb2_grpc as pb_grpc
from a11i_chassis.errors import InvalidArgumentError, UnavailableError
from a11i_redaction.pipeline import RedactedText, Redactor

MAX_TEXTS: Final = 1_000
MAX_BYTES: Final = 4_000_000
"""Limits of one call, as the contract states them: some ten seconds of work at the most."""
_LOADING_RETRY_S: Final = 2.0


class RedactionServicer(pb_grpc.RedactionServiceServicer):
    """Answers as soon as `redactor` is set, which the detectors' loading takes some seconds for."""

    def __init__(self) -> None:
        self.redactor: Redactor | None = None

    async def Redact(
        self, request: pb.RedactRequest, context: grpc.aio.ServicerContext[pb.RedactRequest, pb.RedactResponse]
    ) -> pb.RedactResponse:
        """Return the texts redacted. Raises InvalidArgumentError, UnavailableError."""
        if self.redactor is None:
            raise UnavailableError("the detectors are loading; try again in a moment", retry_delay_s=_LOADING_RETRY_S)
        if len(request.texts) > MAX_TEXTS:
            raise InvalidArgumentError(f"more than {MAX_TEXTS} texts; send several requests", field="texts")
        if sum(len(text.encode()) for text in request.texts) > MAX_BYTES:
            raise InvalidArgumentError(f"more than {MAX_BYTES} bytes of text; send several requests", field="texts")
        redacted = await asyncio.to_thread(self.redactor.redact_texts, request.texts, request.tenant_id)
        return pb.RedactResponse(texts=map(_message, redacted), policy=self.redactor.policy.version)


def _message(redacted: RedactedText) -> pb.RedactedText:
    findings = (
        pb.Finding(entity=finding.entity, start=finding.start, end=finding.end, score=finding.score)
        for finding in redacted.findings
    )
    return pb.RedactedText(text=redacted.text, findings=findings)
