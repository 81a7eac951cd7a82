"""`a11i redaction` as an administrator runs it, against services that remember what they were asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from a11i.auth.v1 import auth_service_pb2 as auth_pb
from a11i.auth.v1 import auth_service_pb2_grpc as auth_rpc
from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i.redaction.v1 import redaction_service_pb2_grpc as rpc
from a11i_cli.main import main

Run = Callable[..., tuple[int, str, str]]

ADMIN_TOKEN = "-".join(("admin", "of", "the", "fake"))
REVEAL_TOKEN = "-".join(("reveal", "of", "the", "fake"))
API_KEY = "-".join(("key", "of", "the", "fake"))
TENANT, PROJECT = "tenant-1", "project-1"
SEALED = "<EMAIL_ADDRESS:enc:AbCd>"


class FakeAuth(auth_rpc.AuthServiceServicer):
    """Knows one key."""

    def VerifyApiKey(
        self, request: auth_pb.VerifyApiKeyRequest, context: grpc.ServicerContext
    ) -> auth_pb.VerifyApiKeyResponse:
        if request.api_key != API_KEY:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "the API key is not valid")
        return auth_pb.VerifyApiKeyResponse(tenant_id=TENANT, project_id=PROJECT)


class FakeRedaction(rpc.RedactionServiceServicer):
    """Keeps one policy."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def ListPresets(self, request: pb.ListPresetsRequest, context: grpc.ServicerContext) -> pb.ListPresetsResponse:
        policy = pb.Policy(preset="pci", entities=[pb.EntityRule(entity="CREDIT_CARD", min_score=0.5)])
        return pb.ListPresetsResponse(
            presets=[pb.Preset(name="pci", description="Card data.", version=1, policy=policy)]
        )

    def GetPolicy(self, request: pb.GetPolicyRequest, context: grpc.ServicerContext) -> pb.GetPolicyResponse:
        self._check(request, context, ADMIN_TOKEN)
        policy = pb.StoredPolicy(tenant_id=TENANT, policy=pb.Policy(preset="standard"), label="standard/1")
        return pb.GetPolicyResponse(policy=policy)

    def PutPolicy(self, request: pb.PutPolicyRequest, context: grpc.ServicerContext) -> pb.PutPolicyResponse:
        self._check(request, context, ADMIN_TOKEN)
        if request.policy.preset == "bad":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "policy.preset: not one of standard")
        stored = pb.StoredPolicy(project_id=request.project_id, version=3, label="standard+3", actor=request.actor)
        return pb.PutPolicyResponse(policy=stored)

    def ListPolicies(self, request: pb.ListPoliciesRequest, context: grpc.ServicerContext) -> pb.ListPoliciesResponse:
        self._check(request, context, ADMIN_TOKEN)
        first = int(request.page_token or 3)  # Three policies, two a page.
        versions = range(first, max(first - min(request.page_size, 2), 0), -1)
        policies = [pb.StoredPolicy(label=f"standard+{version}", version=version, actor="ann") for version in versions]
        behind = versions[-1] - 1
        return pb.ListPoliciesResponse(policies=policies, next_page_token=str(behind) if behind else "")

    def TestPolicy(self, request: pb.TestPolicyRequest, context: grpc.ServicerContext) -> pb.TestPolicyResponse:
        tried, against = pb.RedactedText(text="<E_ID_00000000>"), pb.RedactedText(text="E-1")
        sample = pb.PolicyDifference(tried=tried, against=against, differences=["+E_ID 0-3"])
        return pb.TestPolicyResponse(samples=[sample], different_count=1)

    def Reveal(self, request: pb.RevealRequest, context: grpc.ServicerContext) -> pb.RevealResponse:
        self._check(request, context, REVEAL_TOKEN)
        return pb.RevealResponse(values=["ann@example.com\x1b[31m"])

    def ListReveals(self, request: pb.ListRevealsRequest, context: grpc.ServicerContext) -> pb.ListRevealsResponse:
        self._check(request, context, ADMIN_TOKEN)
        record = pb.RevealRecord(actor="ann", peer="ipv4:x", purpose="why", value_count=2, entities=["JWT"])
        return pb.ListRevealsResponse(reveals=[record])

    def _check(self, request: object, context: grpc.ServicerContext, token: str) -> None:
        if ("authorization", f"Bearer {token}") not in context.invocation_metadata():
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong token")
        self.asked.append(request)


@pytest.fixture
def service() -> FakeRedaction:
    return FakeRedaction()  # type: ignore[abstract]  # the command calls no method that it lacks


@pytest.fixture
def run(
    service: FakeRedaction, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Run]:
    """Runs the command where the environment names the services; gives exit code, output, error output."""
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads)
        rpc.add_RedactionServiceServicer_to_server(service, server)
        auth_rpc.add_AuthServiceServicer_to_server(FakeAuth(), server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        for name, value in {
            "A11I_REDACTION": address,
            "A11I_AUTH": address,
            "A11I_ADMIN_TOKEN": ADMIN_TOKEN,
            "A11I_REVEAL_TOKEN": REVEAL_TOKEN,
            "A11I_API_KEY": API_KEY,
        }.items():
            monkeypatch.setenv(name, value)

        def run(*arguments: str) -> tuple[int, str, str]:
            with pytest.raises(SystemExit) as end:
                main(["redaction", *arguments])
            output = capsys.readouterr()
            return int(end.value.code or 0), output.out, output.err

        try:
            yield run
        finally:
            server.stop(None).wait()


def test_presets_are_listed_and_one_is_shown_as_a_file_holds_it(run: Run) -> None:
    code, listed, _ = run("presets")
    assert (code, "pci" in listed, "Card data." in listed) == (0, True, True)
    assert json.loads(run("presets", "pci")[1])["entities"] == [{"entity": "CREDIT_CARD", "min_score": 0.5}]
    code, _, said = run("presets", "pcy")
    assert (code, "but pci" in said) == (2, True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "p.json",
            '{"preset": "standard", "on_over_budget": "drop_value", '
            '"entities": [{"entity": "JWT", "operator": "mask", "mask_keep_last": 2}]}',
        ),
        (
            "p.toml",
            'preset = "standard"\non_over_budget = "OVER_BUDGET_DROP_VALUE"\n'
            '[[entities]]\nentity = "JWT"\noperator = "MASK"\nmask_keep_last = 2\n',
        ),
    ],
)
def test_a_policy_is_stored_from_a_file(
    run: Run, service: FakeRedaction, tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    code, output, _ = run("policy", "put", name, "--expect", "2")
    assert (code, "standard+3" in output) == (0, True)
    [asked] = service.asked
    assert isinstance(asked, pb.PutPolicyRequest)
    assert (asked.tenant_id, asked.project_id, asked.expected_version) == (TENANT, PROJECT, 2)
    assert asked.policy.entities[0].operator == pb.OPERATOR_MASK
    assert asked.policy.on_over_budget == pb.OVER_BUDGET_DROP_VALUE
    assert asked.actor
    run("policy", "put", name, "--tenant-wide")
    wide = service.asked[-1]
    assert isinstance(wide, pb.PutPolicyRequest)
    assert (wide.project_id, wide.HasField("expected_version")) == ("", False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "p.json is no JSON"),
        ('{"presets": "x"}', 'no field named "presets"'),
        ("[]", "p.json is no policy: an object is expected"),
        ('{"preset": "bad"}', "policy.preset: not one of standard"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(run: Run, tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "p.json").write_text(content)
    code, _, error = run("policy", "put", "p.json")
    assert code in (1, 2)
    assert said in error
    assert error.count("\n") == 1


def test_policies_are_shown_and_listed(run: Run, service: FakeRedaction) -> None:
    shown = run("policy", "show")[1]
    assert "standard/1" in shown
    assert "never: this is the default" in shown
    assert json.loads(shown[shown.index("{") :]) == {"preset": "standard"}
    asked = service.asked[0]
    assert isinstance(asked, pb.GetPolicyRequest)
    assert (asked.tenant_id, asked.project_id) == (TENANT, PROJECT)
    listed = run("policy", "list", "--tenant", "other")[1].splitlines()
    assert [line.split()[0] for line in listed] == ["standard+3", "standard+2", "standard+1"]
    listed = run("policy", "list", "--tenant", "other", "--limit", "1")[1].splitlines()
    assert [line.split()[0] for line in listed] == ["standard+3", "and"]
    asked = service.asked[1]
    assert isinstance(asked, pb.ListPoliciesRequest)
    assert asked.tenant_id == "other"
    code, _, said = run("policy", "show", "--tenant", "other")
    assert (code, "--tenant-wide" in said) == (2, True)


def test_a_policy_is_tried_before_it_is_stored(run: Run, service: FakeRedaction, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"preset": "standard"}')
    code, output, _ = run("test", "p.json", "--sample", "E-1")
    assert code == 0
    assert "policy   <E_ID_00000000>\nagainst  E-1\n         +E_ID 0-3\n1 of 1 differ" in output
    assert service.asked == []


def test_values_are_revealed_with_a_token_of_their_own(
    run: Run, service: FakeRedaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("reveal", SEALED, "--purpose", "a case")[1] == "ann@example.com [31m\n"
    asked = service.asked[0]
    assert isinstance(asked, pb.RevealRequest)
    assert (asked.tenant_id, list(asked.placeholders), asked.purpose) == (TENANT, [SEALED], "a case")
    assert "2 of JWT: why" in run("reveals")[1]
    assert run("reveal", SEALED)[0] == 2
    monkeypatch.setenv("A11I_REVEAL_TOKEN", "wrong")
    code, _, said = run("reveal", SEALED, "--purpose", "a case")
    assert (code, "A11I_REVEAL_TOKEN" in said) == (1, True)
