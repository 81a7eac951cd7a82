"""The ledger of a running mesh: it balances by itself, and a batch that vanishes behind the mesh's back is found."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import nats
import pytest

from a11i_bus.nats.subjects import stream_name
from a11i_bus.topology import SPANS_RECEIVED
from tests.e2e.otlp import chat_span, ids, request
from tests.e2e.polling import eventually
from tests.e2e.running_mesh import RunningMesh, running_mesh

SETTLE_S = 2


@pytest.fixture(scope="module")
def ledger_mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningMesh]:
    """A mesh of its own, as a batch is lost in it, whose audits are quick."""
    quick = {"A11I_DELIVERY_LEDGER__SETTLE_S": str(SETTLE_S), "A11I_DELIVERY_LEDGER__INTERVAL_S": "0.5"}
    with running_mesh(tmp_path_factory.mktemp("mesh"), **quick) as mesh:
        yield mesh


def ledger(mesh: RunningMesh, *arguments: str) -> Any:
    """Run `a11i ledger ... --json`; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "a11i_cli", "ledger", "--json", "--data-dir", str(mesh.data_dir), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def books(mesh: RunningMesh) -> dict[str, int]:
    """Return the counts of the account of spans that are not 0."""
    for account in ledger(mesh).get("accounts", []):
        if account["signal"] == "SIGNAL_SPANS":
            return {name: int(value) for name, value in account.items() if name.endswith("Count")}
    return {}


def verdict(mesh: RunningMesh) -> Any:
    return ledger(mesh, "audit").get("verdict")


def messages(mesh: RunningMesh, *, delete: bool = False) -> int:
    """Return how many messages the stream of received spans holds; delete them, as no service does."""

    async def run() -> int:
        connection = await nats.connect(mesh.env["A11I_NATS"])
        try:
            stream = connection.jetstream()
            state = (await stream.stream_info(stream_name(SPANS_RECEIVED))).state
            if delete:
                for sequence in range(state.first_seq, state.last_seq + 1):
                    await stream.delete_msg(stream_name(SPANS_RECEIVED), sequence)
            return state.messages
        finally:
            await connection.close()

    return asyncio.run(run())


def test_what_is_stored_balances_within_seconds_and_a_batch_that_vanishes_is_a_drift(ledger_mesh: RunningMesh) -> None:
    mesh = ledger_mesh
    for number in range(5):
        mesh.client.send(request([chat_span(f"kept-{number}-{one}", time.time_ns()) for one in range(20)]))
    balanced = {f"{name}Count": 100 for name in ("received", "queued", "tokenized", "redacted", "stored")}
    eventually(lambda: books(mesh) == balanced)
    eventually(lambda: verdict(mesh) == "AUDIT_VERDICT_BALANCED")
    assert ledger(mesh, "open") == {}

    # Nobody takes the next batch, so that it can be taken away.
    os.kill(mesh.processes()["tokenization"]["pid"], signal.SIGSTOP)
    mesh.client.send(request([chat_span("lost", time.time_ns())]))
    eventually(lambda: books(mesh).get("inFlightCount") == 1)
    assert verdict(mesh) == "AUDIT_VERDICT_BALANCED"
    assert messages(mesh, delete=True) == 1
    lost_at = time.monotonic()
    mesh.kill("tokenization")

    eventually(lambda: verdict(mesh) == "AUDIT_VERDICT_DRIFT", within_s=60)
    assert time.monotonic() - lost_at < 30 + SETTLE_S, "it must come within a minute where settle_s is 30"
    audit = ledger(mesh, "audit")
    assert (audit["missingBatches"], audit["openBatches"]) == ("1", "1")
    (suspect,) = ledger(mesh, "open", "--silent", "1s")["batches"]
    assert (suspect["itemCount"], suspect["lastOutcome"]) == (1, "LEDGER_OUTCOME_QUEUED")
    log = next(mesh.data_dir.rglob("delivery*.log")).read_text()
    assert any("ledger_drift" in line and suspect["batchId"] in line for line in log.splitlines())

    # What comes later goes its way, and does not make up for it.
    mesh.client.send(request([chat_span("after", time.time_ns())]))
    mesh.client.wait_for_trace(ids("after")[0].hex(), within_s=60)
    eventually(lambda: books(mesh)["storedCount"] == 101)
    assert books(mesh)["inFlightCount"] == 1
    eventually(lambda: verdict(mesh) == "AUDIT_VERDICT_DRIFT")
