"""`a11i tokens`, `prices`, `reprice` and `budgets`, against a service that remembers what it was asked."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from a11i.auth.v1 import auth_service_pb2 as auth_pb
from a11i.auth.v1 import auth_service_pb2_grpc as auth_rpc
from a11i.telemetry.v1 import span_pb2
from a11i.tokenization.v1 import tokenization_service_pb2 as pb
from a11i.tokenization.v1 import tokenization_service_pb2_grpc as rpc
from a11i_cli.main import main

Run = Callable[..., tuple[int, str, str]]

ADMIN_TOKEN = "-".join(("admin", "of", "the", "fake"))
API_KEY = "-".join(("key", "of", "the", "fake"))
TENANT = "tenant-1"
ID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


class FakeAuth(auth_rpc.AuthServiceServicer):
    """Knows one key."""

    def VerifyApiKey(
        self, request: auth_pb.VerifyApiKeyRequest, context: grpc.ServicerContext
    ) -> auth_pb.VerifyApiKeyResponse:
        if request.api_key != API_KEY:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "the API key is not valid")
        return auth_pb.VerifyApiKeyResponse(tenant_id=TENANT, project_id="project-1")


class FakeTokenization(rpc.TokenizationServiceServicer):
    """Answers with what a test can tell from nothing."""

    def __init__(self) -> None:
        self.repricing = pb.Repricing(id=ID, state=pb.REPRICING_STATE_RUNNING, price_version="t 1")
        self.looks = 0
        self.budget = pb.Budget()
        self.lines: list[pb.PriceLine] = []
        self.explained = pb.ExplainCostRequest()

    def CountTokens(self, request: pb.CountTokensRequest, context: grpc.ServicerContext) -> pb.CountTokensResponse:
        if request.model == "gtp-4o":
            context.abort(grpc.StatusCode.NOT_FOUND, "no model 'gtp-4o'; did you mean gpt-4o?")
        counts = [len(text) for text in request.texts]
        return pb.CountTokensResponse(counts=counts, encoding="o200k_base", source=span_pb2.NUMBER_SOURCE_COUNTED)

    def ListEncodings(
        self, request: pb.ListEncodingsRequest, context: grpc.ServicerContext
    ) -> pb.ListEncodingsResponse:
        one = pb.Encoding(name="o200k_base", exact=True, source="litellm 1", description="OpenAI's\x1b[31m")
        return pb.ListEncodingsResponse(encodings=[one])

    def ResolveModel(self, request: pb.ResolveModelRequest, context: grpc.ServicerContext) -> pb.ResolveModelResponse:
        if request.tenant_id:
            self._check(context)
        return pb.ResolveModelResponse(
            encoding="o200k_base",
            source=span_pb2.NUMBER_SOURCE_COUNTED,
            steps=["took off the date"],
            context_window=128,
        )

    def ExplainCost(self, request: pb.ExplainCostRequest, context: grpc.ServicerContext) -> pb.ExplainCostResponse:
        self.explained = request
        if request.call.tenant_id:
            self._check(context)
        usage = request.call.usage
        line = pb.CostLine(sort="input", tokens=usage.input_tokens, usd_per_million="2.5", usd="0.0025", source="t 1")
        cost = span_pb2.Cost(total_usd=0.0025, price_version="t 1")
        return pb.ExplainCostResponse(cost=cost, lines=[line], flags=["cached over input"])

    def PutPrices(self, request: pb.PutPricesRequest, context: grpc.ServicerContext) -> pb.PutPricesResponse:
        self._check(context)
        self.lines = list(request.lines)
        return pb.PutPricesResponse(table=pb.PriceTable(version=4, lines=request.lines, actor=request.actor))

    def GetPrices(self, request: pb.GetPricesRequest, context: grpc.ServicerContext) -> pb.GetPricesResponse:
        self._check(context)
        return pb.GetPricesResponse(table=pb.PriceTable(version=request.version or 4, lines=self.lines))

    def ListPriceVersions(
        self, request: pb.ListPriceVersionsRequest, context: grpc.ServicerContext
    ) -> pb.ListPriceVersionsResponse:
        self._check(context)
        return pb.ListPriceVersionsResponse(tables=[pb.PriceTable(version=4, actor="ann")])

    def Reprice(self, request: pb.RepriceRequest, context: grpc.ServicerContext) -> pb.RepriceResponse:
        self._check(context)
        self.repricing.request.CopyFrom(request)
        return pb.RepriceResponse(repricing=self.repricing)

    def GetRepricing(self, request: pb.GetRepricingRequest, context: grpc.ServicerContext) -> pb.GetRepricingResponse:
        self._check(context)
        if request.id != ID:
            context.abort(grpc.StatusCode.NOT_FOUND, "there is no repricing of that id")
        self.looks += 1
        if self.looks > 1:
            self.repricing.MergeFrom(
                pb.Repricing(state=pb.REPRICING_STATE_DONE, call_count=7, changed_count=3, before_usd=1, after_usd=2.5)
            )
        return pb.GetRepricingResponse(repricing=self.repricing)

    def ListRepricings(
        self, request: pb.ListRepricingsRequest, context: grpc.ServicerContext
    ) -> pb.ListRepricingsResponse:
        self._check(context)
        return pb.ListRepricingsResponse(repricings=[self.repricing])

    def CancelRepricing(
        self, request: pb.CancelRepricingRequest, context: grpc.ServicerContext
    ) -> pb.CancelRepricingResponse:
        self._check(context)
        self.repricing.state = pb.REPRICING_STATE_CANCELLED
        return pb.CancelRepricingResponse(repricing=self.repricing)

    def PutBudget(self, request: pb.PutBudgetRequest, context: grpc.ServicerContext) -> pb.PutBudgetResponse:
        self._check(context)
        self.budget.CopyFrom(request.budget)
        return pb.PutBudgetResponse(budget=request.budget)

    def ListBudgets(self, request: pb.ListBudgetsRequest, context: grpc.ServicerContext) -> pb.ListBudgetsResponse:
        self._check(context)
        status = pb.BudgetStatus(budget=self.budget, spent_usd=30.5, unpriced_call_count=2)
        return pb.ListBudgetsResponse(budgets=[status])

    def DeleteBudget(self, request: pb.DeleteBudgetRequest, context: grpc.ServicerContext) -> pb.DeleteBudgetResponse:
        self._check(context)
        self.budget.Clear()
        return pb.DeleteBudgetResponse()

    def ListBudgetEvents(
        self, request: pb.ListBudgetEventsRequest, context: grpc.ServicerContext
    ) -> pb.ListBudgetEventsResponse:
        self._check(context)
        event = pb.BudgetEvent(id=ID, budget=self.budget, threshold_percent=50, spent_usd=30.5)
        return pb.ListBudgetEventsResponse(events=[event])

    def _check(self, context: grpc.ServicerContext) -> None:
        if ("authorization", f"Bearer {ADMIN_TOKEN}") not in context.invocation_metadata():
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong token")


@pytest.fixture
def service() -> FakeTokenization:
    return FakeTokenization()  # type: ignore[abstract]  # the command calls no method that it lacks


@pytest.fixture
def run(
    service: FakeTokenization, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Run]:
    """Runs the command where the environment names the services; gives exit code, output, error output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("a11i_cli.orders.LOOK_S", 0.01)
    with ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads)
        rpc.add_TokenizationServiceServicer_to_server(service, server)
        auth_rpc.add_AuthServiceServicer_to_server(FakeAuth(), server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        environment = {"TOKENIZATION": address, "AUTH": address, "ADMIN_TOKEN": ADMIN_TOKEN, "API_KEY": API_KEY}
        for name, value in environment.items():
            monkeypatch.setenv(f"A11I_{name}", value)

        def run(*arguments: str) -> tuple[int, str, str]:
            with pytest.raises(SystemExit) as end:
                main(arguments)
            output = capsys.readouterr()
            return int(end.value.code or 0), output.out, output.err

        try:
            yield run
        finally:
            server.stop(None).wait()


def test_texts_are_counted_from_files_arguments_and_the_standard_input(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("four")
    monkeypatch.setattr("sys.stdin", io.StringIO("from the input"))
    code, said, _ = run("tokens", "count", "--model", "gpt-4o", "a.txt", "-", "--text", "xyz")
    assert code == 0
    assert said.split("\n")[:3] == ["           4  a.txt", "          14  -", "           3"]
    assert "counted with o200k_base" in said
    code, said, _ = run("tokens", "count", "--encoding", "o200k_base", "--text", "abc", "--json")
    assert json.loads(said)["counts"] == ["3"]


def test_what_cannot_be_counted_is_said(run: Run) -> None:
    assert run("tokens", "count", "--model", "gtp-4o", "--text", "x")[::2] == (
        1,
        "a11i: no model 'gtp-4o'; did you mean gpt-4o?\n",
    )
    assert run("tokens", "count", "--model", "gpt-4o", "absent.txt")[0] == 2
    assert run("tokens", "count", "--text", "x")[0] == 2


def test_encodings_are_listed_without_control_characters(run: Run) -> None:
    code, said, _ = run("tokens", "encodings", "--wide")
    assert (code, "o200k_base" in said, "\x1b" in said) == (0, True, False)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.json", '{"lines": [{"model": "gpt-4o", "discount_percent": "10"}]}'),
        ("p.toml", '[[lines]]\nmodel = "gpt-4o"\ndiscount_percent = "10"\n'),
    ],
)
def test_prices_are_stored_from_a_file_and_come_back_as_one(
    run: Run, service: FakeTokenization, tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    assert run("prices", "put", name)[:2] == (0, "version 4 is in force: 1 lines\n")
    assert service.lines == [pb.PriceLine(model="gpt-4o", discount_percent="10")]
    assert json.loads(run("prices", "get")[1]) == {"lines": [{"model": "gpt-4o", "discount_percent": "10"}]}
    assert "ann" in run("prices", "versions")[1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "no JSON"),
        ("3", "no table"),
        ('[{"model": "x"}]', "no table"),
        ('{"lines": null}', "`lines` is to be a list"),
        ('{"lines": [{}, {"modell": "x"}]}', "line 2 of the table: there is no 'modell'"),
        ('{"lines": [{}], "currency": "EUR"}', "no 'currency'"),
        ('{"lines": [{}], "lines": [{}]}', "'lines' is there twice"),
        ('{"lines": [{}, {"model": "a", "model": "b"}]}', "line 2 of the table: 'model' is there twice"),
        ('{"lines": [{"valid_from": "2026-01-01T00:00:00Z", "validFrom": ""}]}', "'valid_from' is there twice"),
        ('{"lines": [{"rates": {"input": "1", "input": "2"}}]}', "line 1 of the table, rates: 'input' is there twice"),
        ('{"lines": [7]}', "line 1 of the table: a line is an object"),
        ('{"lines": [{"rates": {"input": 2.5}}]}', "rates[input]: 2.5 is no text: a number is written in quotes"),
        ('{"lines": [{"rates": null}]}', "rates are an object"),
        (
            '{"lines": [{"valid_from": "2026-13-01"}]}',
            "valid_from: '2026-13-01' is no time; write one such as 2026-03-01",
        ),
        ('{"lines": [{"note": "\\ud800"}]}', "note: half of a character"),
        ('{"lines": []}', "--empty says so"),
    ],
)
def test_a_file_that_is_no_table_is_not_sent(run: Run, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "p.json").write_text(content)
    code, _, said = run("prices", "put", "p.json")
    assert (code, words in said) == (2, True)


def test_a_table_is_emptied_only_when_that_is_said(run: Run, service: FakeTokenization, tmp_path: Path) -> None:
    service.lines = [pb.PriceLine(model="x")]
    (tmp_path / "none.json").write_text('{"lines": []}')
    (tmp_path / "one.json").write_text('{"lines": [{"model": "x"}]}')
    assert run("prices", "put", "none.json")[0] == 2
    assert run("prices", "put", "one.json", "--empty")[0] == 2
    assert len(service.lines) == 1
    assert run("prices", "put", "none.json", "--empty")[0] == 0
    assert service.lines == []


def test_times_of_toml_are_taken_as_they_are(run: Run, service: FakeTokenization, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(
        '[[lines]]\nmodel = "x"\nvalid_from = 2026-03-01\nvalid_until = 2026-04-01T02:00:00+02:00\n'
    )
    assert run("prices", "put", "p.toml")[0] == 0
    (line,) = service.lines
    assert (line.valid_from.ToJsonString(), line.valid_until.ToJsonString()) == (
        "2026-03-01T00:00:00Z",
        "2026-04-01T00:00:00Z",
    )


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (["input=99999999999999999999"], "100,000,000 tokens of a sort at most"),
        (["input=" + "9" * 5_000], "100,000,000 tokens of a sort at most"),
        (["input=10", "part=5"], "is not SORT=N"),
        (["input=10", "input=5"], "--tokens input=N is there twice"),
    ],
)
def test_tokens_that_no_call_has_are_refused(run: Run, tokens: list[str], words: str) -> None:
    options = [word for one in tokens for word in ("--tokens", one)]
    code, _, said = run("prices", "explain", "gpt-4o", *options)
    assert (code, words in said) == (2, True)


def test_the_tenant_of_a_public_price_is_none_unless_named(run: Run) -> None:
    for command in ("resolve", "explain"):
        _, said, _ = run("prices", command, "--help")
        assert "default: the default tables" in " ".join(said.split())
        assert "A11I_API_KEY)" not in said.partition("a stored call")[0]


def test_a_models_name_and_a_cost_are_explained(run: Run) -> None:
    code, said, _ = run("prices", "resolve", "gpt-4o-2024-08-06", "--tenant", TENANT)
    assert code == 0
    assert "o200k_base (counted)" in said
    assert "took off the date" in said
    assert "no price is known" in said
    code, said, _ = run("prices", "explain", "gpt-4o", "--tokens", "input=1_000", "--tokens", "output=0")
    assert code == 0
    assert "1,000" in said
    assert "$0.0025 in all; t 1" in said
    assert "odd: cached over input" in said
    assert run("prices", "explain", "gpt-4o", "--tokens", "words=3")[0] == 2


def test_a_cost_of_pieces_is_explained(run: Run, service: FakeTokenization) -> None:
    units = ("--units", "pictures/hd/1792x1024=2", "--units", "web_searches=3")
    code, _, _ = run("prices", "explain", "dall-e-3", *units)
    assert (code, dict(service.explained.call.usage.units)) == (0, {"pictures/hd/1792x1024": 2, "web_searches": 3})


@pytest.mark.parametrize(
    ("units", "words"),
    [
        (["web_searches"], "is not UNIT=N"),
        (["web_searches=some"], "is not UNIT=N"),
        (["web_searches=" + "9" * 5_000], "is not UNIT=N"),
        (["=3"], "is not UNIT=N"),
        (["pictures=1", "pictures=2"], "--units pictures=N is there twice"),
    ],
)
def test_pieces_that_no_call_has_are_refused(run: Run, units: list[str], words: str) -> None:
    code, _, said = run("prices", "explain", "gpt-4o", *(word for one in units for word in ("--units", one)))
    assert (code, words in said) == (2, True)


def test_a_repricing_is_waited_for(run: Run, service: FakeTokenization) -> None:
    code, said, _ = run("reprice", "start", "--since", "7d", "--unpriced", "--dry-run", "--request-id", "r")
    assert code == 0
    assert "done (dry run)" in said
    assert "7, of which 3 would change" in said
    assert "$1.00 before, $2.50 after" in said
    asked = service.repricing.request
    assert (asked.tenant_id, asked.request_id, asked.unpriced_only, asked.dry_run) == (TENANT, "r", True, True)
    assert asked.end_time.seconds - asked.start_time.seconds == 7 * 86_400
    assert not asked.HasField("price_version")


@pytest.mark.parametrize(("prices", "version"), [("3", 3), ("default", 0)])
def test_a_repricing_may_name_the_prices(run: Run, service: FakeTokenization, prices: str, version: int) -> None:
    assert run("reprice", "start", "--since", "7d", "--prices", prices)[0] == 0
    assert service.repricing.request.price_version == version
    assert service.repricing.request.HasField("price_version")
    assert run("reprice", "start", "--since", "7d", "--prices", "0")[0] == 2
    assert service.looks == 2


def test_repricings_are_listed_looked_at_and_cancelled(run: Run, service: FakeTokenization) -> None:
    code, said, _ = run("reprice", "start", "--since", "7d", "--detach", "--json")
    assert (code, json.loads(said)["id"], service.looks) == (0, ID, 0)
    assert ID in run("reprice", "list")[1]
    assert "running" in run("reprice", "status", ID)[1]
    assert "cancelled" in run("reprice", "cancel", ID)[1]
    assert run("reprice", "status", ID.replace("3", "4"))[2] == "a11i: there is no repricing of that id\n"
    assert run("reprice", "status", "x")[0] == 2


def test_budgets_are_stored_listed_and_deleted(run: Run, service: FakeTokenization) -> None:
    code, said, _ = run(
        "budgets", "put", "team", "100", "--each", "week", "--key", "k1", "--model", "gpt-*", "--threshold", "50"
    )
    assert (code, said) == (0, "team: $100 each week, told of at 50%\n")
    budget = service.budget
    assert (budget.tenant_id, budget.key_id, budget.model) == (TENANT, "k1", "gpt-*")
    assert budget.period == pb.BUDGET_PERIOD_WEEK
    said = run("budgets", "list", "--wide")[1]
    for words in ("team", "$30.50", "$100", "30", "week", "key=k1 model=gpt-*"):
        assert words in said
    assert "50%" in run("budgets", "events")[1]
    assert run("budgets", "delete", "team")[1] == "team is deleted\n"
    assert not service.budget.name


def test_a_wrong_token_and_no_tenant_are_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A11I_ADMIN_TOKEN", "wrong")
    code, _, said = run("budgets", "list")
    assert (code, "admin token was refused" in said) == (1, True)
    monkeypatch.setenv("A11I_API_KEY", "another")
    assert "--tenant ID names one" in run("budgets", "list")[2]
    monkeypatch.delenv("A11I_API_KEY")
    assert run("budgets", "list")[0] == 2
    monkeypatch.delenv("A11I_TOKENIZATION")
    assert "A11I_TOKENIZATION" in run("tokens", "encodings")[2]
