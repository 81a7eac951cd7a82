"""`a11i ledger` as an administrator runs it, against a delivery service that keeps some books."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from a11i.delivery.v1 import ledger_service_pb2 as pb
from a11i.delivery.v1 import ledger_service_pb2_grpc as rpc
from a11i.telemetry.v1 import ledger_entries_pb2, span_batch_pb2
from a11i_cli.main import main

Run = Callable[..., tuple[int, str, str]]

ADMIN_TOKEN = "-".join(("token", "of", "the", "fake"))


class FakeLedger(rpc.LedgerServiceServicer):
    """Keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[pb.GetLedgerRequest] = []
        self.open_requests: list[pb.ListOpenBatchesRequest] = []
        self.accounts = [_account("shop", 12_000, 11_990), _account("desk", 30, 30)]
        self.audit = pb.GetAuditResponse(verdict=pb.AUDIT_VERDICT_BALANCED, summary="everything\x1b[31m is there")
        self.audit.audit_time.GetCurrentTime()
        self.audit.backlogs.add(topic="spans.received", messages=1_234)

    def GetLedger(self, request: pb.GetLedgerRequest, context: grpc.ServicerContext) -> pb.GetLedgerResponse:
        _check(context)
        self.requests.append(request)
        return pb.GetLedgerResponse(accounts=self.accounts)

    def ListOpenBatches(
        self, request: pb.ListOpenBatchesRequest, context: grpc.ServicerContext
    ) -> pb.ListOpenBatchesResponse:
        _check(context)
        self.open_requests.append(request)
        batch = pb.OpenBatch(
            project_id="shop",
            signal=span_batch_pb2.SIGNAL_SPANS,
            batch_id="ab" * 16,
            last_outcome=ledger_entries_pb2.LEDGER_OUTCOME_REDACTED,
            item_count=1_000,
            in_flight_count=10,
        )
        batch.received_time.FromJsonString("2026-11-21T08:00:00Z")
        batch.last_time.FromNanoseconds(time.time_ns() - 90 * 10**9)
        return pb.ListOpenBatchesResponse(batches=[batch])

    def GetAudit(self, request: pb.GetAuditRequest, context: grpc.ServicerContext) -> pb.GetAuditResponse:
        _check(context)
        return self.audit


def _check(context: grpc.ServicerContext) -> None:
    if ("authorization", f"Bearer {ADMIN_TOKEN}") not in context.invocation_metadata():
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong token")


def _account(project: str, received: int, stored: int) -> pb.LedgerAccount:
    account = pb.LedgerAccount(
        project_id=project,
        signal=span_batch_pb2.SIGNAL_SPANS,
        received_count=received,
        rejected_count=2,
        queued_count=received - 2,
        stored_count=stored - 2,
        in_flight_count=received - stored,
    )
    account.rejected_reasons.add(reason="no trace id", count=2)
    return account


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger()


@pytest.fixture
def run(ledger: FakeLedger, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs the command; gives exit code, output and errors."""
    server = grpc.server(ThreadPoolExecutor(2))
    rpc.add_LedgerServiceServicer_to_server(ledger, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()

    def command(*arguments: str, token: str = ADMIN_TOKEN) -> tuple[int, str, str]:
        where = ("--delivery", f"127.0.0.1:{port}", "--admin-token", token)
        with pytest.raises(SystemExit) as ended:
            main(["ledger", *where, *arguments])
        output = capsys.readouterr()
        return int(ended.value.code or 0), output.out, output.err

    yield command
    server.stop(None)


def test_the_books_are_a_table_with_a_sum_and_a_verdict(run: Run) -> None:
    code, output, _ = run()
    assert code == 0
    lines = output.splitlines()
    titles = ["project", "of", "received", "rejected", "sampled out", "queued", "replayed", "stored", "dead letters"]
    assert " ".join(lines[0].split()) == " ".join([*titles, "in flight"])
    assert lines[1].split() == ["shop", "spans", "12,000", "2", "0", "11,998", "0", "11,988", "0", "10"]
    assert lines[3].split() == ["all", "12,030", "4", "0", "12,026", "0", "12,016", "0", "10"]
    assert {line.rindex(end) for line, end in zip(lines[:4], ("t", "0", "0", "0"), strict=True)} == {len(lines[0]) - 1}
    assert "rejected: 4 no trace id" in output
    assert lines[-1] == "BALANCED  everything [31m is there"


def test_numbers_stand_below_each_other(run: Run, ledger: FakeLedger) -> None:
    _, output, _ = run()
    title, *rows = output.splitlines()[:4]
    end = title.index("received") + len("received")
    assert [row[:end].split()[-1] for row in rows] == ["12,000", "30", "12,030"]
    del ledger.accounts[1]
    assert "all" not in run()[1]
    ledger.accounts.clear()
    assert run()[1].startswith("nothing was received")


def test_what_is_asked_for_is_what_the_options_say(run: Run, ledger: FakeLedger) -> None:
    run("--tenant", "t", "--project", "p", "--since", "2h")
    (request,) = ledger.requests
    assert (request.tenant_id, request.project_id) == ("t", "p")
    assert abs(time.time() - 7200 - request.start_time.seconds) < 60
    run("open", "--tenant", "t", "--silent", "90s", "--limit", "7")
    run("--project", "q", "open")
    assert [(one.tenant_id, one.project_id, one.min_silent_s, one.page_size) for one in ledger.open_requests] == [
        ("t", "", 90.0, 7),
        ("", "q", 0.0, 20),
    ]


def test_open_batches_say_how_far_they_came_and_for_how_long_nothing_was_heard(run: Run) -> None:
    _, output, _ = run("open")
    assert "ab" * 16 in output
    assert "redacted" in output
    assert "1 min 30 s" in output


def test_a_drift_says_what_to_do_next(run: Run, ledger: FakeLedger) -> None:
    ledger.audit.verdict, ledger.audit.missing_batches = pb.AUDIT_VERDICT_DRIFT, 3
    for command in ((), ("audit",)):
        _, output, _ = run(*command)
        assert "DRIFT" in output
        assert "a11i ledger open --silent 1m" in output
    assert "1,234" in output
    assert "3 batches" in output


@pytest.mark.parametrize("command", [(), ("open",), ("audit",)])
def test_json_is_what_the_service_said(run: Run, command: tuple[str, ...]) -> None:
    code, output, _ = run(*command, "--json")
    assert code == 0
    assert json.loads(output)


def test_a_wrong_token_and_a_wrong_option_are_one_line(run: Run) -> None:
    code, _, errors = run(token="wrong")
    assert (code, len(errors.splitlines())) == (1, 1)
    code, _, errors = run("--since", "soon")
    assert (code, len(errors.splitlines())) == (2, 1)
