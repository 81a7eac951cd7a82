"""The gRPC servicer: redaction to try out, with the detectors of the pipeline, and the policies of tenants."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i.redaction.v1 import redaction_service_pb2_grpc as pb_grpc
from a11i_chassis.auth import TokenCheck
from a11i_chassis.errors import NotConfiguredError, OverloadedError, UnauthenticatedError, UnavailableError
from a11i_chassis.grpc_types import Context
from a11i_redaction import requests
from a11i_redaction.answers import analyzed_text, differences, preset_message, redacted_text, reveal_record
from a11i_redaction.pipeline import Redactor
from a11i_redaction.policy.desk import PolicyDesk
from a11i_redaction.policy.presets import presets
from a11i_redaction.policy.trials import Trials
from a11i_redaction.refusals import RefusedReveals, asker_of

_MAX_TEXTS: Final = 1_000
_MAX_SAMPLES: Final = 200
_MAX_PLACEHOLDERS: Final = 100
_LOADING_RETRY_S: Final = 2.0
_LONGEST_WAIT_S: Final = 2.0
"""How long a call waits for the one before it."""
_NOBODY: Final = ""
"""Whose placeholders those of calls are. Their key is this process's own."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Access:
    """The credentials that calls need."""

    admin: TokenCheck
    reveal: TokenCheck


class RedactionServicer(pb_grpc.RedactionServiceServicer):
    """Answers as soon as `redactor` is set, which the detectors' loading takes some seconds for.

    One call works on texts at a time, so that calls take no more than a part of the core that the pipeline works on.
    """

    def __init__(self, trials: Trials, access: Access, desk: PolicyDesk | None) -> None:
        self.redactor: Redactor | None = None
        self._trials = trials
        self._access = access
        self._desk = desk
        self._refused = RefusedReveals(desk)
        self._turn = asyncio.Semaphore(1)

    async def Redact(self, request: pb.RedactRequest, _context: Context) -> pb.RedactResponse:
        """Return the texts redacted. Raises InvalidArgumentError, OverloadedError, UnavailableError."""
        redactor = self._loaded()
        texts = requests.texts(request.texts, _MAX_TEXTS, "texts")
        policy = request.policy if request.HasField("policy") else None
        chosen = await self._in_turn(lambda: self._trials.chosen(policy, "policy"))
        redacted = await self._in_turn(lambda: redactor.redact_texts(texts, _NOBODY, chosen))
        return pb.RedactResponse(texts=map(redacted_text, redacted), policy=chosen.policy.label)

    async def Analyze(self, request: pb.AnalyzeRequest, _context: Context) -> pb.AnalyzeResponse:
        """Return what detectors find in the texts. Raises as Redact."""
        redactor = self._loaded()
        texts = requests.texts(request.texts, _MAX_TEXTS, "texts")
        policy = await self._in_turn(lambda: self._trials.everything(request))
        found = await self._in_turn(lambda: redactor.analyze_texts(texts, policy))
        return pb.AnalyzeResponse(texts=map(analyzed_text, found), detector=redactor.detector)

    async def TestPolicy(self, request: pb.TestPolicyRequest, _context: Context) -> pb.TestPolicyResponse:
        """Return the samples under two policies. Raises as Redact."""
        redactor = self._loaded()
        samples = requests.texts(request.samples, _MAX_SAMPLES, "samples")
        tried = await self._in_turn(lambda: self._trials.chosen(request.policy, "policy"))
        against = request.against if request.HasField("against") else pb.Policy(preset=request.policy.preset)
        other = await self._in_turn(lambda: self._trials.chosen(against, "against"))
        first = await self._in_turn(lambda: redactor.redact_texts(samples, _NOBODY, tried))
        second = await self._in_turn(lambda: redactor.redact_texts(samples, _NOBODY, other))
        answers = [differences(one, two) for one, two in zip(first, second, strict=True)]
        different = sum(answer.tried.text != answer.against.text or bool(answer.differences) for answer in answers)
        return pb.TestPolicyResponse(samples=answers, different_count=different)

    async def ListPresets(self, _request: pb.ListPresetsRequest, _context: Context) -> pb.ListPresetsResponse:
        """Return the presets."""
        return pb.ListPresetsResponse(presets=map(preset_message, presets().values()))

    async def GetPolicy(self, request: pb.GetPolicyRequest, context: Context) -> pb.GetPolicyResponse:
        """Return a policy. Raises UnauthenticatedError, InvalidArgumentError, NotFoundError, UnavailableError."""
        self._access.admin(context)
        tenant_id = requests.name(request.tenant_id, "tenant_id")
        project_id = requests.optional_name(request.project_id, "project_id")
        return pb.GetPolicyResponse(policy=await self._policies().get(tenant_id, project_id, request.version))

    async def PutPolicy(self, request: pb.PutPolicyRequest, context: Context) -> pb.PutPolicyResponse:
        """Store a policy. Raises UnauthenticatedError, InvalidArgumentError, ConflictError, UnavailableError."""
        self._access.admin(context)
        tenant_id = requests.name(request.tenant_id, "tenant_id")
        project_id = requests.optional_name(request.project_id, "project_id")
        actor = requests.name(request.actor, "actor")
        expected = request.expected_version if request.HasField("expected_version") else None
        stored = await self._policies().put(tenant_id, project_id, request.policy, actor, expected)
        return pb.PutPolicyResponse(policy=stored)

    async def ListPolicies(self, request: pb.ListPoliciesRequest, context: Context) -> pb.ListPoliciesResponse:
        """Return policies. Raises UnauthenticatedError, InvalidArgumentError, UnavailableError."""
        self._access.admin(context)
        tenant_id = requests.name(request.tenant_id, "tenant_id")
        project_id = requests.optional_name(request.project_id, "project_id")
        size, before_id = requests.page_size(request.page_size), requests.id_cursor(request.page_token)
        policies, behind_id = await self._policies().stored(tenant_id, project_id, size, before_id)
        return pb.ListPoliciesResponse(policies=policies, next_page_token=requests.id_token(behind_id))

    async def Reveal(self, request: pb.RevealRequest, context: Context) -> pb.RevealResponse:
        """Return what placeholders stand for, on record. Raises UnauthenticatedError, NotFoundError and so on."""
        try:
            self._access.reveal(context)
        except UnauthenticatedError:
            await self._refused.record(request, context.peer())
            raise
        tenant_id = requests.name(request.tenant_id, "tenant_id")
        placeholders = requests.texts(request.placeholders, _MAX_PLACEHOLDERS, "placeholders")
        asker = asker_of(request, context.peer())
        revealed = await self._policies().reveal(tenant_id, placeholders, asker)
        return pb.RevealResponse(values=[one.value for one in revealed])

    async def ListReveals(self, request: pb.ListRevealsRequest, context: Context) -> pb.ListRevealsResponse:
        """Return the record of Reveal. Raises UnauthenticatedError, InvalidArgumentError, UnavailableError."""
        self._access.admin(context)
        tenant_id = requests.name(request.tenant_id, "tenant_id")
        size = requests.page_size(request.page_size)
        found = await self._policies().reveals(tenant_id, size + 1, requests.page_cursor(request.page_token))
        more = len(found) > size
        token = requests.page_token(found[size - 1].time, found[size - 1].id) if more else ""
        return pb.ListRevealsResponse(reveals=map(reveal_record, found[:size]), next_page_token=token)

    def _loaded(self) -> Redactor:
        if self.redactor is None:
            raise UnavailableError("the detectors are loading; try again in a moment", retry_delay_s=_LOADING_RETRY_S)
        return self.redactor

    def _policies(self) -> PolicyDesk:
        if self._desk is None:
            raise NotConfiguredError("policies are not kept here: set A11I_REDACTION_POSTGRES__DSN")
        return self._desk

    async def _in_turn(self, work: Callable[[], _Answer]) -> _Answer:
        """Return the result of work that can take seconds: on texts, or to compile the patterns of a call's policy."""
        try:
            async with asyncio.timeout(_LONGEST_WAIT_S):
                await self._turn.acquire()
        except TimeoutError:
            raise OverloadedError("other texts are being redacted; try again in a moment") from None
        running = asyncio.get_running_loop().run_in_executor(None, work)
        # A caller that goes away does not stop the thread, so the turn ends with the work.
        running.add_done_callback(lambda _: self._turn.release())
        return await asyncio.shield(running)
