"""Kafka's side of messages: headers, remembered ids, and what a URL says."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from a11i_bus import Message
from a11i_bus.kafka.endpoint import parse
from a11i_bus.kafka.records import Moved, SeenIds, headers_of, message_of, moved_of


@dataclass
class Stored:
    """A record as Kafka would give it."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


MESSAGE = Message("id-1", "tenant ü", b"\x00payload", {"A11i-Reason": "x y"})


def stored(moved: Moved | None = None) -> Stored:
    return Stored(3, MESSAGE.key.encode(), MESSAGE.payload, headers_of(MESSAGE, moved))


def test_a_message_comes_out_of_its_record_as_it_went_in() -> None:
    assert message_of(stored()) == MESSAGE
    assert moved_of(stored()) is None


def test_a_moved_message_is_the_same_and_says_what_it_brings_along() -> None:
    record = stored(Moved(2, 1234.5))
    assert message_of(record) == MESSAGE
    assert moved_of(record) == Moved(2, 1234.5)


def test_ids_are_known_until_their_time_or_their_number_is_over() -> None:
    seen = SeenIds(window_s=60.0, limit=2)
    seen.add("a", 1)
    seen.add("b", 2)
    assert (seen.find("a"), seen.find("b"), seen.find("c")) == (1, 2, None)
    seen.add("a", 5)
    seen.add("c", 3)
    assert (seen.find("a"), seen.find("b"), seen.find("c")) == (5, None, 3)
    brief = SeenIds(window_s=0.0, limit=2)
    brief.add("a")
    assert brief.find("a") is None


def test_a_url_names_servers_log_in_and_namespace() -> None:
    credential = "p%40ss"
    endpoint = parse(f"kafka://us%3Aer:{credential}@one:9092,two:9093/mesh-1?sasl=SCRAM-SHA-512")
    assert endpoint.servers == ("one:9092", "two:9093")
    assert (endpoint.namespace, endpoint.user, endpoint.password) == ("mesh-1", "us:er", "p@ss")
    assert endpoint.client_options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert endpoint.client_options["security_protocol"] == "SASL_PLAINTEXT"
    assert "p@ss" not in repr(endpoint)


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        ("kafka://host:1", "PLAINTEXT"),
        ("kafka://u:p@host:1", "SASL_PLAINTEXT"),
        ("kafka://host:1?tls=true", "SSL"),
        ("kafka://u:p@host:1?tls=true", "SASL_SSL"),
    ],
)
def test_security_follows_from_the_url(url: str, protocol: str) -> None:
    options = parse(url).client_options
    assert options["security_protocol"] == protocol
    assert isinstance(options.get("ssl_context"), ssl.SSLContext) == ("SSL" in protocol.split("_")[-1:])
    assert parse(url).namespace == "a11i"


@pytest.mark.parametrize("query", ["tls=yes", "sasl=GSSAPI", "ssl=true", "tls"])
def test_a_url_that_says_something_else_is_refused_without_its_secret(query: str) -> None:
    secret = "hunter" + "2"
    with pytest.raises(ValueError, match=r"(?i)kafka|query") as caught:
        parse(f"kafka://user:{secret}@host:9092?{query}")
    assert secret not in str(caught.value)


def test_a_url_without_a_host_is_refused() -> None:
    with pytest.raises(ValueError, match="host"):
        parse("kafka://")
