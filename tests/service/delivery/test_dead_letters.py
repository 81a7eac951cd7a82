"""Dead letters on a real NATS and a real PostgreSQL: kept, shown redacted, replayed, discarded."""

import asyncio
import uuid
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from a11i.delivery.v1 import dead_letter_service_pb2 as pb
from a11i_bus import Bus, Message
from a11i_bus.topology import DEADLETTERS, SPANS_REDACTED, SPANS_TOKENIZED
from a11i_chassis.errors import UnavailableError
from a11i_telemetry.batch import SpanBatch
from tests.engines.nats import NatsServer
from tests.service.delivery.delivery_kit import (
    AS_ADMIN,
    Delivery,
    Engines,
    FakeRedaction,
    RedactionServer,
    batch,
    eventually,
    running_stage,
    serving_delivery,
)

POISON = "poison"


def broken(spans: SpanBatch) -> SpanBatch:
    """A stage that fails on spans of a certain name."""
    if POISON in spans.columns["name"].to_pylist():
        raise ValueError("a defect, in whose words the text may stand")
    return spans


def fixed(spans: SpanBatch) -> SpanBatch:
    """The stage after the fix."""
    return spans


def names_of(message: Message) -> list[str]:
    return [str(name) for name in SpanBatch.decode(message.payload).columns["name"].to_pylist()]


async def stored(bus: Bus, tenant: str, count: int) -> list[str]:
    """Return the names of a tenant's spans that came out of the stage, once there are that many."""
    names: list[str] = []
    async with bus.subscribe(SPANS_REDACTED, "writer", max_unsettled=100) as subscription:
        for wait_s in [20.0] * count + [0.3]:
            if len(names) >= count:
                wait_s = 0.3  # for what should not come
            for delivery in await subscription.fetch(10, wait_s):
                if delivery.message.key == tenant:
                    names += names_of(delivery.message)
                await delivery.ack()
    return names


async def replayed_to_redaction(delivery: Delivery, count: int) -> list[str]:
    """Return the names of the tenant's spans that came back to the stage's input, once there are that many."""
    names: list[str] = []

    async def look() -> bool:
        async with delivery.bus.subscribe(SPANS_TOKENIZED, "redaction", max_unsettled=100) as subscription:
            with suppress(UnavailableError):
                for found in await subscription.fetch(100, 0.5):
                    if found.message.key == delivery.tenant:
                        names.extend(names_of(found.message))
                    await found.ack()
        return len(names) >= count

    await eventually(look)
    return names


async def publish(delivery: Delivery, spans: SpanBatch) -> None:
    await delivery.bus.publish(SPANS_TOKENIZED, Message(spans.batch_id, spans.tenant_id, spans.encode()))


async def test_a_poison_span_is_kept_and_stored_once_after_the_fix(delivery: Delivery) -> None:
    spans = batch(delivery.tenant, ["good-0", "good-1", POISON, "good-3"])
    async with running_stage(delivery.bus, broken):
        await publish(delivery, spans)
        (letter,) = await delivery.waiting(1)
        assert sorted(await stored(delivery.bus, delivery.tenant, 3)) == ["good-0", "good-1", "good-3"]

    assert (letter.stage, letter.stage_version, letter.reason, letter.error_type) == (
        "redaction",
        1,
        "INTERNAL",
        "ValueError",
    )
    assert (letter.project_id, letter.batch_id, letter.item_count, letter.rows) == (
        spans.project_id,
        spans.batch_id,
        1,
        "/2-3",
    )
    assert letter.source_topic == SPANS_TOKENIZED
    assert letter.received_time.ToNanoseconds() == spans.received_time_ns // 1000 * 1000
    assert letter.first_time.ToNanoseconds() >= letter.received_time.ToNanoseconds()

    async with running_stage(delivery.bus, fixed):
        replayed = await delivery.replay(letter)
        assert (replayed.replayed_count, replayed.pending_count, replayed.refused_count) == (1, 0, 0)
        assert await stored(delivery.bus, delivery.tenant, 1) == [POISON]
        again = await delivery.replay(letter)
        assert (again.replayed_count, again.skipped_count, again.action_id) == (0, 1, "")
        assert await stored(delivery.bus, delivery.tenant, 0) == []

    shown = await delivery.get(letter)
    assert shown.dead_letter.state == pb.DEAD_LETTER_STATE_REPLAYED
    assert not shown.HasField("contents")
    (action,) = shown.actions
    assert (action.kind, action.actor, action.dead_letter_count) == (pb.DEAD_LETTER_ACTION_KIND_REPLAY, "somebody", 1)
    assert action.peer.startswith("ipv4:127.0.0.1")
    assert action.action_id == replayed.action_id


async def test_a_replay_that_fails_again_names_the_letter_that_it_was(delivery: Delivery) -> None:
    async with running_stage(delivery.bus, broken):
        await publish(delivery, batch(delivery.tenant, [POISON]))
        (first,) = await delivery.waiting(1)
        await delivery.replay(first)
        (second,) = await delivery.waiting(1)
        await delivery.replay(second)
        (third,) = await delivery.waiting(1)

    assert first.replay_of == ""
    assert second.replay_of == first.dead_letter_id
    assert third.replay_of == second.dead_letter_id
    assert {second.batch_id, third.batch_id} == {first.batch_id}
    assert len(third.message_id) < 200  # a tenth replay's id is no longer than the second's
    assert await delivery.letters(replay_of=first.dead_letter_id) == [
        one for one in await delivery.letters() if one.dead_letter_id == second.dead_letter_id
    ]


async def test_what_is_shown_is_redacted(delivery: Delivery, secret: str) -> None:
    await delivery.bury(batch(delivery.tenant, ["a", "b"], f"write to {secret} today"))
    (letter,) = await delivery.waiting(1)

    shown = await delivery.get(letter)

    assert secret.encode() not in shown.SerializeToString()
    fields = {field.name: field.value for field in shown.contents.items[1].fields}
    assert fields["name"] == "b"
    assert fields["status_message"] == "write to <SECRET_1> today"
    assert fields["attr_string"] == '{"note": "write to <SECRET_1> today"}'
    assert fields["trace_id"] == "74" * 16
    assert fields["start_time"] == "2023-11-14T22:13:20.123456789Z"
    assert "end_time" not in fields
    assert (shown.contents.policy, shown.contents.unreadable) == ("tests/1", "")


async def test_without_redaction_nothing_is_shown(
    delivery: Delivery, redaction_server: RedactionServer, secret: str
) -> None:
    await delivery.bury(batch(delivery.tenant, ["a"], secret))
    (letter,) = await delivery.waiting(1)
    await redaction_server.stop()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await delivery.get(letter)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert secret not in str(caught.value)
    request = pb.GetDeadLetterRequest(
        tenant_id=delivery.tenant, dead_letter_id=letter.dead_letter_id, view=pb.DEAD_LETTER_VIEW_BASIC
    )
    basic = await delivery.stub.GetDeadLetter(request, metadata=AS_ADMIN)
    assert (basic.dead_letter, basic.HasField("contents")) == (letter, False)

    await redaction_server.start()

    async def look() -> pb.GetDeadLetterResponse | None:
        try:
            return await delivery.get(letter)
        except grpc.aio.AioRpcError:
            return None

    assert (await eventually(look)).contents.items


async def test_a_value_on_which_redaction_fails_is_withheld_and_the_others_are_shown(
    delivery: Delivery, redaction: FakeRedaction, secret: str
) -> None:
    redaction.poison = "breaks it"
    await delivery.bury(batch(delivery.tenant, [f"breaks it {secret}"], secret))
    (letter,) = await delivery.waiting(1)

    (item,) = (await delivery.get(letter)).contents.items

    fields = {field.name: field for field in item.fields}
    assert (fields["name"].value, fields["name"].withheld) == ("", "redaction failed on it")
    assert fields["status_message"].value == "<SECRET_1>"


async def test_long_text_is_withheld_whole(delivery: Delivery, redaction: FakeRedaction, secret: str) -> None:
    await delivery.bury(batch(delivery.tenant, ["a"], f"{secret} " * 1_000))
    (letter,) = await delivery.waiting(1)

    (item,) = (await delivery.get(letter)).contents.items

    fields = {field.name: field for field in item.fields}
    assert (fields["status_message"].value, fields["status_message"].withheld) == ("", "too long to be shown")
    assert fields["name"].value == "a"
    assert redaction.calls == 1


async def test_what_cannot_be_read_is_kept_says_nothing_and_can_be_replayed(delivery: Delivery, secret: str) -> None:
    # Bytes that happen to parse as an envelope: their "batch id" is a user's text.
    garbage = b"\x0a" + bytes([len(secret)]) + secret.encode()
    await delivery.bury(garbage)
    (letter,) = await delivery.waiting(1)
    assert secret.encode() not in letter.SerializeToString()
    assert (letter.project_id, letter.batch_id, letter.item_count) == ("", "", 0)
    assert (await delivery.get(letter)).contents.unreadable.startswith("the batch is of a schema version")

    assert (await delivery.replay(letter)).replayed_count == 1
    async with delivery.bus.subscribe(SPANS_TOKENIZED, "redaction", max_unsettled=1) as subscription:
        (found,) = await subscription.fetch(1, 5.0)
        await found.ack()
    assert found.message.payload == garbage


async def test_discarding_deletes_what_a_letter_holds(delivery: Delivery, secret: str) -> None:
    for _ in range(3):
        await delivery.bury(batch(delivery.tenant, ["a"], secret))
    one, *_others = await delivery.waiting(3)

    first = await delivery.discard(one)
    rest = await delivery.discard(filter=pb.DeadLetterFilter(stage="redaction"))

    assert (first.discarded_count, first.skipped_count) == (1, 0)
    assert (rest.discarded_count, rest.more) == (2, False)
    assert await delivery.letters(state=pb.DEAD_LETTER_STATE_WAITING) == []
    shown = await delivery.get(one)
    assert shown.dead_letter.state == pb.DEAD_LETTER_STATE_DISCARDED
    assert not shown.HasField("contents")
    request = pb.ListDeadLetterActionsRequest(tenant_id=delivery.tenant)
    by_filter, by_id = (await delivery.stub.ListDeadLetterActions(request, metadata=AS_ADMIN)).actions
    assert (by_filter.dead_letter_count, by_filter.filter) == (2, pb.DeadLetterFilter(stage="redaction"))
    assert by_filter.HasField("filter")
    assert (by_id.dead_letter_count, by_id.HasField("filter")) == (1, False)


async def test_no_text_leaves_its_seal(
    delivery: Delivery, data: Path, secret: str, capfd: pytest.CaptureFixture[str]
) -> None:
    await delivery.bury(batch(delivery.tenant, [secret], secret))
    (letter,) = await delivery.waiting(1)
    await delivery.get(letter)
    await delivery.replay(letter)
    async with delivery.bus.subscribe(SPANS_TOKENIZED, "redaction", max_unsettled=1) as subscription:
        (found,) = await subscription.fetch(1, 5.0)
        assert secret.encode() in found.message.payload
        await found.ack()

    said = capfd.readouterr()
    assert letter.dead_letter_id in said.out + said.err
    assert secret not in said.out + said.err
    assert files_with(data, secret) == []


def files_with(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


async def test_another_tenant_sees_and_touches_nothing(delivery: Delivery) -> None:
    await delivery.bury(batch(delivery.tenant, ["a"]))
    (letter,) = await delivery.waiting(1)
    stranger = replace(delivery, tenant=str(uuid.uuid4()))

    assert await stranger.letters() == []
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stranger.get(letter)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    for answer in (await stranger.replay(letter), await stranger.discard(letter)):
        assert (answer.action_id, answer.skipped_count) == ("", 1)
    assert (await stranger.replay(filter=pb.DeadLetterFilter())).action_id == ""
    request = pb.ListDeadLetterActionsRequest(tenant_id=stranger.tenant, dead_letter_id=letter.dead_letter_id)
    assert not (await stranger.stub.ListDeadLetterActions(request, metadata=AS_ADMIN)).actions
    assert await delivery.waiting(1) == [letter]


async def test_raw_text_never_goes_past_redaction(delivery: Delivery) -> None:
    await delivery.bury(batch(delivery.tenant, ["raw"]))
    await delivery.bury(batch(delivery.tenant, ["redacted"]), stage="writer.1")
    raw, redacted = sorted(await delivery.waiting(2), key=lambda one: one.stage)

    past = await delivery.replay(raw, redacted, point=pb.REPLAY_POINT_WRITER)

    assert (past.replayed_count, past.skipped_count) == (1, 1)
    assert await stored(delivery.bus, delivery.tenant, 1) == ["redacted"]
    assert await delivery.waiting(1) == [raw]


async def test_a_letter_waits_out_a_restart_of_the_bus(delivery: Delivery, nats_server: NatsServer) -> None:
    await delivery.bury(batch(delivery.tenant, ["before"]))
    (before,) = await delivery.waiting(1)
    nats_server.kill()
    replayed = await delivery.replay(before)
    assert (replayed.replayed_count, replayed.pending_count) == (0, 1)
    assert [one.state for one in await delivery.letters()] == [pb.DEAD_LETTER_STATE_REPLAYING]
    nats_server.start()

    assert await replayed_to_redaction(delivery, 1) == ["before"]
    await eventually(lambda: delivery.letters(state=pb.DEAD_LETTER_STATE_REPLAYED))
    await delivery.bury(batch(delivery.tenant, ["after"]))
    (after,) = await delivery.waiting(1)
    assert after.dead_letter_id != before.dead_letter_id


async def test_two_services_share_the_work_and_keep_each_letter_once(
    delivery: Delivery, engines: Engines, redaction_server: RedactionServer
) -> None:
    async with serving_delivery(engines, redaction_server.address, delivery.tenant) as other:
        await asyncio.gather(*(delivery.bury(batch(delivery.tenant, [f"n{number}"])) for number in range(20)))
        await delivery.waiting(20)
        answers = await asyncio.gather(
            delivery.replay(filter=pb.DeadLetterFilter()), other.replay(filter=pb.DeadLetterFilter())
        )
        assert sum(answer.replayed_count for answer in answers) == 20
        assert sorted(await replayed_to_redaction(delivery, 20)) == sorted(f"n{number}" for number in range(20))


async def test_what_is_no_dead_letter_stays_on_the_bus_and_stops_nothing(delivery: Delivery) -> None:
    await delivery.bus.publish(DEADLETTERS, Message(f"stray-{delivery.tenant}", delivery.tenant, b"stray"))
    await delivery.bury(batch(delivery.tenant, ["a"]))
    await delivery.waiting(1)
