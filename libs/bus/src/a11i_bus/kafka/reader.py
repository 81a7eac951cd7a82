"""Reads again what was read before: a message that is due once more, by its offset."""

from collections.abc import Sequence
from typing import Final

from aiokafka import TopicPartition

from a11i_bus.kafka.link import Clients, KafkaLink, away
from a11i_bus.kafka.records import Record

_READ_TIMEOUT_S: Final = 10.0
_POLL_MS: Final = 2000
_NEAR: Final = 200
"""Messages that are read and thrown away rather than sought past."""


async def read_again(link: KafkaLink, tp: TopicPartition, offsets: Sequence[int]) -> dict[int, Record]:
    """Return the records of these offsets; those that the partition no longer has are missing.

    Raises UnavailableError.
    """
    async with link.call(_READ_TIMEOUT_S) as clients, clients.reading:
        clients.reader.assign([tp])
        return await _read(clients, tp, sorted(offsets))


async def _read(clients: Clients, tp: TopicPartition, offsets: list[int]) -> dict[int, Record]:
    found: dict[int, Record] = {}
    at = -1
    first = (await clients.reader.beginning_offsets([tp]))[tp]
    wanted = [offset for offset in offsets if offset >= first]
    while wanted:
        if not 0 <= wanted[0] - at <= _NEAR:
            clients.reader.seek(tp, wanted[0])
        records = (await clients.reader.getmany(tp, timeout_ms=_POLL_MS, max_records=_NEAR)).get(tp, [])
        if not records:
            raise away("the bus does not give a message again")
        found |= {record.offset: record for record in records if record.offset in set(wanted)}
        at = records[-1].offset + 1
        wanted = [offset for offset in wanted if offset >= at]
    return found
