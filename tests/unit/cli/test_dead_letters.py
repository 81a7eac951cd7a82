"""`a11i dead-letters` as an administrator runs it, against a delivery service that keeps a few."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from a11i.auth.v1 import auth_service_pb2 as auth_pb
from a11i.auth.v1 import auth_service_pb2_grpc as auth_rpc
from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from a11i.delivery.v1 import dead_letter_service_pb2_grpc as rpc
from a11i.telemetry.v1 import span_batch_pb2
from a11i_cli.main import main

Run = Callable[..., tuple[int, str, str]]

ADMIN_TOKEN = "-".join(("token", "of", "the", "fake"))
API_KEY = "-".join(("key", "of", "the", "fake"))
TENANT = "8d3f2b1c-0000-4000-8000-000000000001"
ONE, OTHER = (str(uuid.UUID(int=number)) for number in (1, 2))


class FakeAuth(auth_rpc.AuthServiceServicer):
    """Knows one key."""

    def VerifyApiKey(
        self, request: auth_pb.VerifyApiKeyRequest, context: grpc.ServicerContext
    ) -> auth_pb.VerifyApiKeyResponse:
        if request.api_key != API_KEY:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "the API key is not valid")
        return auth_pb.VerifyApiKeyResponse(tenant_id=TENANT)


class FakeDelivery(rpc.DeadLetterServiceServicer):
    """Keeps what it was asked, and answers in pages of two."""

    def __init__(self) -> None:
        self.letters = [_letter(ONE), _letter(OTHER)]
        self.lists: list[pb.ListDeadLettersRequest] = []
        self.replays: list[pb.ReplayDeadLettersRequest] = []
        self.discards: list[pb.DiscardDeadLettersRequest] = []
        self.replay_answers: list[pb.ReplayDeadLettersResponse] = []

    def ListDeadLetters(
        self, request: pb.ListDeadLettersRequest, context: grpc.ServicerContext
    ) -> pb.ListDeadLettersResponse:
        _check(request.tenant_id, context)
        self.lists.append(request)
        start = int(request.page_token or 0)
        end = start + min(request.page_size, 2)
        return pb.ListDeadLettersResponse(
            dead_letters=self.letters[start:end], next_page_token=str(end) if end < len(self.letters) else ""
        )

    def GetDeadLetter(
        self, request: pb.GetDeadLetterRequest, context: grpc.ServicerContext
    ) -> pb.GetDeadLetterResponse:
        _check(request.tenant_id, context)
        if request.dead_letter_id != ONE:
            context.abort(grpc.StatusCode.NOT_FOUND, "the tenant has no dead letter of that id")
        response = pb.GetDeadLetterResponse(dead_letter=self.letters[0])
        if request.view == pb.DEAD_LETTER_VIEW_REDACTED:
            fields = [
                pb.RedactedField(name="name", value="chat <PERSON_1>\x1b[31m"),
                pb.RedactedField(name="input_messages", withheld="too long to be shown"),
            ]
            response.contents.items.add(fields=fields)
        action = response.actions.add(kind=pb.DEAD_LETTER_ACTION_KIND_DISCARD, actor="jo@host", dead_letter_count=1_200)
        action.filter.stage = "redaction"
        action.time.FromJsonString("2026-11-21T08:00:00Z")
        return response

    def ReplayDeadLetters(
        self, request: pb.ReplayDeadLettersRequest, context: grpc.ServicerContext
    ) -> pb.ReplayDeadLettersResponse:
        _check(request.tenant_id, context)
        self.replays.append(request)
        return self.replay_answers.pop(0)

    def DiscardDeadLetters(
        self, request: pb.DiscardDeadLettersRequest, context: grpc.ServicerContext
    ) -> pb.DiscardDeadLettersResponse:
        _check(request.tenant_id, context)
        self.discards.append(request)
        return pb.DiscardDeadLettersResponse(discarded_count=2, more=len(self.discards) < 2)

    def ListDeadLetterActions(
        self, request: pb.ListDeadLetterActionsRequest, context: grpc.ServicerContext
    ) -> pb.ListDeadLetterActionsResponse:
        _check(request.tenant_id, context)
        answer = pb.ListDeadLetterActionsResponse()
        action = answer.actions.add(
            kind=pb.DEAD_LETTER_ACTION_KIND_REPLAY, actor="jo", dead_letter_count=1, point=pb.REPLAY_POINT_WRITER
        )
        action.time.FromJsonString("2026-11-21T08:00:00Z")
        return answer


def _check(tenant_id: str, context: grpc.ServicerContext) -> None:
    if ("authorization", f"Bearer {ADMIN_TOKEN}") not in context.invocation_metadata():
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong token")
    if tenant_id != TENANT:
        context.abort(grpc.StatusCode.NOT_FOUND, "another tenant")


def _letter(letter_id: str) -> pb.DeadLetter:
    letter = pb.DeadLetter(
        dead_letter_id=letter_id,
        stage="redaction",
        stage_version=1,
        reason="INTERNAL",
        error_type="ValueError",
        tries=3,
        item_count=1,
        signal=span_batch_pb2.SIGNAL_SPANS,
        batch_id="b" * 32,
        rows="/2-3",
        state=pb.DEAD_LETTER_STATE_WAITING,
    )
    for time in (letter.first_time, letter.last_time, letter.expire_time):
        time.FromJsonString("2026-11-21T07:00:00Z")
    return letter


@pytest.fixture
def delivery() -> FakeDelivery:
    return FakeDelivery()


@pytest.fixture
def run(
    delivery: FakeDelivery, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Run]:
    """Runs the command where mesh.env names the services; gives exit code, output, error output."""
    for name in ("A11I_AUTH", "A11I_DELIVERY", "A11I_ADMIN_TOKEN", "A11I_API_KEY", "A11I_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".a11i").mkdir()

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(("dead-letters", *arguments))
        output = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, output.out, output.err

    with ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads)
        auth_rpc.add_AuthServiceServicer_to_server(FakeAuth(), server)
        rpc.add_DeadLetterServiceServicer_to_server(delivery, server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        (tmp_path / ".a11i" / "mesh.env").write_text(
            f"export A11I_AUTH={address}\nexport A11I_DELIVERY={address}\n"
            f"export A11I_ADMIN_TOKEN={ADMIN_TOKEN}\nexport A11I_API_KEY={API_KEY}\n"
        )
        yield run
        server.stop(None).wait()


def test_list_shows_what_waits(run: Run, delivery: FakeDelivery) -> None:
    code, output, error = run("list", "--stage", "redaction", "--reason", "internal", "--since", "2h")

    assert (code, error) == (0, "")
    header, one, other = [line.split() for line in output.splitlines()]
    assert header[:2] == ["dead", "letter"]
    assert (one[0], other[0]) == (ONE, OTHER)
    assert one[3:] == ["redaction", "INTERNAL", "1", "spans", "waiting", "b" * 32]
    (asked,) = delivery.lists
    assert asked.filter.state == pb.DEAD_LETTER_STATE_WAITING
    assert (asked.filter.stage, asked.filter.reason) == ("redaction", "INTERNAL")
    assert asked.filter.HasField("start_time")


def test_list_asks_for_pages_up_to_the_limit(run: Run, delivery: FakeDelivery) -> None:
    delivery.letters = [_letter(str(uuid.UUID(int=number))) for number in range(5)]

    _, output, _ = run("list", "--limit", "3", "--state", "any")

    assert len(output.splitlines()) == 1 + 3 + 1
    assert output.endswith("there are more: --limit\n")
    assert [(one.page_size, one.page_token) for one in delivery.lists] == [(3, ""), (1, "2")]
    assert delivery.lists[0].filter.state == pb.DEAD_LETTER_STATE_UNSPECIFIED


def test_an_empty_list_says_so(run: Run, delivery: FakeDelivery) -> None:
    delivery.letters = []
    assert run("list") == (0, "no dead letter matches\n", "")


def test_show_has_what_is_known_what_it_holds_and_what_was_done(run: Run) -> None:
    code, output, error = run("show", ONE)

    assert (code, error) == (0, "")
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert "stage redaction.1, after 3 tries" in lines
    assert "reason INTERNAL (ValueError)" in lines
    assert f"batch {'b' * 32} rows 2-3" in lines
    assert "name chat <PERSON_1> [31m" in lines  # a span's name does not steer the terminal
    assert "input_messages (too long to be shown)" in lines
    assert lines[-1].endswith("discard 1,200 jo@host stage=redaction")


def test_show_basic_asks_for_no_contents(run: Run) -> None:
    _, output, _ = run("show", ONE, "--basic")
    assert "PERSON" not in output
    assert run("show", OTHER)[::2] == (1, "a11i: the tenant has no dead letter of that id\n")


def test_replay_of_named_letters(run: Run, delivery: FakeDelivery) -> None:
    delivery.replay_answers = [
        pb.ReplayDeadLettersResponse(replayed_count=1, pending_count=1, refused_count=1, skipped_count=1)
    ]

    code, output, _ = run("replay", ONE, OTHER, "--from", "tokenization")

    assert code == 0
    assert [line.split()[0] for line in output.splitlines()] == ["1"] * 4
    (asked,) = delivery.replays
    assert list(asked.ids.dead_letter_ids) == [ONE, OTHER]
    assert asked.point == pb.REPLAY_POINT_TOKENIZATION
    assert "@" in asked.actor


def test_replay_of_all_goes_on_while_there_are_more_and_does_not_chase_its_own_failures(
    run: Run, delivery: FakeDelivery
) -> None:
    delivery.replay_answers = [
        pb.ReplayDeadLettersResponse(replayed_count=1_000, more=True),
        pb.ReplayDeadLettersResponse(replayed_count=234),
    ]

    assert run("replay", "--all")[1] == "1,234 replayed\n"

    first, second = delivery.replays
    assert first == second
    assert first.filter.HasField("end_time")
    delivery.replay_answers = [pb.ReplayDeadLettersResponse(replayed_count=999, refused_count=1, more=True)]
    assert run("replay", "--stage", "writer")[1].startswith("999 replayed\n1 could not be replayed")


def test_discard_says_how_many(run: Run, delivery: FakeDelivery) -> None:
    assert run("discard", "--stage", "redaction") == (0, "4 discarded\n", "")
    assert {one.filter.stage for one in delivery.discards} == {"redaction"}


def test_history_says_who_did_what(run: Run) -> None:
    _, output, _ = run("history")
    assert output.splitlines()[1].split()[2:] == ["replay", "1", "jo", "writer", "name"]


def test_json_is_what_the_service_answers(run: Run) -> None:
    assert [one["deadLetterId"] for one in json.loads(run("list", "--json")[1])["deadLetters"]] == [ONE, OTHER]
    assert json.loads(run("show", ONE, "--json")[1])["deadLetter"]["stage"] == "redaction"
    assert json.loads(run("discard", ONE, "--json")[1])["discardedCount"] == 4


def test_a_tenant_can_be_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / ".a11i" / "mesh.env"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "A11I_API_KEY" not in line))
    assert run("list")[0] == 2
    assert run("list", "--tenant", TENANT)[0] == 0
    assert run("list", "--tenant", "another")[::2] == (1, "a11i: another tenant\n")


def test_a_key_that_is_not_good_names_no_tenant(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A11I_API_KEY", "bad")
    code, _, error = run("list")
    assert code == 1
    assert "--tenant ID" in error


def test_a_wrong_token_ends_with_1(run: Run) -> None:
    assert run("list", "--admin-token", "wrong")[::2] == (
        1,
        "a11i: the admin token was refused (wrong token); check A11I_ADMIN_TOKEN, or --data-dir\n",
    )


@pytest.mark.parametrize("name", ["A11I_DELIVERY", "A11I_ADMIN_TOKEN", "A11I_AUTH"])
def test_what_is_missing_is_named(run: Run, tmp_path: Path, name: str) -> None:
    path = tmp_path / ".a11i" / "mesh.env"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if name not in line))
    code, _, error = run("list")
    assert code == 2
    assert name in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("replay",), "which dead letters?"),
        (("discard",), "which dead letters?"),
        (("discard", ONE, "--all"), "not both"),
        (("show", "banana"), "'banana' is no id of a dead letter"),
        (("replay", ONE, "--from", "the-moon"), "the-moon"),
        (("list", "--delivery", "banana"), "'banana' is no address of a delivery service"),
    ],
)
def test_a_wrong_command_ends_with_2(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, _, error = run(*arguments)
    assert code == 2
    assert words in error
    assert error.count("\n") == 1
