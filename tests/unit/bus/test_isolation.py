"""Taking a batch apart around the spans that a stage fails on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a11i_bus.isolation import MAX_CALLS, isolate
from a11i_chassis.errors import UnavailableError
from a11i_telemetry.batch import SpanBatch
from tests.unit.bus.stage_kit import batch

FAULT = RuntimeError("bad span")


@settings(max_examples=50, deadline=None)
@given(rows=st.integers(2, 60), bad=st.sets(st.integers(0, 59), min_size=1, max_size=3))
def test_every_span_is_in_one_part_and_only_bad_ones_fail(rows: int, bad: set[int]) -> None:
    names = {f"b/{row}" for row in bad if row < rows}

    def stage(spans: SpanBatch) -> SpanBatch:
        if names & set(_names(spans)):
            raise FAULT
        return spans

    found = isolate(stage, batch("b", rows), FAULT)
    failed = [name for part in found.failed for name in _names(part.spans)]
    passed = [name for part in found.good for name in _names(part.spans)]
    assert sorted(failed + passed) == sorted(f"b/{row}" for row in range(rows))
    assert set(failed) == names
    assert all(_names(part.spans)[0] == f"b/{part.first_row}" for part in [*found.failed, *found.good])


def test_a_stage_that_fails_on_everything_is_not_called_for_each_span() -> None:
    calls = 0

    def stage(_: SpanBatch) -> SpanBatch:
        nonlocal calls
        calls += 1
        raise FAULT

    found = isolate(stage, batch("b", 1000), FAULT)
    assert calls <= MAX_CALLS + 1
    assert found.good == []
    assert sum(part.spans.columns.num_rows for part in found.failed) == 1000


def test_what_is_only_away_is_no_verdict() -> None:
    def stage(_: SpanBatch) -> SpanBatch:
        raise UnavailableError("policy service away")

    with pytest.raises(UnavailableError):
        isolate(stage, batch("b", 4), FAULT)


def _names(spans: SpanBatch) -> list[str]:
    return [str(name) for name in spans.columns["name"].to_pylist()]
