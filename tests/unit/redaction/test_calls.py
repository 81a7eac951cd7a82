"""Calls of RedactionService: what they keep the service from meanwhile."""

import threading
from typing import Any, cast

import pytest

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_chassis.auth import TokenCheck
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.policy.in_force import InForce
from a11i_redaction.policy.model import Policy
from a11i_redaction.policy.parsing import Abilities
from a11i_redaction.policy.trials import Trials
from a11i_redaction.service import Access, RedactionServicer
from tests.unit.redaction.redaction_kit import ScriptedModel, policy, redactor_with

NO_CONTEXT = cast(Any, None)  # What needs no credential looks at none.


class WatchedTrials(Trials):
    """Remembers which threads made policies ready."""

    def __init__(self) -> None:
        super().__init__(policy(preset="standard"), Abilities(names=True))
        self.threads: set[int] = set()

    def chosen(self, policy: pb.Policy | None, field: str) -> InForce:
        self.threads.add(threading.get_ident())
        return super().chosen(policy, field)

    def everything(self, request: pb.AnalyzeRequest) -> Policy:
        self.threads.add(threading.get_ident())
        return super().everything(request)


@pytest.mark.parametrize("call", ["Redact", "Analyze", "TestPolicy"])
async def test_policy_of_a_call_is_made_ready_beside_the_event_loop(patterns: PatternDetector, call: str) -> None:
    """A thousand patterns can take seconds, in which batches, health and other calls would wait."""
    trials, nobody = WatchedTrials(), TokenCheck(None, service="redaction", setting="SETTING")
    servicer = RedactionServicer(trials, Access(nobody, nobody), None)
    servicer.redactor = redactor_with(patterns, ScriptedModel({}))
    asked = pb.Policy(preset="standard")
    requests: dict[str, Any] = {
        "Redact": pb.RedactRequest(texts=["x"], policy=asked),
        "Analyze": pb.AnalyzeRequest(texts=["x"]),
        "TestPolicy": pb.TestPolicyRequest(samples=["x"], policy=asked),
    }
    assert await getattr(servicer, call)(requests[call], NO_CONTEXT)
    assert trials.threads
    assert threading.get_ident() not in trials.threads
