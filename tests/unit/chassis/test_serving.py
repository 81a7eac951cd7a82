"""A service's life: ready, failing, stopping in order."""

import asyncio
from collections.abc import Awaitable, Callable

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from a11i_chassis.app import AddressInUseError, App, serving
from a11i_chassis.errors import NotFoundError, OverloadedError
from a11i_chassis.grpc_client import open_channel
from a11i_chassis.grpc_types import Context
from a11i_chassis.settings import ClientSettings, GrpcServerSettings, MetricsSettings, ServiceSettings
from tests.grpc_errors import rich_status, trailers

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def _unary(name: str, behaviour: Callable[[bytes, Context], Awaitable[bytes]]) -> Callable[[grpc.aio.Server], None]:
    handler = grpc.method_handlers_generic_handler("test.Test", {name: grpc.unary_unary_rpc_method_handler(behaviour)})
    return lambda server: server.add_generic_rpc_handlers((handler,))


async def _health(address: str) -> int:
    async with grpc.aio.insecure_channel(address) as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
        return int(answer.status)


async def _health_becomes(address: str, status: int) -> None:
    async with asyncio.timeout(10):
        while await _health(address) != status:
            await asyncio.sleep(0.05)


async def test_health_follows_readiness() -> None:
    state = {"ready": False}

    async def ready() -> bool:
        return state["ready"]

    async with serving("test", ServiceSettings(), App(ready=ready)) as running:
        assert await _health(running.address) == NOT_SERVING
        state["ready"] = True
        await _health_becomes(running.address, SERVING)
        state["ready"] = False
        await _health_becomes(running.address, NOT_SERVING)


async def test_a_loop_that_fails_is_noticed() -> None:
    async def fails(_stop: asyncio.Event) -> None:
        message = "a text that must not be logged"
        raise RuntimeError(message)

    async with serving("test", ServiceSettings(), App(background=[fails])) as running:
        async with asyncio.timeout(5):
            await running.failed.wait()


async def test_stopping_drains_loops_and_lets_running_calls_finish() -> None:
    events: list[str] = []
    entered = asyncio.Event()

    async def slow(_request: bytes, _context: Context) -> bytes:
        entered.set()
        await asyncio.sleep(0.3)
        events.append("call finished")
        return b"done"

    async def loop(stop: asyncio.Event) -> None:
        await stop.wait()
        events.append("loop told")
        await asyncio.sleep(0.1)
        events.append("loop drained")

    app = App(register=[_unary("Slow", slow)], background=[loop])
    async with asyncio.TaskGroup() as tasks:
        async with serving("test", ServiceSettings(), app) as running:
            answer = tasks.create_task(_call(running.address, "/test.Test/Slow"))
            await entered.wait()
        # The server's context is left while the call runs, as a SIGTERM leaves it.
        assert await answer == b"done"

    assert events[0] == "loop told"
    assert sorted(events) == ["call finished", "loop drained", "loop told"]


async def _call(address: str, method: str) -> bytes:
    async with grpc.aio.insecure_channel(address) as channel:
        answer: bytes = await channel.unary_unary(method, bytes, bytes)(b"", timeout=5)
        return answer


async def test_a_loop_that_does_not_drain_is_cut_off_at_the_budget() -> None:
    async def stubborn(_stop: asyncio.Event) -> None:
        await asyncio.Event().wait()

    start = asyncio.get_running_loop().time()
    async with serving("test", ServiceSettings(shutdown_budget_s=0.2), App(background=[stubborn])):
        pass

    assert asyncio.get_running_loop().time() - start < 5


async def test_a_port_that_is_taken_is_said_so() -> None:
    async with serving("first", ServiceSettings(), App()) as first:
        settings = ServiceSettings(grpc=GrpcServerSettings(listen=first.address))
        with pytest.raises(AddressInUseError):
            async with serving("second", settings, App()):
                pytest.fail("two servers share a port")


async def test_errors_of_the_tree_arrive_with_details_and_both_retry_trailers() -> None:
    async def busy(_request: bytes, _context: Context) -> bytes:
        raise OverloadedError("come back", retry_delay_s=2.0)

    error = await _failing_call(busy)

    retry = error_details_pb2.RetryInfo.FromString(trailers(error)["google.rpc.retryinfo-bin"])
    assert (error.code(), error.details()) == (grpc.StatusCode.UNAVAILABLE, "come back")
    assert retry.retry_delay.seconds == 2
    assert rich_status(error).code == grpc.StatusCode.UNAVAILABLE.value[0]


async def test_a_permanent_error_has_no_retry_trailer() -> None:
    async def missing(_request: bytes, _context: Context) -> bytes:
        raise NotFoundError("nothing there")

    error = await _failing_call(missing)

    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert "google.rpc.retryinfo-bin" not in trailers(error)


async def test_an_unknown_exception_keeps_its_text_out_of_the_answer_and_the_log(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def broken(_request: bytes, _context: Context) -> bytes:
        message = "could not parse 'jane@example.com'"
        raise ValueError(message)

    error = await _failing_call(broken)

    captured = capfd.readouterr()
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "jane" not in (error.details() or "")
    assert "jane" not in captured.err + captured.out


async def _failing_call(behaviour: Callable[[bytes, Context], Awaitable[bytes]]) -> grpc.aio.AioRpcError:
    async with (
        serving("test", ServiceSettings(), App(register=[_unary("Fail", behaviour)])) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary("/test.Test/Fail", bytes, bytes)(b"", timeout=5)
        return caught.value


async def test_a_request_over_the_default_is_refused_and_a_large_answer_is_not() -> None:
    async def large(request: bytes, _context: Context) -> bytes:
        return bytes(20 * 1024 * 1024)

    app = App(register=[_unary("Large", large)])
    async with (
        serving("test", ServiceSettings(), app) as running,
        open_channel(ClientSettings(address=running.address)) as channel,
    ):
        call = channel.unary_unary("/test.Test/Large", bytes, bytes)
        assert len(await call(b"", timeout=10)) == 20 * 1024 * 1024
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(bytes(5 * 1024 * 1024), timeout=10)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_more_calls_than_the_settings_allow_are_refused() -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def waits(_request: bytes, _context: Context) -> bytes:
        entered.set()
        await release.wait()
        return b"done"

    settings = ServiceSettings(grpc=GrpcServerSettings(max_concurrent_rpcs=1))
    app = App(register=[_unary("Wait", waits)])
    async with serving("test", settings, app) as running, asyncio.TaskGroup() as tasks:
        first = tasks.create_task(_call(running.address, "/test.Test/Wait"))
        await entered.wait()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await _call(running.address, "/test.Test/Wait")
        release.set()
        assert await first == b"done"
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_metrics_are_served_where_the_settings_say(unused_tcp_port: int) -> None:
    settings = ServiceSettings(metrics=MetricsSettings(listen=f"127.0.0.1:{unused_tcp_port}"))
    async with serving("test", settings, App()):
        reader, writer = await asyncio.open_connection("127.0.0.1", unused_tcp_port)
        writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
        body = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert b"a11i_rpc_duration_seconds" in body
