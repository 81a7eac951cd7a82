"""The things that go wrong, each under the name that the table shows."""

from __future__ import annotations

import asyncio
import random
import re
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import grpc

from a11i_bus import topology
from a11i_chassis.errors import TransientError
from tests.chaos.clients import Pace
from tests.chaos.frames import Frame, Way
from tests.chaos.giving_up import give_up, replay_all, waiting_letters
from tests.chaos.mesh import ACK_WAIT_S, ChaosMesh
from tests.chaos.model import Record, Spans
from tests.chaos.proxy import Proxy, Rule
from tests.chaos.rules import AnswerTrap, CutInside, Delay, Double, Hold, Matches, Swallow, Trap, to_client, to_server

LIMIT_S: Final = 40.0
TRAP_S: Final = 15.0
"""Until something passes a named point: a service that is just starting again takes some seconds."""
FILL_S: Final = 25.0
POLL_S: Final = 0.05
_LETTERS: Final = 3
_LETTER_SPANS: Final = 8
"""A letter shows its first ten items."""
_REFUSALS: Final = 5
"""After so many the bus counts as full."""

_STOP: Final = {"postgres": signal.SIGINT}
"""Process -> the signal that stops it in order: on SIGTERM PostgreSQL waits until all its clients have gone."""
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
    return await _signal(world, process, _STOP.get(process, signal.SIGTERM))


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
        async with asyncio.timeout(FILL_S):
            while world.record.full < refused + _REFUSALS:
                await asyncio.sleep(POLL_S)
    finally:
        world.pace.flooding = False
        world.mesh.signal(stage, signal.SIGCONT)
    return True


async def kill_over_a_letter(world: World) -> bool:
    """Give up batches, and kill delivery as it acknowledges the first, which it has kept."""
    dialect = world.mesh.dialect
    trap = Trap(lambda frame: dialect.acknowledges(frame, topology.DEADLETTERS, "delivery"), _kill(world, "delivery"))
    with world.mesh.proxies.bus.rule(trap):
        await _give_up(world)
        return await _is_set(trap.sprung)


async def kill_over_a_replay(world: World) -> bool:
    """Give up batches, have them replayed once delivery has them, and kill it while it does that."""
    await _give_up(world)
    async with asyncio.timeout(TRAP_S):
        while not await waiting_letters(world.mesh):
            await asyncio.sleep(POLL_S)
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(_replay(world.mesh))
        await asyncio.sleep(world.rng.uniform(0.0, 0.3))
        killed = await _signal(world, "delivery", signal.SIGKILL)
        await asking
    return killed


async def cut_answers(world: World, name: str) -> bool:
    """Cut connections in the middle of answers: what was done is done, and who asked does not know."""
    return await _cut(world, getattr(world.mesh.proxies, name), to_client)


async def cut_publications(world: World) -> bool:
    """Cut connections in the middle of what services send to the bus."""
    return await _cut(world, world.mesh.proxies.bus, to_server)


async def _cut(world: World, proxy: Proxy, matches: Matches) -> bool:
    """Cut a few times within seconds; longer, if nothing comes by that could be cut."""
    rule = CutInside(matches, world.rng.randint(2, 5), world.rng)
    with proxy.rule(rule):
        await asyncio.sleep(world.rng.uniform(2.0, 4.0))
        return await _is_set(rule.cut)


async def lose_acknowledgements(world: World) -> bool:
    """Let every acknowledgement to the bus vanish for longer than it waits for one: all comes again."""
    dialect = world.mesh.dialect
    rule = Swallow(lambda frame: any(dialect.acknowledges(frame, topic, group) for group, topic in _INPUT.items()))
    return await _until_met(world.mesh.proxies.bus, rule, ACK_WAIT_S + 1.0)


async def double_publications(world: World) -> bool:
    """Let every message reach the bus twice."""
    dialect = world.mesh.dialect
    rule = Double(lambda frame: any(dialect.publishes(frame, topic) for topic in _OUTPUT.values()))
    return await _until_met(world.mesh.proxies.bus, rule, world.rng.uniform(2.0, 4.0))


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


async def _give_up(world: World) -> None:
    spans = Spans(f"letters {world.rng.random()}")
    for _ in range(_LETTERS):
        batch = spans.batch(world.rng.randint(1, _LETTER_SPANS), words=30)
        world.record.note_sent(batch)
        while True:
            try:
                await give_up(world.mesh, batch)
            except TransientError:
                await asyncio.sleep(POLL_S)
            else:
                break
        world.record.note_acknowledged(batch)


async def _replay(mesh: ChaosMesh) -> None:
    with suppress(grpc.aio.AioRpcError):
        await replay_all(mesh)


async def _rule_for(proxy: Proxy, rule: Rule, seconds: float) -> None:
    with proxy.rule(rule):
        await asyncio.sleep(seconds)


async def _until_met(proxy: Proxy, rule: Swallow | Double, seconds: float) -> bool:
    """Hold to a rule for seconds; longer, if nothing comes by that it is about."""
    with proxy.rule(rule):
        await asyncio.sleep(seconds)
        return await _is_set(rule.met)


async def _trap(proxy: Proxy, trap: Trap | AnswerTrap) -> bool:
    with proxy.rule(trap):
        return await _is_set(trap.sprung)


async def _is_set(event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(TRAP_S):
            return await event.wait()
    except TimeoutError:
        return False


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
        Action("kill delivery over a letter", kill_over_a_letter),
        Action("kill delivery over a replay", kill_over_a_replay),
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
