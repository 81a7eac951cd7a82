"""`a11i replay` as an administrator runs it, against a delivery service that carries orders out at its own pace."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import grpc
import pytest

from a11i.delivery.v1 import dead_letter_service_pb2 as points
from a11i.delivery.v1 import replay_service_pb2 as pb
from a11i.delivery.v1 import replay_service_pb2_grpc as rpc
from a11i.telemetry.v1 import span_batch_pb2
from a11i_cli.main import main

Run = Callable[..., tuple[int, str, str]]

ADMIN_TOKEN = "-".join(("token", "of", "the", "fake"))
TENANT = "8d3f2b1c-0000-4000-8000-000000000001"
ONE = str(uuid.UUID(int=1))


class FakeDelivery(rpc.ReplayServiceServicer):
    """Keeps what it was asked; a replay is done when it was looked at twice."""

    def __init__(self) -> None:
        self.orders: list[pb.StartReplayRequest] = []
        self.looks = 0
        self.fails: list[grpc.StatusCode] = []
        self.away_for_looks = 0

    def StartReplay(self, request: pb.StartReplayRequest, context: grpc.ServicerContext) -> pb.StartReplayResponse:
        _check(request.tenant_id, context)
        self.orders.append(request)
        if self.fails:
            context.abort(self.fails.pop(0), "not now")
        return pb.StartReplayResponse(replay=_replay(request.replay_id, pb.REPLAY_STATE_RUNNING))

    def GetReplay(self, request: pb.GetReplayRequest, context: grpc.ServicerContext) -> pb.GetReplayResponse:
        _check(request.tenant_id, context)
        self.looks += 1
        if self.looks <= self.away_for_looks:
            context.abort(grpc.StatusCode.UNAVAILABLE, "it starts")
        state = pb.REPLAY_STATE_RUNNING if self.looks < 2 else pb.REPLAY_STATE_DONE
        return pb.GetReplayResponse(replay=_replay(request.replay_id, state, rows=1_200 * self.looks))

    def ListReplays(self, request: pb.ListReplaysRequest, context: grpc.ServicerContext) -> pb.ListReplaysResponse:
        _check(request.tenant_id, context)
        listed = [_replay(str(uuid.UUID(int=number)), pb.REPLAY_STATE_DONE, rows=number) for number in range(1, 6)]
        start = int(request.page_token or 0)
        end = start + min(request.page_size, 2)
        return pb.ListReplaysResponse(replays=listed[start:end], next_page_token=str(end) if end < len(listed) else "")

    def CancelReplay(self, request: pb.CancelReplayRequest, context: grpc.ServicerContext) -> pb.CancelReplayResponse:
        _check(request.tenant_id, context)
        if request.replay_id != ONE:
            context.abort(grpc.StatusCode.NOT_FOUND, "the tenant has no replay of that id")
        replay = _replay(ONE, pb.REPLAY_STATE_CANCELLED)
        replay.cancel_actor = request.actor
        return pb.CancelReplayResponse(replay=replay)


def _check(tenant_id: str, context: grpc.ServicerContext) -> None:
    if ("authorization", f"Bearer {ADMIN_TOKEN}") not in context.invocation_metadata():
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong token")
    if tenant_id != TENANT:
        context.abort(grpc.StatusCode.NOT_FOUND, "another tenant")


def _replay(replay_id: str, state: pb.ReplayState.ValueType, rows: int = 0) -> pb.Replay:
    replay = pb.Replay(
        replay_id=replay_id,
        signals=[span_batch_pb2.SIGNAL_SPANS, span_batch_pb2.SIGNAL_INGEST_ISSUES],
        point=points.REPLAY_POINT_REDACTION,
        actor="jo@host\x1b[31m",
        peer="ipv4:127.0.0.1:5",
        state=state,
        row_count=rows,
        unreadable_count=1,
    )
    for time in (replay.start_time, replay.end_time, replay.create_time, replay.position_time):
        time.FromJsonString("2026-11-21T08:00:00Z")
    return replay


@pytest.fixture
def delivery() -> FakeDelivery:
    return FakeDelivery()


@pytest.fixture
def run(delivery: FakeDelivery, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs `a11i replay`; gives exit code, output and complaints."""
    monkeypatch.setattr("a11i_cli.orders.LOOK_S", 0.01)
    monkeypatch.setenv("COLUMNS", "200")
    server = grpc.server(ThreadPoolExecutor(2))
    rpc.add_ReplayServiceServicer_to_server(delivery, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    connection = ("--delivery", f"127.0.0.1:{port}", "--admin-token", ADMIN_TOKEN, "--tenant", TENANT)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["replay", *arguments, *connection])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield run
    server.stop(None)


def test_start_orders_what_is_said_and_waits_for_its_end(run: Run, delivery: FakeDelivery) -> None:
    code, out, _ = run(
        *("start", "--from", "redaction", "--since", "2026-11-01T00:00:00+00:00", "--until", "2026-11-02T00:00+01:00"),
        *("--project", "p", "--signal", "spans", "--signal", "logs", "--dry-run"),
    )
    assert code == 0
    (order,) = delivery.orders
    assert (order.point, order.project_id, order.dry_run) == (points.REPLAY_POINT_REDACTION, "p", True)
    assert list(order.signals) == [span_batch_pb2.SIGNAL_SPANS, span_batch_pb2.SIGNAL_LOGS]
    assert order.start_time.ToJsonString() == "2026-11-01T00:00:00Z"
    assert order.end_time.ToJsonString() == "2026-11-01T23:00:00Z"
    assert "@" in order.actor
    assert delivery.looks == 2
    assert "2,400" in out
    assert "done" in out
    assert "unreadable" in out
    assert "\x1b" not in out


def test_a_duration_is_so_long_ago_and_until_is_now(run: Run, delivery: FakeDelivery) -> None:
    run("start", "--from", "writer", "--since", "2h", "--detach")
    (order,) = delivery.orders
    assert delivery.looks == 0
    length = order.end_time.ToDatetime(UTC) - order.start_time.ToDatetime(UTC)
    assert abs(length - timedelta(hours=2)) < timedelta(minutes=1)
    assert abs(order.end_time.ToDatetime(UTC) - datetime.now(UTC)) < timedelta(minutes=1)


def test_an_order_whose_answer_was_lost_is_made_again_under_its_id(run: Run, delivery: FakeDelivery) -> None:
    delivery.fails = [grpc.StatusCode.UNAVAILABLE]
    code, out, _ = run("start", "--from", "writer", "--since", "2h", "--detach", "--json")
    assert code == 0
    first, second = delivery.orders
    assert first.replay_id == second.replay_id == json.loads(out)["replayId"]


def test_a_service_that_starts_anew_meanwhile_is_waited_for(run: Run, delivery: FakeDelivery) -> None:
    delivery.away_for_looks = 3
    code, out, _ = run("start", "--from", "writer", "--since", "2h")
    assert (code, delivery.looks) == (0, 4)
    assert "done" in out


def test_list_asks_for_pages_until_there_are_enough(run: Run) -> None:
    code, out, _ = run("list", "--limit", "3", "--json")
    assert code == 0
    assert [one["rowCount"] for one in json.loads(out)["replays"]] == ["1", "2", "3"]
    _, out, _ = run("list", "--limit", "3")
    assert "there are more" in out
    assert "redaction" in out


def test_show_and_cancel(run: Run) -> None:
    code, out, _ = run("show", ONE)
    assert (code, "ingest issues" in out) == (0, True)
    code, out, _ = run("cancel", ONE)
    assert (code, "cancelled" in out) == (0, True)
    code, _, err = run("cancel", str(uuid.UUID(int=9)))
    assert (code, "no replay of that id" in err) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("start", "--since", "2h"),
        ("start", "--from", "writer"),
        ("start", "--from", "nowhere", "--since", "2h"),
        ("start", "--from", "writer", "--since", "yesterday"),
        ("start", "--from", "writer", "--since", "2h", "--signal", "noise"),
        ("show", "7"),
    ],
)
def test_wrong_commands_are_refused(run: Run, delivery: FakeDelivery, arguments: tuple[str, ...]) -> None:
    code, _, err = run(*arguments)
    assert code == 2
    assert err
    assert delivery.orders == []
