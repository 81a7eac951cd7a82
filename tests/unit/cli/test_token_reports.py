"""`a11i tokens compare` and `a11i prices unpriced` as a user runs them."""

from __future__ import annotations

import json

import pytest

from a11i.query.v1 import query_service_pb2 as pb
from a11i.telemetry.v1.span_pb2 import NumberSource
from a11i_cli.main import main
from tests.unit.cli.query_server import API_KEY, FakeQuery, serving

COMPARISONS = [
    pb.TokenComparison(
        provider="openai",
        model="gpt-4o\x1b[2J",
        tokenizer="o200k_base",
        counted_source=NumberSource.NUMBER_SOURCE_COUNTED,
        call_count=1200,
        flagged_call_count=3,
        input=pb.TokenSums(call_count=1100, reported_tokens=2_000_000, counted_tokens=1_990_000),
        output=pb.TokenSums(call_count=1100, reported_tokens=50_000, counted_tokens=50_000),
        reasoning_tokens=700,
    ),
    pb.TokenComparison(
        model="claude-sonnet-4-5",
        tokenizer="claude2",
        counted_source=NumberSource.NUMBER_SOURCE_ESTIMATED,
        call_count=2,
        input=pb.TokenSums(call_count=2, reported_tokens=100, counted_tokens=80),
    ),
    pb.TokenComparison(model="gpt-4o", call_count=1),
]


def run(
    capsys: pytest.CaptureFixture[str], server: FakeQuery, *arguments: str, key: str = API_KEY
) -> tuple[object, list[str], str]:
    """Runs the command; gives exit code, lines of output, error output."""
    with serving(server) as address, pytest.raises(SystemExit) as end:
        main([*arguments, "--query", address, "--api-key", key])
    output = capsys.readouterr()
    return end.value.code, [" ".join(line.split()) for line in output.out.splitlines()], output.err


def test_it_says_how_far_counts_are_off(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, FakeQuery(rows=COMPARISONS), "tokens", "compare") == (
        0,
        [
            "model calls in reported counted off out reported counted off tokenizer provider",
            "gpt-4o [2J 1,200 2,000,000 1,990,000 -0.5% 50,000 50,000 same o200k_base openai",
            "claude-sonnet-4-5 2 100 80 -20% claude2 (estimated)",
            "gpt-4o 1 no text came",
            "3 calls with odd numbers are in no sum",
            "700 of the tokens reported out are reasoning, which is counted only where its text was sent",
        ],
        "",
    )


def test_it_says_what_has_no_price(capsys: pytest.CaptureFixture[str]) -> None:
    model = pb.UnpricedModel(
        provider="acme", model="acme-1", call_count=1200, flagged_call_count=2, input_tokens=5000, output_tokens=70,
        calls_without_usage=3,
    )  # fmt: skip
    model.first_time.FromSeconds(1_500_000_000)
    model.last_time.FromSeconds(1_500_100_000)
    code, lines, _ = run(capsys, FakeQuery(rows=[model]), "prices", "unpriced")
    assert (code, lines[1]) == (0, "acme-1 acme 1,200 2 3 5,000 70 2017-07-14 2017-07-15")


def test_both_ask_for_what_their_options_say(capsys: pytest.CaptureFixture[str]) -> None:
    server = FakeQuery()
    options = ("--service", "shop", "--since", "2h", "--limit", "9")
    assert run(capsys, server, "tokens", "compare", "--model", "m", "--provider", "p", *options)[1] == [
        "no call matches"
    ]
    run(capsys, server, "prices", "unpriced", *options)
    compare, unpriced = server.asked_for_rows
    assert (compare.model, compare.provider) == ("m", "p")
    for asked in (compare, unpriced):
        assert (asked.service_name, asked.page_size, asked.HasField("start_time")) == ("shop", 9, True)


def test_many_rows_come_from_several_pages(capsys: pytest.CaptureFixture[str]) -> None:
    server = FakeQuery(rows=[pb.UnpricedModel(model=f"m{number}", call_count=1) for number in range(500)])
    _, lines, _ = run(capsys, server, "prices", "unpriced", "--limit", "450")
    assert [line.split()[0] for line in lines[1:451]] == [f"m{number}" for number in range(450)]
    assert lines[451:] == ["the first 450: --limit shows more"]
    assert [asked.page_size for asked in server.asked_for_rows] == [200, 200, 50]


def test_json_is_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    _, lines, _ = run(capsys, FakeQuery(rows=COMPARISONS), "tokens", "compare", "--json")
    assert json.loads("\n".join(lines))["comparisons"][0]["input"]["reportedTokens"] == "2000000"


@pytest.mark.parametrize("command", [("tokens", "compare"), ("prices", "unpriced")])
def test_a_wrong_key_is_one_line(capsys: pytest.CaptureFixture[str], command: tuple[str, str]) -> None:
    code, _, error = run(capsys, FakeQuery(), *command, key="another")
    assert (code, error.count("\n")) == (1, 1)
