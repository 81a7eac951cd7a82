"""The things that go wrong, each under the name that the table shows."""

from __future__ import annotations

import asyncio
import random
import re
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from a11i_bus import topology
from tests.chaos.clients import Pace
from tests.chaos.frames import Frame, Way
from tests.chaos.mesh import ACK_WAIT_S, ChaosMesh
from tests.chaos.model import Record
from tests.chaos.proxy import Proxy, Rule
from tests.chaos.rules import AnswerTrap, CutInside, Delay, Double, Hold, Swallow, Trap, to_client

LIMIT_S: Final = 25.0
TRAP_S: Final = 10.0
"""Until something passes a named point: a service that is just starting again takes some seconds."""
POLL_S: Final = 0.05
_REFUSALS: Final = 5
"""After so many the bus counts as full."""

_INSERT: Final = re.compile(rb"INSERT(?:\+|%20)INTO(?:\+|%20)[^ ]*spans")
"""In the first line of a request to ClickHouse, where the statement stands among the URL's parameters."""
_OUTPUT: Final = {
    "ingest": topology.SPANS_RECEIVED,
    "tokenization": topology.SPANS_TOKENIZED,
    "redaction": topology.SPANS_REDACTED,
}
"""Service -> the topic that it publishes to."""
_INPUT: Final = {
    "tokenization": topology.SPANS_RECEIVED,
    "redaction": topology.SPANS_TOKENIZED,
    "writer": topology.SPANS_REDACTED,
    "delivery": topology.LEDGER,
}
"""Service -> the topic that it takes messages from. Its group has its name."""


@dataclass(frozen=True, slots=True)
class World:
    """What actions work on."""

    mesh: ChaosMesh
    record: Record
    pace: Pace
    rng: random.Random


@dataclass(frozen=True, slots=True)
class Action:
    """Something that goes wrong."""

    name: str
    run: Callable[[World], Awaitable[bool]]
    """Does it; returns whether it came to what it is for."""
    limit_s: float = LIMIT_S


async def kill_before_publish(service: str, world: World) -> bool:
    """Kill a service as its next message is on the way to the bus; the bus never sees it."""
    dialect, topic = world.mesh.dialect, _OUTPUT[service]
    trap = Trap(lambda frame: dialect.publishes(frame, topic), _kill(world, service))
    return await _trap(world.mesh.proxies.bus, trap)


async def kill_before_answer(service: str, world: World) -> bool:
    """Kill a service after the bus has stored its message, before it hears so: nothing is acknowledged."""
    dialect, topic = world.mesh.dialect, _OUTPUT[service]
    trap = AnswerTrap(lambda frame: dialect.publishes(frame, topic), _kill(world, service))
    return await _trap(world.mesh.proxies.bus, trap)


async def kill_before_acknowledge(service: str, world: World) -> bool:
    """Kill a service after its output is stored, as it acknowledges its input; the bus never sees that."""
    dialect, topic = world.mesh.dialect, _INPUT[service]
    trap = Trap(lambda frame: dialect.acknowledges(frame, topic, service), _kill(world, service))
    return await _trap(world.mesh.proxies.bus, trap)


async def kill_before_insert(world: World) -> bool:
    """Kill the writer as it sends rows."""
    return await _trap(world.mesh.proxies.clickhouse, Trap(_inserts, _kill(world, "writer")))


async def kill(process: str, world: World) -> bool:
    """Kill a process whatever it does."""
    return await _signal(world, process, signal.SIGKILL)


async def stop_and_start(process: str, world: World) -> bool:
    """Stop a process in order; its supervisor starts it again."""
    return await _signal(world, process, signal.SIGTERM)


async def freeze(process: str, world: World) -> bool:
    """Let a process stand still for some seconds, its connections open."""
    if not await _signal(world, process, signal.SIGSTOP):
        return False
    try:
        await asyncio.sleep(world.rng.uniform(1.0, ACK_WAIT_S + 2.0))
    finally:
        world.mesh.signal(process, signal.SIGCONT)
    return True


async def fill(stage: str, world: World) -> bool:
    """Let one stage stand still and send until ingest refuses: the bus is full."""
    refused = world.record.full
    if not await _signal(world, stage, signal.SIGSTOP):
        return False
    world.pace.flooding = True
    try:
        async with asyncio.timeout(LIMIT_S - 5):
            while world.record.full < refused + _REFUSALS:
                await asyncio.sleep(POLL_S)
    finally:
        world.pace.flooding = False
        world.mesh.signal(stage, signal.SIGCONT)
    return True


async def cut_answers(world: World, name: str) -> bool:
    """Cut connections in the middle of answers: what was done is done, and who asked does not know."""
    proxy: Proxy = getattr(world.mesh.proxies, name)
    rule = CutInside(to_client, world.rng.randint(2, 5), world.rng)
    await _rule_for(proxy, rule, world.rng.uniform(2.0, 4.0))
    return rule.count > 0


async def cut_publications(world: World) -> bool:
    """Cut connections in the middle of what services send to the bus."""
    rule = CutInside(lambda frame: frame.way is Way.TO_SERVER, world.rng.randint(2, 5), world.rng)
    await _rule_for(world.mesh.proxies.bus, rule, world.rng.uniform(2.0, 4.0))
    return rule.count > 0


async def lose_acknowledgements(world: World) -> bool:
    """Let every acknowledgement to the bus vanish for longer than it waits for one: all comes again."""
    dialect = world.mesh.dialect
    rule = Swallow(lambda frame: any(dialect.acknowledges(frame, topic, group) for group, topic in _INPUT.items()))
    await _rule_for(world.mesh.proxies.bus, rule, ACK_WAIT_S + 1.0)
    return rule.count > 0


async def double_publications(world: World) -> bool:
    """Let every message reach the bus twice."""
    dialect = world.mesh.dialect
    rule = Double(lambda frame: any(dialect.publishes(frame, topic) for topic in _OUTPUT.values()))
    await _rule_for(world.mesh.proxies.bus, rule, world.rng.uniform(2.0, 4.0))
    return rule.count > 0


async def delay(world: World, name: str) -> bool:
    """Hold each frame back a little, each as long as it likes."""
    proxy: Proxy = getattr(world.mesh.proxies, name)
    await _rule_for(proxy, Delay(world.rng.uniform(0.05, 0.3), world.rng), world.rng.uniform(2.0, 4.0))
    return True


async def part(world: World, name: str) -> bool:
    """Let nothing through for some seconds, with all connections open; then everything that waited."""
    proxy: Proxy = getattr(world.mesh.proxies, name)
    hold = Hold()
    try:
        await _rule_for(proxy, hold, world.rng.uniform(1.0, ACK_WAIT_S + 2.0))
    finally:
        hold.release()
    return True


async def _rule_for(proxy: Proxy, rule: Rule, seconds: float) -> None:
    with proxy.rule(rule):
        await asyncio.sleep(seconds)


async def _trap(proxy: Proxy, trap: Trap | AnswerTrap) -> bool:
    with proxy.rule(trap):
        try:
            async with asyncio.timeout(TRAP_S):
                await trap.sprung.wait()
        except TimeoutError:
            return False
    return True


async def _signal(world: World, process: str, number: signal.Signals) -> bool:
    """Send a signal to a process as soon as it lives: an earlier action may have ended it."""
    deadline = asyncio.get_running_loop().time() + TRAP_S
    while not world.mesh.signal(process, number):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(POLL_S)
    return True


def _kill(world: World, service: str) -> Callable[[], None]:
    def act() -> None:
        world.mesh.signal(service, signal.SIGKILL)

    return act


def _inserts(frame: Frame) -> bool:
    return frame.way is Way.TO_SERVER and _INSERT.search(frame.data) is not None


def _actions(bus: str) -> tuple[Action, ...]:
    return (
        *(Action(f"kill {name} before publish", partial(kill_before_publish, name)) for name in _OUTPUT),
        *(Action(f"kill {name} after publish", partial(kill_before_answer, name)) for name in _OUTPUT),
        *(Action(f"kill {name} before acknowledge", partial(kill_before_acknowledge, name)) for name in _INPUT),
        Action("kill writer before insert", kill_before_insert),
        *(Action(f"kill {name}", partial(kill, name)) for name in ("auth", "query", "delivery", "gateway")),
        *(Action(f"kill {name}", partial(kill, name)) for name in (bus, "postgres", "clickhouse")),
        *(Action(f"restart {name}", partial(stop_and_start, name)) for name in (bus, "postgres", "clickhouse")),
        *(Action(f"freeze {name}", partial(freeze, name)) for name in (bus, "clickhouse", "redaction")),
        *(Action(f"fill by {name}", partial(fill, name)) for name in ("tokenization", "writer")),
        *(
            Action(f"cut {name} answers", partial(cut_answers, name=name))
            for name in ("bus", "clickhouse", "otlp_grpc", "otlp_http")
        ),
        Action("cut publications", cut_publications),
        Action("lose acknowledgements", lose_acknowledgements),
        Action("double publications", double_publications),
        *(Action(f"delay {name}", partial(delay, name=name)) for name in ("bus", "clickhouse")),
        *(Action(f"part {name}", partial(part, name=name)) for name in ("bus", "clickhouse")),
    )


ACTIONS: dict[str, tuple[Action, ...]] = {bus: _actions(bus) for bus in ("nats", "kafka")}
"""All, by the bus that the mesh has."""
