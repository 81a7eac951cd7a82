"""What a stage gave up on, through the running mesh and the command: listed, shown redacted, replayed, discarded."""

import asyncio
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from a11i_bus import Bus, BusSettings, Message, connect
from a11i_bus.dead_letters import DeadLetters
from a11i_bus.failures import describe
from a11i_bus.topology import SPANS_RECEIVED, SPANS_TOKENIZED
from a11i_telemetry import received
from a11i_telemetry.received import ReceivedBatch
from a11i_telemetry.signals import Signal
from tests.e2e.conftest import RunningMesh
from tests.e2e.otlp import chat_span, request
from tests.e2e.polling import eventually
from tests.e2e.test_leaks import files_with

Command = Callable[..., Any]


@pytest.fixture
def command(mesh: RunningMesh) -> Command:
    """Runs `a11i dead-letters ... --json`; gives what it printed."""

    def run(*arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "a11i_cli", "dead-letters", *arguments, "--json", "--data-dir", str(mesh.data_dir)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def on_the_bus(mesh: RunningMesh, act: Callable[[Bus], Any]) -> None:
    """Do something on the mesh's bus, as its services do."""

    async def run() -> None:
        async with connect(BusSettings(url=SecretStr(mesh.env["A11I_NATS"]))) as bus:
            await act(bus)

    asyncio.run(run())


def test_a_span_that_a_faulty_redaction_gave_up_is_replayed_to_the_good_one_and_stored_once(
    mesh: RunningMesh, command: Command
) -> None:
    secret = f"{secrets.token_hex(6)}.canary@{secrets.token_hex(4)}-corp.com"
    ours = json.loads((mesh.data_dir / "project.json").read_text())
    span = chat_span(f"dead-{secret}", time.time_ns(), note=f"write to {secret}")
    batch = received.decode(
        ReceivedBatch(
            batch_id=secrets.token_hex(16),
            tenant_id=ours["tenant_id"],
            project_id=ours["project_id"],
            received_time_ns=time.time_ns(),
            signal=Signal.SPANS,
            item_count=1,
            otlp=request([span]).SerializeToString(),
        ).encode()
    )
    key = SecretStr(json.loads((mesh.data_dir / "secrets.json").read_text())["dead_letter_key"])
    message = Message(f"{batch.batch_id}:tokenization.2", batch.tenant_id, batch.encode())
    on_the_bus(
        mesh,
        lambda bus: DeadLetters(bus, "redaction.1", SPANS_TOKENIZED, key).put(
            message, describe(ValueError(f"a defect met {secret}")), 3
        ),
    )
    (letter,) = eventually(lambda: command("list", "--batch", batch.batch_id).get("deadLetters"))
    assert (letter["stage"], letter["itemCount"], letter["projectId"]) == ("redaction", 1, ours["project_id"])

    shown = command("show", letter["deadLetterId"])
    fields = {field["name"]: field.get("value", "") for field in shown["contents"]["items"][0]["fields"]}
    assert fields["trace_id"] == span.trace_id.hex()
    assert "write to <EMAIL_ADDRESS" in fields["attr_string"]
    assert secret not in json.dumps(shown)

    assert command("replay", letter["deadLetterId"])["replayedCount"] == 1
    mesh.client.wait_for_trace(span.trace_id.hex())
    assert "replayedCount" not in command("replay", letter["deadLetterId"])
    eventually(mesh.bus_is_empty)
    trace = mesh.client.wait_for_trace(span.trace_id.hex())
    assert (trace.summary.span_count, trace.summary.input_tokens) == (1, 100)
    assert files_with(mesh.data_dir, secret) == []


def test_garbage_is_given_up_again_after_its_replay_until_it_is_discarded(mesh: RunningMesh, command: Command) -> None:
    tenant = json.loads((mesh.data_dir / "project.json").read_text())["tenant_id"]
    garbage = Message(f"garbage-{secrets.token_hex(8)}", tenant, b"\xff" * 32)
    on_the_bus(mesh, lambda bus: bus.publish(SPANS_RECEIVED, garbage))

    def letters(**wanted: str) -> list[Any]:
        found = command("list", "--stage", "tokenization", "--state", "any").get("deadLetters", [])
        return [one for one in found if wanted.items() <= one.items()]

    (first,) = eventually(lambda: letters(messageId=garbage.id))
    assert "unreadable" in command("show", first["deadLetterId"])["contents"]
    assert command("replay", first["deadLetterId"])["replayedCount"] == 1
    (second,) = eventually(lambda: letters(replayOf=first["deadLetterId"]))

    assert command("discard", second["deadLetterId"])["discardedCount"] == 1

    states = {one["deadLetterId"]: one["state"] for one in letters()}
    assert states[first["deadLetterId"]] == "DEAD_LETTER_STATE_REPLAYED"
    assert states[second["deadLetterId"]] == "DEAD_LETTER_STATE_DISCARDED"
    kinds = [action["kind"] for action in command("history")["actions"]]
    assert kinds[:2] == ["DEAD_LETTER_ACTION_KIND_DISCARD", "DEAD_LETTER_ACTION_KIND_REPLAY"]
