"""a11i.sdk against a real OTLP/gRPC server: what arrives, and what happens when it does not."""

import logging
import time
from collections.abc import Iterator

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from a11i.sdk import Client, init, observe
from a11i.sdk._exporting import REQUEST_TEXT_CHARS
from tests.service.examples.otlp_collector import KEY, Collector, attributes, collecting

NOWHERE = "127.0.0.1:1"
TIMEOUT_S = 5.0


def start(endpoint: str, key: str = KEY, timeout_s: float = TIMEOUT_S) -> Client:
    provider = TracerProvider(shutdown_on_exit=False)
    return init(api_key=key, endpoint=endpoint, tracer_provider=provider, timeout_s=timeout_s)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@observe(kind="tool", name="work")
def work(text: str) -> int:
    return len(text)


def test_flush_returns_when_everything_was_acknowledged(collector: Collector) -> None:
    with start(collector.address) as client:
        for number in range(600):
            work(f"number {number}")
        assert client.flush()
        assert len(collector.spans) == 600
    assert client.lost_spans == 0


def test_shutdown_sends_what_is_left_and_later_spans_go_nowhere(collector: Collector) -> None:
    client = start(collector.address)
    work("before")
    client.shutdown()
    client.shutdown()
    work("after")
    assert [attributes(span)["gen_ai.tool.call.arguments"] for span in collector.spans] == ['{"text": "before"}']


def test_a_refused_key_is_logged_once_without_the_key_and_breaks_nothing(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "a11i_" + "wrong_key"
    with caplog.at_level(logging.DEBUG), start(collector.address, key=wrong) as client:
        for _ in range(3):
            assert work("text") == 4
            assert not client.flush()
    assert client.lost_spans == 3
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
    assert "UNAUTHENTICATED" in caplog.text
    assert wrong not in caplog.text


def test_every_client_says_why_although_the_official_exporter_says_the_same_only_once(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        with start(collector.address, key="a11i_" + "wrong_key") as client:
            work("text")
            assert not client.flush()
    assert caplog.text.count("UNAUTHENTICATED") == 2


def test_a_server_that_is_away_costs_no_more_than_the_time_that_shutdown_is_given(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = start(NOWHERE, timeout_s=60)
    work("text")
    begun_s = time.monotonic()
    client.shutdown(timeout_s=0.5)
    assert time.monotonic() - begun_s < 3
    assert client.lost_spans == 1
    assert [record.name for record in caplog.records if record.levelno >= logging.WARNING] == ["a11i.sdk"]


def test_spans_arrive_after_the_server_was_overloaded_for_a_moment(collector: Collector) -> None:
    collector.refuse_with, collector.recover_after = grpc.StatusCode.UNAVAILABLE, 1
    with start(collector.address) as client:
        work("text")
        assert client.flush()
    assert len(collector.spans) == 1
    assert collector.requests == 2


def test_large_spans_travel_in_several_requests(collector: Collector) -> None:
    with start(collector.address) as client:
        tracer = client.tracer_provider.get_tracer("large")
        for _ in range(6):
            tracer.start_span("large", attributes={"text": "x" * (REQUEST_TEXT_CHARS // 3)}).end()
        assert client.flush()
    assert len(collector.spans) == 6
    assert collector.requests == 2


def test_a_span_that_cannot_be_encoded_does_not_take_its_batch_with_it(collector: Collector) -> None:
    with start(collector.address) as client:
        tracer = client.tracer_provider.get_tracer("odd")
        for number in range(9):
            tracer.start_span("\ud800" if number == 4 else "fine").end()
        assert not client.flush()
    assert len(collector.spans) == 8
    assert client.lost_spans == 1


def test_a_second_init_returns_the_first_client_and_says_if_it_differs(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    with start(collector.address) as client:
        assert init(api_key=KEY, endpoint=collector.address) is client
        assert caplog.records == []
        assert init(api_key=KEY, endpoint=NOWHERE) is client
        assert "first call's stay" in caplog.text
    with start(collector.address) as another:
        assert another is not client


def test_another_exporters_trouble_is_still_logged_by_itself(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    official = logging.getLogger("opentelemetry.exporter.otlp.proto.grpc.exporter")
    with start(collector.address):
        official.warning("another backend is away")
    assert "another backend is away" in caplog.text


def test_the_spans_of_the_programs_own_tracer_are_sent_too(collector: Collector) -> None:
    with start(collector.address) as client:
        with client.tracer_provider.get_tracer("own").start_as_current_span("request"):
            work("text")
        assert client.flush()
    inner, outer = collector.spans
    assert (inner.name, outer.name) == ("execute_tool work", "request")
    assert inner.parent_span_id == outer.span_id
    assert not trace.get_current_span().get_span_context().is_valid


def test_this_machine_is_reached_although_the_environment_names_a_proxy(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://{NOWHERE}")
    monkeypatch.setenv("https_proxy", f"http://{NOWHERE}")
    with start(collector.address) as client:
        work("text")
        assert client.flush()
