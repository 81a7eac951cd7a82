"""Names on the NATS side: streams, subjects and headers."""

from typing import Final
from urllib.parse import quote, unquote

MESSAGE_ID_HEADER: Final = "Nats-Msg-Id"
"""JetStream recognises duplicates by it."""
ACK_PREFIX: Final = "$JS.ACK"


def stream_name(topic: str) -> str:
    """Return the stream of a topic; stream names hold no dots."""
    return f"A11I_{topic.replace('.', '_').upper()}"


def subject_pattern(topic: str) -> str:
    """Return the pattern of a topic's subjects."""
    return f"a11i.{topic}.*"


def subject(topic: str, key: str) -> str:
    """Return the subject of a topic's messages with that key.

    The key is one token of it, so that an operator can look at, count or purge one tenant's messages. Raises
    ValueError for an empty key.
    """
    if not key:
        raise ValueError("a message needs a key")
    return f"a11i.{topic}.{quote(key, safe='').replace('.', '%2E')}"


def key_of(subject_: str) -> str:
    """Return the key that `subject` made this subject of."""
    return unquote(subject_.rpartition(".")[2])


def delivery_count(ack_subject: str) -> int:
    """Return how often a message has been delivered, from the subject that its acknowledgement goes to.

    `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`, or the longer form with
    domain and account hash before the stream (NATS ADR-15).
    """
    tokens = ack_subject.split(".")
    return int(tokens[4] if len(tokens) == 9 else tokens[6])
