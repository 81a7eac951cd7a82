"""The topics, and how they look to JetStream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from a11i_bus import BusSettings, Message, connect
from a11i_bus.memory import MemoryBroker
from a11i_bus.nats.streams import consumer_config, stream_config
from a11i_bus.nats.subjects import delivery_count, key_of, subject
from a11i_bus.topology import BUDGET_EVENTS, DUPLICATE_WINDOW_S, TOPICS
from a11i_chassis.errors import UnavailableError

SETTINGS = BusSettings(url=SecretStr("nats://127.0.0.1:4222"))


def test_topics_share_the_whole_capacity() -> None:
    assert sum(topic.capacity_share for topic in TOPICS) == pytest.approx(1.0)


def test_duplicates_are_recognised_for_ten_minutes_or_more() -> None:
    assert DUPLICATE_WINDOW_S >= 600


def test_streams_lose_nothing_with_age_or_when_full_and_consumers_never_give_up() -> None:
    for topic in TOPICS:
        stream = stream_config(topic, SETTINGS)
        assert (stream["retention"], stream["discard"]) == ("workqueue", "new")
        # Of budgets' events PostgreSQL keeps the record; all else lives on the bus alone.
        assert stream["max_age"] == (7 * 86_400 * 10**9 if topic.name == BUDGET_EVENTS else 0)
        assert consumer_config(topic.group, SETTINGS)["max_deliver"] == -1


@given(key=st.text(min_size=1).filter(lambda text: text.isascii() or text.encode("utf-8", "ignore").decode() == text))
def test_any_key_is_one_token_of_a_subject_and_comes_back(key: str) -> None:
    whole = subject("spans.received", key)
    assert key_of(whole) == key
    token = whole.removeprefix("a11i.spans.received.")
    assert token
    assert not set(token) & set(".*> \t\r\n\0")


def test_an_empty_key_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        subject("spans.received", "")


@pytest.mark.parametrize(
    "ack_subject",
    [
        "$JS.ACK.STREAM.CONSUMER.3.10.20.1700000000000000000.5",
        "$JS.ACK.DOMAIN.HASH.STREAM.CONSUMER.3.10.20.1700000000000000000.5",
        "$JS.ACK.DOMAIN.HASH.STREAM.CONSUMER.3.10.20.1700000000000000000.5.RANDOM",
    ],
)
def test_the_delivery_count_is_read_from_either_form(ack_subject: str) -> None:
    assert delivery_count(ack_subject) == 3


async def test_a_bus_url_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="not 'amqp'"):
        async with connect(BusSettings(url=SecretStr("amqp://127.0.0.1"))):
            pass


async def test_a_topic_that_nobody_reads_drops_what_is_old_instead_of_being_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = BusSettings(url=SecretStr("memory://"), capacity_bytes=2**20)
    bus, elapsed_s = MemoryBroker(settings).bus(), 0.0
    monkeypatch.setattr("time.monotonic", lambda: elapsed_s)

    async def fill(prefix: str) -> int:
        for number in range(2**20):
            try:
                await bus.publish(BUDGET_EVENTS, Message(f"{prefix}{number}", "tenant", b"x" * 500))
            except UnavailableError:
                return number
        raise AssertionError("the topic has no bound")

    taken = await fill("first")
    assert taken > 1
    elapsed_s = 6 * 86_400.0
    assert await fill("second") == 0
    elapsed_s = 8 * 86_400.0
    assert await fill("third") == taken
    assert await bus.pending(BUDGET_EVENTS, "alerting") == taken
