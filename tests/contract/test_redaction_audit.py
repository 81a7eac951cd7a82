"""What the store tells of redaction, on the real engine: what was redacted where, never what it was."""

from typing import Any

import pytest

from a11i_storage.clickhouse import ClickHouseRedactionReader, RedactionFilter, Redactions, TimeRange
from a11i_telemetry.signals import Signal
from tests.contract.span_store import Store
from tests.contract.stored_signals import row, signal_batch
from tests.contract.stored_spans import NOON_NS, S, span

_DAY = TimeRange(NOON_NS - 12 * 3600 * S, NOON_NS + 12 * 3600 * S)
_POLICY = "standard/1"


async def _summarise(store: Store, *, limit: int = 50, times: TimeRange = _DAY, **which: Any) -> Redactions:
    reader = ClickHouseRedactionReader(store.clickhouse)
    return await reader.summarise(store.scope, RedactionFilter(times, **which), limit=limit)


def _receipt(where: dict[str, int], withheld: int = 0, policy: str = _POLICY, service: str = "shop") -> dict[str, Any]:
    entities: dict[str, int] = {}
    for place, found in where.items():
        entity = place.rpartition(":")[2]
        entities[entity] = entities.get(entity, 0) + found
    return {
        "redacted_entities": list(entities.items()),
        "redacted_where": list(where.items()),
        "withheld_values": withheld,
        "redaction_policy": policy,
        "redaction_bytes": 100,
        "service_name": service,
    }


async def _put(store: Store) -> None:
    await store.put(
        span("t", "1", **_receipt({"input_messages:EMAIL_ADDRESS": 2, "attr_string:EMAIL_ADDRESS": 1})),
        span("t", "2", **_receipt({"input_messages:EMAIL_ADDRESS": 3, "name:PERSON": 1}, withheld=4)),
        span("t", "3", **_receipt({"input_messages:EMAIL_ADDRESS": 1}, policy="strict/1", service="desk")),
        span("u", "4", **_receipt({})),
    )
    log = row("r", **_receipt({"body:PERSON": 5}))
    await store.writer.insert([signal_batch(Signal.LOGS, log, scope=store.scope)])


def _told(found: Redactions) -> list[tuple[str, str, str, int, int]]:
    return [(one.signal, one.entity, one.place, one.row_count, one.finding_count) for one in found.groups]


async def test_findings_are_added_up_by_signal_entity_place_service_and_policy(store: Store) -> None:
    await _put(store)
    found = await _summarise(store)
    assert _told(found) == [
        ("span", "EMAIL_ADDRESS", "input_messages", 2, 5),
        ("log", "PERSON", "body", 1, 5),
        ("span", "WITHHELD", "", 1, 4),
        ("span", "EMAIL_ADDRESS", "attr_string", 1, 1),
        ("span", "EMAIL_ADDRESS", "input_messages", 1, 1),
        ("span", "PERSON", "name", 1, 1),
    ]
    assert [(one.policy, one.service_name) for one in found.groups].count(("strict/1", "desk")) == 1
    totals = {
        one.signal: (
            one.row_count,
            one.redacted_row_count,
            one.finding_count,
            one.withheld_value_count,
            one.examined_bytes,
        )
        for one in found.totals
    }
    assert totals == {"span": (4, 3, 8, 4, 400), "log": (1, 1, 5, 0, 100)}


@pytest.mark.parametrize(
    ("which", "findings"),
    [
        ({"entity": "EMAIL_ADDRESS"}, 7),
        ({"place": "input_messages"}, 6),
        ({"entity": "WITHHELD"}, 4),
        ({"service_name": "desk"}, 1),
        ({"policy": "strict/1"}, 1),
        ({"signal": "log"}, 5),
        ({"entity": "PERSON", "place": "name", "service_name": "shop"}, 1),
        ({"entity": "IBAN_CODE"}, 0),
    ],
)
async def test_each_filter_narrows(store: Store, which: dict[str, Any], findings: int) -> None:
    await _put(store)
    assert sum(one.finding_count for one in (await _summarise(store, **which)).groups) == findings


async def test_a_row_that_is_stored_again_counts_once_and_one_of_another_time_or_project_never(store: Store) -> None:
    await _put(store)
    await _put(store)
    assert sum(one.finding_count for one in (await _summarise(store)).groups) == 17
    later = TimeRange(_DAY.end_ns, _DAY.end_ns + 1)
    assert await _summarise(store, times=later) == Redactions((), 0, ())


async def test_the_limit_leaves_out_the_fewest_and_says_how_many_there_are(store: Store) -> None:
    await _put(store)
    found = await _summarise(store, limit=2)
    assert [one.finding_count for one in found.groups] == [5, 5]
    assert found.group_count == 6


async def test_pages_tell_all_groups_once(store: Store) -> None:
    await _put(store)
    reader, which = ClickHouseRedactionReader(store.clickhouse), RedactionFilter(_DAY)
    pages = [await reader.summarise(store.scope, which, limit=4, behind=behind) for behind in (0, 4)]
    assert [len(page.groups) for page in pages] == [4, 2]
    assert (*pages[0].groups, *pages[1].groups) == (await _summarise(store)).groups
    assert {page.group_count for page in pages} == {6}


async def test_a_receipt_from_before_places_were_noted_counts_without_one(store: Store) -> None:
    await store.put(span("t", "1", redacted_entities=[("JWT", 2)], redaction_policy=_POLICY))
    assert _told(await _summarise(store)) == [("span", "JWT", "", 1, 2)]


async def test_traces_are_found_by_what_was_redacted_in_them(store: Store) -> None:
    await _put(store)
    page = await store.listed(redacted_entity="PERSON")
    assert page == [span("t")["trace_id"]]
    assert await store.listed(redacted_entity="JWT") == []
