"""Statements, settings and rows of the ClickHouse store, without a server."""

import re
from importlib import resources

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from a11i_storage.clickhouse import ClickHouseSettings, statements
from a11i_storage.clickhouse.rows import to_rows
from a11i_storage.clickhouse.settings import Endpoint
from a11i_storage.clickhouse.statements import UnscopedStatementError, statement
from a11i_storage.clickhouse.tables import TABLES
from a11i_storage.migrations import load_migrations
from a11i_telemetry.signals import Signal
from tests.contract.stored_spans import NOON_NS, S, batch, span

DAY_NS = 24 * 3600 * S

_DAYS = pa.schema([pa.field("partition_date", pa.int32())])

SQL_FILES = sorted(
    entry.name.removesuffix(".sql") for entry in (resources.files("a11i_storage.clickhouse") / "sql").iterdir()
)


@pytest.mark.parametrize("name", SQL_FILES)
def test_every_read_of_a_table_is_held_to_a_scope(name: str) -> None:
    clauses = {"columns": "trace_id", "filters": "true", "condition": "true", "found": "true"}
    sql = statement(name, clauses)
    # With a point behind it, it is a column of a table that is read anyway.
    reads = len(re.findall(r"\b(spans|logs|metric_points|ingest_issues)\b(?!\.)", sql))
    assert reads == sql.count("tenant_id = {scope_tenant_id:String}") > 0
    assert reads == sql.count("project_id = {scope_project_id:String}")
    assert "$" not in sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM spans",
        "SELECT * FROM logs",
        "SELECT * FROM metric_points",
        "SELECT * FROM ingest_issues",
        "SELECT * FROM spans WHERE name = 'x' AND $scope",
        "SELECT * FROM spans WHERE $scope AND trace_id IN (SELECT trace_id FROM spans)",
        "SELECT * FROM spans -- WHERE $scope",
        "SELECT * FROM spans WHERE $scope AND trace_id IN (SELECT trace_id FROM logs)",
        "SELECT * FROM spans AS a JOIN spans AS b ON a.trace_id = b.trace_id WHERE $scope",
        "SELECT * FROM\n  spans WHERE $scope OR true",
    ],
)
def test_a_read_that_is_not_is_a_defect(sql: str) -> None:
    with pytest.raises(UnscopedStatementError):
        statements.checked(sql)


def test_migrations_are_numbered_without_gap_and_every_statement_can_run_again() -> None:
    migrations = load_migrations("a11i_storage.clickhouse")
    assert [migration.name[:4] for migration in migrations] == [f"{n:04}" for n in range(1, len(migrations) + 1)]
    for migration in migrations:
        assert migration.statements
        for one in migration.statements:
            code = re.sub(r"--.*", "", one)
            assert any(word in code for word in ("IF NOT EXISTS", "IF EXISTS", "MATERIALIZE INDEX")), one


def test_a_url_is_taken_apart() -> None:
    assert Endpoint.of("http://u%40x:p%2Fw@db:9123/a11i_1") == Endpoint(False, "db", 9123, "u@x", "p/w", "a11i_1")
    assert Endpoint.of("https://db/a11i") == Endpoint(True, "db", 8443, "default", "", "a11i")
    assert Endpoint.of("http://db/a11i").port == 8123


@pytest.mark.parametrize("url", ["", "tcp://u:secret@db/a11i", "http://u:secret@db", "http://u:secret@db/a`b", "x"])
def test_a_wrong_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ClickHouseSettings.model_validate({"url": url})
    assert "secret" not in refused.value.errors()[0]["msg"]


@given(st.integers(-(2**62), 2**62))
@settings(deadline=None)  # the first call loads libraries, however slow the machine is
def test_the_partition_is_the_starts_date_if_that_is_near_the_receipt(distance_ns: int) -> None:
    [date] = partition_dates(NOON_NS + distance_ns)
    near = -7 * DAY_NS <= distance_ns <= DAY_NS
    assert date == ((NOON_NS + distance_ns) if near else NOON_NS) // DAY_NS


def test_the_bounds_of_near_are_near() -> None:
    starts = [NOON_NS - 7 * DAY_NS, NOON_NS - 7 * DAY_NS - 1, NOON_NS + DAY_NS, NOON_NS + DAY_NS + 1]
    noon = NOON_NS // DAY_NS
    assert partition_dates(*starts) == [noon - 7, noon, noon + 1, noon]


def partition_dates(*starts_ns: int) -> list[int]:
    """Days since the epoch of the rows' partitions, for spans received at noon."""
    spans = [{**span(span=number), "start_time": start} for number, start in enumerate(starts_ns)]
    rows = to_rows(TABLES[Signal.SPANS], [batch(*spans, received_ns=NOON_NS)], NOON_NS)
    return [row["partition_date"] for row in rows.select(["partition_date"]).cast(_DAYS).to_pylist()]


def test_rows_carry_their_envelope() -> None:
    batches = [batch(span(), batch_id="a"), batch(span(), span(span="2"), batch_id="b", received_ns=NOON_NS)]
    rows = to_rows(TABLES[Signal.SPANS], batches, NOON_NS + 90 * S)
    assert rows.schema == TABLES[Signal.SPANS].schema
    assert rows["batch_id"].to_pylist() == ["a", "b", "b"]
    assert rows["tenant_id"].to_pylist() == ["tenant"] * 3
    assert rows["received_time"].cast(pa.int64()).to_pylist() == [NOON_NS + 60 * S, NOON_NS, NOON_NS]
    assert rows["stored_time"].cast(pa.int64()).to_pylist() == [NOON_NS + 90 * S + row for row in range(3)]
