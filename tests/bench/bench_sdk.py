"""Measures what a11i.sdk adds to a program, on one thread: python -m tests.bench.bench_sdk

The same function is called bare and observed, with the export going on in the background to a collector in another
process; the difference is what a span costs the program. CPU time of the thread is measured, not of the background.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from concurrent import futures
from multiprocessing.connection import Connection

import grpc

from a11i.sdk import Client, init, llm, observe
from tests.bench.usage import percentile, table

WARM_UP_CALLS = 500
BATCH_CALLS = 100
"""Calls timed together: a clock's own cost disappears in them."""
QUICK_BATCHES = 10
PAUSE_S = 0.05
"""Between batches, so that the background keeps up and no span is dropped."""
MESSAGES = [{"role": "user", "content": "word " * 400}]
"""2 kB, the size of a usual prompt."""


def look_up(number: str, quantity: int) -> dict[str, object]:
    """Stand in for a tool of the program."""
    return {"number": number, "quantity": quantity, "status": "in transit"}


observed = observe(kind="tool")(look_up)
uncaptured = observe(kind="tool", capture=False)(look_up)


def model_call() -> None:
    """Record a model call by hand."""
    with llm("gpt-4o", provider="openai", messages=MESSAGES) as call:
        call.record("An answer of a few words.", input_tokens=420, output_tokens=7, finish_reason="stop")


def _collect(pipe: Connection) -> None:
    """Take OTLP requests and throw them away, until the parent closes the pipe."""
    handler = grpc.method_handlers_generic_handler(
        "opentelemetry.proto.collector.trace.v1.TraceService",
        {"Export": grpc.unary_unary_rpc_method_handler(lambda request, context: b"")},
    )
    server = grpc.server(futures.ThreadPoolExecutor(1), options=(("grpc.max_receive_message_length", -1),))
    server.add_generic_rpc_handlers((handler,))
    pipe.send(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    pipe.poll(None)
    server.stop(None)


def measure(call: Callable[[], object], batches: int) -> list[float]:
    """Return the thread's CPU microseconds a call, one number a batch."""
    for _ in range(WARM_UP_CALLS):
        call()
    result = []
    for _ in range(batches):
        begun_ns = time.thread_time_ns()
        for _ in range(BATCH_CALLS):
            call()
        result.append((time.thread_time_ns() - begun_ns) / 1000 / BATCH_CALLS)
        time.sleep(PAUSE_S)
    return result


def run(client: Client, batches: int) -> None:
    """Measure and print."""

    async def look_up_async(number: str, quantity: int) -> dict[str, object]:
        return look_up(number, quantity)

    observed_async = observe(kind="tool")(look_up_async)

    def drive(function: Callable[..., object]) -> Callable[[], object]:
        return lambda: function("A-1042", 3)

    def drive_async() -> object:
        coroutine = observed_async("A-1042", 3)
        try:
            coroutine.send(None)
        except StopIteration as stop:
            return stop.value
        raise AssertionError("the coroutine waited")

    bare = percentile(measure(drive(look_up), batches), 0.5)
    rows = []
    for name, call in (
        ("observe, arguments and result captured", drive(observed)),
        ("observe, async", drive_async),
        ("observe, capture=False", drive(uncaptured)),
        ("llm with 2 kB of messages", model_call),
    ):
        costs = [value - bare for value in measure(call, batches)]
        rows.append((name, f"{percentile(costs, 0.5):.1f}", f"{percentile(costs, 0.99):.1f}"))
    print(table("a11i.sdk: CPU added to the calling thread, us a span", ("", "median", "p99 of batches"), rows))
    print(f"A bare call costs {bare:.2f} us. All acknowledged: {client.flush()}; lost: {client.lost_spans}.")


def main() -> None:
    """Start a collector, measure, and stop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=60, help="batches of 100 calls for each row")
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    arguments = parser.parse_args()
    batches = QUICK_BATCHES if arguments.quick else arguments.batches
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    collector = context.Process(target=_collect, args=(theirs,), daemon=True)
    collector.start()
    try:
        with init(api_key="bench", endpoint=f"127.0.0.1:{ours.recv()}", service_name="bench-sdk") as client:
            run(client, batches)
    finally:
        ours.send(None)
        collector.join(5)


if __name__ == "__main__":
    main()
