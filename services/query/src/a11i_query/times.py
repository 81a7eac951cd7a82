"""Times of the store, nanoseconds since the epoch, as messages."""

from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

NS_PER_S: Final = 10**9


def timestamp(ns: int) -> Timestamp:
    """Return a time as a message."""
    seconds, nanos = divmod(ns, NS_PER_S)
    return Timestamp(seconds=seconds, nanos=nanos)


def duration(ns: int) -> Duration:
    """Return a length of time as a message."""
    seconds, nanos = divmod(ns, NS_PER_S)
    return Duration(seconds=seconds, nanos=nanos)
