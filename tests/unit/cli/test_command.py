"""The command as a user runs it: arguments in, text and exit code out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from a11i.query.v1.query_service_pb2 import TraceSummary
from a11i_cli.main import main
from tests.unit.cli.query_server import API_KEY, TRACE_ID, FakeQuery, agent_spans, serving

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the command where no mesh is known; gives exit code, output, error output."""
    for name in ("A11I_QUERY", "A11I_API_KEY", "A11I_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(arguments)
        output = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, output.out, output.err

    return run


def test_show_prints_the_trace_as_a_tree(run: Run) -> None:
    with serving(FakeQuery(agent_spans())) as address:
        code, output, _ = run("traces", "show", TRACE_ID, "--query", address, "--api-key", API_KEY)

    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert code == 0
    assert re.fullmatch(rf"trace {TRACE_ID} started \S+ \S+ \S+ service desk session s-1 user ann", lines[0])
    assert lines[2:8] == [
        "invoke_agent desk agent 1.84 s a1a1a1a1",
        "├─ chat gpt-4o-mini llm 420 ms gpt-4o-mini 1,412 38* $0.000234 b1b1b1b1",
        "│ redacted: EMAIL_ADDRESS x2",
        "└─ execute_tool look_up tool 12 ms b2b2b2b2",
        "│ error: no such order [2J",
        "└─ GET /orders 3 ms c1c1c1c1",
    ]
    assert lines[8] == (
        "total 4 spans; 1.84 s; 1,412 tokens in, 38 out; $0.000234; 1 call of unknown price; 1 error; "
        "redacted: EMAIL_ADDRESS x2"
    )
    assert lines[9:] == [
        "* counted by a11i ~ estimated by a11i no mark: reported by the sender",
        "--messages shows what was said; --span ID shows one span in full",
    ]
    assert "\x1b" not in output


def test_show_gives_the_same_json_as_the_rest_api(run: Run) -> None:
    with serving(FakeQuery(agent_spans())) as address:
        _, output, _ = run("traces", "show", TRACE_ID, "--json", "--query", address, "--api-key", API_KEY)

    trace = json.loads(output)
    assert trace["summary"]["traceId"] == TRACE_ID
    assert trace["spans"][1]["genAi"]["usage"]["inputTokens"] == "1412"


def test_show_tells_messages_and_one_span(run: Run) -> None:
    spans = agent_spans()
    spans[1].gen_ai.output_messages = '[{"role": "assistant", "parts": [{"type": "text", "content": "Sunny."}]}]'
    with serving(FakeQuery(spans)) as address:
        target = ("--query", address, "--api-key", API_KEY)
        _, tree, _ = run("traces", "show", TRACE_ID, "--messages", *target)
        _, one, _ = run("traces", "show", TRACE_ID, "--span", "B1", *target)
        _, in_json, _ = run("traces", "show", TRACE_ID, "--span", "b1b1b1b1b1b1b1b1", "--json", *target)
        several = run("traces", "show", TRACE_ID, "--span", "b", *target)
        none = run("traces", "show", TRACE_ID, "--span", "0", *target)

    assert "out assistant  Sunny." in tree
    assert one.startswith("span chat gpt-4o-mini\n")
    assert json.loads(in_json)["name"] == "chat gpt-4o-mini"
    assert several == (1, "", f"a11i: 2 spans' ids begin with b, such as {'b1' * 8}, {'b2' * 8}\n")
    assert none == (1, "", f"a11i: no span's id begins with 0 in trace {TRACE_ID}\n")


def test_show_waits_for_a_trace_and_for_the_parents_of_its_spans(run: Run) -> None:
    spans = agent_spans()
    # Nothing, then the children without the agent's span, then all.
    query = FakeQuery([*spans[1:], spans[0]], arriving=[0, 2, 2, 4])
    with serving(query) as address:
        _, output, _ = run("traces", "show", TRACE_ID, "--wait", "10s", "--query", address, "--api-key", API_KEY)

    assert "total 4 spans" in output


def test_show_of_an_unknown_trace_says_how_to_wait(run: Run) -> None:
    with serving(FakeQuery()) as address:
        code, _, error = run("traces", "show", TRACE_ID, "--query", address, "--api-key", API_KEY)

    assert code == 1
    assert error == f"a11i: trace {TRACE_ID} is not stored in this project, or not yet; --wait 10s waits for it\n"


def test_list_asks_with_the_filters_and_pages_up_to_the_limit(run: Run) -> None:
    query = FakeQuery(summaries=[TraceSummary(trace_id=f"{number:032x}", name="run") for number in range(500)])
    with serving(query) as address:
        _, output, _ = run(
            *("traces", "list", "--limit", "250", "--json", "--errors", "--model", "gpt-4o", "--user", "ann"),
            *("--session", "s1", "--service", "desk", "--name", "run", "--since", "2h"),
            *("--query", address, "--api-key", API_KEY),
        )

    assert len(json.loads(output)["traces"]) == 250
    assert [request.page_size for request in query.asked] == [200, 50]
    first = query.asked[0]
    assert (first.model, first.user_id, first.session_id, first.service_name) == ("gpt-4o", "ann", "s1", "desk")
    assert (first.name, first.has_error, first.HasField("start_time")) == ("run", True, True)


def test_list_without_filters_leaves_the_error_filter_open(run: Run) -> None:
    query = FakeQuery()
    with serving(query) as address:
        _, output, _ = run("traces", "list", "--query", address, "--api-key", API_KEY)

    assert output == "no trace matches\n"
    assert not query.asked[0].HasField("has_error")


def test_list_prints_one_line_a_trace(run: Run) -> None:
    summary = TraceSummary(
        trace_id=TRACE_ID, name="desk\nrun", span_count=7, input_tokens=1234, cost_usd=1.5, unpriced_calls=1,
        models=["gpt-4o"], error_count=2,
    )  # fmt: skip
    with serving(FakeQuery(summaries=[summary])) as address:
        _, output, _ = run("traces", "list", "--query", address, "--api-key", API_KEY)

    header, line, *legend = output.splitlines()
    assert re.match(r"trace +started \(\S+\) +name ", header)
    assert " ".join(line.split()).endswith("desk run 0 µs 2 7 $1.50+? 1,234 0 gpt-4o")
    assert legend == ["+? and calls whose tokens or price are not known"]


def test_list_leaves_blank_what_is_not_known(run: Run) -> None:
    unknown = TraceSummary(trace_id=TRACE_ID, name="n", span_count=1, calls_without_usage=1)
    unpriced = TraceSummary(
        trace_id=TRACE_ID, name="n", span_count=2, input_tokens=5, output_tokens=6, unpriced_calls=1
    )
    free = TraceSummary(trace_id=TRACE_ID, name="n", span_count=3, input_tokens=5, calls_without_usage=2)
    with serving(FakeQuery(summaries=[unknown, unpriced, free])) as address:
        _, output, _ = run("traces", "list", "--query", address, "--api-key", API_KEY)

    ends = [" ".join(line.split()[3:]) for line in output.splitlines()[1:4]]
    assert ends == ["0 µs 1", "0 µs 2 5 6", "0 µs 3 $0.00+? 5+? 0+?"]


def test_the_data_directory_names_mesh_and_key(run: Run, tmp_path: Path) -> None:
    with serving(FakeQuery(agent_spans())) as address:
        (tmp_path / "mesh.env").write_text(f"export A11I_QUERY={address}\nexport A11I_API_KEY='{API_KEY}'\n")
        code, _, error = run("traces", "show", TRACE_ID, "--data-dir", str(tmp_path))

    assert (code, error) == (0, "")


def test_the_environment_names_mesh_and_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(FakeQuery(agent_spans())) as address:
        monkeypatch.setenv("A11I_QUERY", address)
        monkeypatch.setenv("A11I_API_KEY", API_KEY)
        assert run("traces", "show", TRACE_ID)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("traces", "list"), "which mesh?"),
        (("traces", "list", "--query", "127.0.0.1:1"), "no API key"),
        (("traces", "list", "--data-dir", "nowhere"), "nowhere/mesh.env can't be read: No such file or directory"),
        (("traces", "list", "--limit", "0"), "no number above 0"),
        (("traces", "list", "--since", "yesterday"), "'yesterday' is no duration"),
        (("traces",), "COMMAND"),
        (
            ("traces", "list", "--query", "banana", "--api-key", "k"),
            "'banana' is no address of a query service",
        ),
        (("traces", "list", "--query", "http://h:1", "--api-key", "k"), "HOST:PORT is expected"),
        (("traces", "list", "--query", "h:70000", "--api-key", "k"), "HOST:PORT is expected"),
        (("traces", "show", TRACE_ID, "--span", "xyz"), "'xyz' is no span id, nor the first digits of one"),
        (("traces", "show", "zzz"), "'zzz' is no trace id of 32 hexadecimal digits"),
    ],
)
def test_a_wrong_command_ends_with_2(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, _, error = run(*arguments)

    assert code == 2
    assert words in error
    assert error.count("\n") == 1


def test_the_version_is_told(run: Run) -> None:
    code, output, _ = run("--version")

    assert code == 0
    assert output == f"a11i {version('a11i-cli')}\n"


def test_a_mesh_that_is_not_the_data_directorys_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mesh.env").write_text(f"export A11I_QUERY=127.0.0.1:1\nexport A11I_API_KEY='{API_KEY}'\n")
    monkeypatch.setenv("A11I_DATA_DIR", str(tmp_path))
    with serving(FakeQuery(agent_spans())) as address:
        monkeypatch.setenv("A11I_QUERY", address)
        code, _, error = run("traces", "show", TRACE_ID)

    assert code == 0
    assert error == (
        f"a11i: asking A11I_QUERY={address}, which is not the mesh in A11I_DATA_DIR={tmp_path}; "
        "--data-dir asks that one\n"
    )


def test_a_refused_key_ends_with_1(run: Run) -> None:
    with serving(FakeQuery()) as address:
        code, _, error = run("traces", "list", "--query", address, "--api-key", "another")

    assert code == 1
    assert error == "a11i: the API key was refused (the API key is not valid); check A11I_API_KEY, or --data-dir\n"


def test_a_mesh_that_is_not_there_ends_with_1(run: Run) -> None:
    code, _, error = run("traces", "list", "--query", "127.0.0.1:1", "--api-key", API_KEY)

    assert code == 1
    assert error == "a11i: nothing answers at 127.0.0.1:1; is the mesh running? `make up` starts one\n"


@pytest.mark.parametrize("said", [("--token", "hidden"), ("--token=hidden",), ("--api-ke", "hidden")])
def test_an_option_that_there_is_not_is_named_without_its_value(run: Run, said: tuple[str, ...]) -> None:
    """`--token` is no short form of `--tokenization`, whose value would show in an error."""
    code, _, errors = run("budgets", "list", *said)
    assert code == 2
    assert f"unrecognized arguments: {said[0].partition('=')[0]} " in errors
    assert "hidden" not in errors
