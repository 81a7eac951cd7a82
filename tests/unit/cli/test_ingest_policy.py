"""`a11i ingest-policy` as an administrator runs it, against an auth service that keeps one project's policy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from a11i.auth.v1 import auth_service_pb2 as pb
from a11i.auth.v1 import auth_service_pb2_grpc as rpc
from a11i_cli.main import main

Run = Callable[..., tuple[int, str, str]]

ADMIN_TOKEN = "-".join(("token", "of", "the", "fake"))
API_KEY = "-".join(("key", "of", "the", "fake"))
PROJECT = "8d3f2b1c-0000-4000-8000-000000000001"


class FakeAuth(rpc.AuthServiceServicer, rpc.AdminServiceServicer):
    """Knows one key, of one project."""

    def __init__(self) -> None:
        self.policy = pb.IngestPolicy(sampling_ratio=1)
        self.put: list[pb.PutIngestPolicyRequest] = []

    def VerifyApiKey(self, request: pb.VerifyApiKeyRequest, context: grpc.ServicerContext) -> pb.VerifyApiKeyResponse:
        if request.api_key != API_KEY:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "the API key is not valid")
        return pb.VerifyApiKeyResponse(project_id=PROJECT)

    def GetIngestPolicy(
        self, request: pb.GetIngestPolicyRequest, context: grpc.ServicerContext
    ) -> pb.GetIngestPolicyResponse:
        self._check(request.project_id, context)
        return pb.GetIngestPolicyResponse(ingest_policy=self.policy)

    def PutIngestPolicy(
        self, request: pb.PutIngestPolicyRequest, context: grpc.ServicerContext
    ) -> pb.PutIngestPolicyResponse:
        self._check(request.project_id, context)
        self.put.append(request)
        self.policy = request.ingest_policy
        response = pb.PutIngestPolicyResponse(ingest_policy=self.policy)
        response.update_time.FromJsonString("2026-11-21T07:00:00Z")
        return response

    def _check(self, project_id: str, context: grpc.ServicerContext) -> None:
        if ("authorization", f"Bearer {ADMIN_TOKEN}") not in context.invocation_metadata():
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong token")
        if project_id != PROJECT:
            context.abort(grpc.StatusCode.NOT_FOUND, f"there is no project {project_id}")


@contextmanager
def serving(auth: FakeAuth) -> Iterator[str]:
    with ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads)
        rpc.add_AuthServiceServicer_to_server(auth, server)
        rpc.add_AdminServiceServicer_to_server(auth, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()


@pytest.fixture
def auth() -> FakeAuth:
    return FakeAuth()  # type: ignore[abstract]  # the command calls no method that it lacks


@pytest.fixture
def run(
    auth: FakeAuth, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Run]:
    """Runs the command where mesh.env names the auth service; gives exit code, output, error output."""
    for name in ("A11I_AUTH", "A11I_ADMIN_TOKEN", "A11I_API_KEY", "A11I_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".a11i").mkdir()

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(("ingest-policy", *arguments))
        output = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, output.out, output.err

    with serving(auth) as address:
        (tmp_path / ".a11i" / "mesh.env").write_text(
            f"export A11I_AUTH={address}\nexport A11I_ADMIN_TOKEN={ADMIN_TOKEN}\nexport A11I_API_KEY={API_KEY}\n"
        )
        yield run


def test_get_shows_the_policy_of_the_keys_project(run: Run) -> None:
    code, output, error = run("get")

    assert (code, error) == (0, "")
    assert [" ".join(line.split()) for line in output.splitlines()] == [
        f"project {PROJECT}",
        "sampling ratio 1",
        "requests a second as ingest's settings say",
        "spans a second as ingest's settings say",
        "bytes a second as ingest's settings say",
        "set never: this is the default",
    ]


def test_set_changes_what_is_given_and_leaves_the_rest(run: Run, auth: FakeAuth) -> None:
    run("set", "--requests-per-second", "50", "--request-burst", "200")
    code, output, _ = run("set", "--sampling-ratio", "0.1", "--keep-errors", "--bytes-per-second", "2.5e6")

    assert code == 0
    assert auth.policy == pb.IngestPolicy(
        sampling_ratio=0.1, keep_errors=True, requests_per_second=50, request_burst=200, bytes_per_second=2_500_000
    )
    assert [" ".join(line.split()) for line in output.splitlines()][1:] == [
        "sampling ratio 0.1, and every error",
        "requests a second 50, 200 at once",
        "spans a second as ingest's settings say",
        "bytes a second 2,500,000, 25,000,000 at once",
        "set 2026-11-21 07:00:00 UTC",
    ]


def test_a_rate_that_is_taken_away_takes_its_burst_along(run: Run, auth: FakeAuth) -> None:
    run("set", "--requests-per-second", "50", "--request-burst", "200", "--keep-errors")
    run("set", "--requests-per-second", "0", "--no-keep-errors")

    assert auth.policy == pb.IngestPolicy(sampling_ratio=1)


def test_reset_starts_from_the_default(run: Run, auth: FakeAuth) -> None:
    run("set", "--sampling-ratio", "0", "--spans-per-second", "9")
    code, _, _ = run("set", "--reset", "--keep-errors")

    assert code == 0
    assert auth.put[-1].ingest_policy == pb.IngestPolicy(keep_errors=True)


def test_json_is_what_the_service_answers(run: Run) -> None:
    _, output, _ = run("set", "--sampling-ratio", "0.5", "--json")

    answer = json.loads(output)
    assert answer["ingestPolicy"]["samplingRatio"] == 0.5
    assert answer["ingestPolicy"]["requestsPerSecond"] == 0
    assert answer["updateTime"] == "2026-11-21T07:00:00Z"


def test_a_project_can_be_named(run: Run) -> None:
    assert run("get", "--project", PROJECT)[0] == 0
    another = PROJECT.replace("8d3f2b1c", "00000000")
    code, _, error = run("get", "--project", another)
    assert (code, error) == (1, f"a11i: there is no project {another}\n")


def test_a_wrong_token_ends_with_1(run: Run) -> None:
    code, _, error = run("get", "--admin-token", "wrong")
    assert (code, error) == (
        1,
        "a11i: the admin token was refused (wrong token); check A11I_ADMIN_TOKEN, or --data-dir\n",
    )


@pytest.mark.parametrize("name", ["A11I_AUTH", "A11I_ADMIN_TOKEN", "A11I_API_KEY"])
def test_what_is_missing_is_named(run: Run, tmp_path: Path, name: str) -> None:
    path = tmp_path / ".a11i" / "mesh.env"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if name not in line))
    code, _, error = run("get")
    assert code == 2
    assert name in error
    assert error.count("\n") == 1


def test_a_key_that_is_not_good_names_no_project(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A11I_API_KEY", "bad")
    code, _, error = run("get")
    assert code == 1
    assert "--project ID" in error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set",), "nothing to change"),
        (("set", "--sampling-ratio", "10%"), "'10%' is no number from 0 to 1"),
        (("set", "--sampling-ratio", "1.5"), "'1.5' is no number from 0 to 1"),
        (("set", "--spans-per-second", "-1"), "'-1' is no number of 0 or more"),
        (("set", "--spans-per-second", "inf"), "'inf' is no number of 0 or more"),
        (("get", "--project", "main"), "'main' is no project's id"),
        (("get", "--auth", "banana"), "'banana' is no address of an auth service"),
    ],
)
def test_a_wrong_command_ends_with_2(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, _, error = run(*arguments)
    assert code == 2
    assert words in error
    assert error.count("\n") == 1
