"""Taking a batch apart around the rows that a stage fails on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_bus.isolation import MAX_CALLS, Part, isolate
from a11i_chassis.errors import UnavailableError
from a11i_chassis.waiting import Stopping
from a11i_telemetry.batch import SchemaVersionError

FAULT = RuntimeError("bad span")


@settings(max_examples=50, deadline=None)
@given(rows=st.integers(2, 60), bad=st.sets(st.integers(0, 59), min_size=1, max_size=3))
async def test_every_row_is_in_one_part_and_only_bad_ones_fail(rows: int, bad: set[int]) -> None:
    bad = {row for row in bad if row < rows}

    async def call(part: Part) -> list[int]:
        if bad & set(_rows(part)):
            raise FAULT
        return _rows(part)

    found = await isolate(call, rows, FAULT)
    failed = [row for part in found.failed for row in _rows(part)]
    passed = [row for part in found.good for row in part.made]
    assert sorted(failed + passed) == list(range(rows))
    assert set(failed) == bad
    assert all(_rows(part) == part.made for part in found.good)


async def test_a_stage_that_fails_on_everything_is_not_called_for_each_row() -> None:
    calls = 0

    async def call(_: Part) -> None:
        nonlocal calls
        calls += 1
        raise FAULT

    found = await isolate(call, 1000, FAULT)
    assert calls <= MAX_CALLS + 1
    assert found.good == []
    assert sum(part.count for part in found.failed) == 1000


@pytest.mark.parametrize("error", [UnavailableError("policy service away"), SchemaVersionError("major 2"), Stopping()])
async def test_what_is_only_away_or_unknown_is_no_verdict(error: Exception) -> None:
    async def call(_: Part) -> None:
        raise error

    with pytest.raises(type(error)):
        await isolate(call, 4, FAULT)


def _rows(part: Part) -> list[int]:
    return list(range(part.first, part.end))
