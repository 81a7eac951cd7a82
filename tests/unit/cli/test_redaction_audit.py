"""`a11i redaction audit` as a user runs it."""

from __future__ import annotations

import json

import pytest

from a11i.query.v1 import query_service_pb2 as pb
from a11i.telemetry.v1.span_batch_pb2 import Signal
from a11i_cli.main import main
from tests.unit.cli.query_server import API_KEY, FakeQuery, serving

_FOUND = pb.SummariseRedactionsResponse(
    groups=[
        pb.RedactionGroup(
            signal=Signal.SIGNAL_SPANS,
            entity="EMAIL_ADDRESS",
            where="input_messages",
            service_name="shop\x1b[2J",
            policy="standard/1",
            row_count=1200,
            finding_count=3400,
        ),
        pb.RedactionGroup(signal=Signal.SIGNAL_LOGS, entity="WITHHELD", row_count=1, finding_count=2),
    ],
    group_count=7,
    totals=[
        pb.RedactionTotal(
            signal=Signal.SIGNAL_SPANS,
            row_count=5000,
            redacted_row_count=1200,
            finding_count=3400,
            withheld_value_count=2,
        )
    ],
)


def audit(
    capsys: pytest.CaptureFixture[str], server: FakeQuery, *arguments: str, key: str = API_KEY
) -> tuple[object, str, str]:
    """Runs the command; gives exit code, output, error output."""
    with serving(server) as address, pytest.raises(SystemExit) as end:
        main(["redaction", "audit", *arguments, "--query", address, "--api-key", key])
    output = capsys.readouterr()
    return end.value.code, output.out, output.err


def test_it_says_what_was_redacted_where_and_how_much_of_all_that_is(capsys: pytest.CaptureFixture[str]) -> None:
    code, output, error = audit(capsys, FakeQuery(redactions=_FOUND))
    assert (code, error) == (0, "")
    assert [" ".join(line.split()) for line in output.splitlines()] == [
        "entity where found rows signal service policy",
        "EMAIL_ADDRESS input_messages 3,400 1,200 spans shop [2J standard/1",
        "WITHHELD 2 1 logs",
        "2 of 7: --limit shows more",
        "spans: 1,200 of 5,000 redacted, 3,400 findings, 2 values withheld",
    ]


def test_it_asks_for_what_its_options_say(capsys: pytest.CaptureFixture[str]) -> None:
    server = FakeQuery()
    options = ("--entity", "JWT", "--where", "body", "--service", "shop", "--policy", "pci/1", "--signal", "logs")
    code, output, _ = audit(capsys, server, *options, "--limit", "9", "--since", "2h")
    assert (code, output) == (0, "nothing was redacted that matches\n")
    [asked] = server.asked_for_rows
    assert (asked.entity, asked.where, asked.service_name, asked.policy) == ("JWT", "body", "shop", "pci/1")
    assert (asked.signal, asked.group_limit, asked.HasField("start_time")) == (Signal.SIGNAL_LOGS, 9, True)


def test_more_than_a_page_holds_is_asked_for_page_by_page(capsys: pytest.CaptureFixture[str]) -> None:
    groups = [pb.RedactionGroup(entity=f"KIND_{number}", finding_count=1, row_count=1) for number in range(2_500)]
    server = FakeQuery(redactions=pb.SummariseRedactionsResponse(groups=groups, group_count=2_500))
    _, output, _ = audit(capsys, server, "--limit", "2001")
    assert output.count("KIND_") == 2_001
    assert "2,001 of 2,500" in output
    assert [asked.group_limit for asked in server.asked_for_rows] == [1_000, 1_000, 1]


def test_json_is_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    _, output, _ = audit(capsys, FakeQuery(redactions=_FOUND), "--json")
    assert json.loads(output)["groups"][0]["findingCount"] == "3400"


def test_a_wrong_key_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = audit(capsys, FakeQuery(), key="another")
    assert code == 1
    assert error.count("\n") == 1
