"""Whose fault an error of ClickHouse is."""

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from a11i.errors.v1 import error_reason_pb2 as reasons
from a11i_chassis.errors import PermanentError, TooLargeError, UnavailableError
from a11i_storage.clickhouse.errors import insert_errors, query_errors

TEXT = "Code: 6. DB::Exception: cannot parse 'a secret value'"


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("Network Error: refused"),
        TimeoutError(),
        DatabaseError(TEXT, code=252, name="TOO_MANY_PARTS"),
        DatabaseError(TEXT, code=241, name="MEMORY_LIMIT_EXCEEDED"),
        DatabaseError(TEXT, code=60, name="UNKNOWN_TABLE"),
        DatabaseError(TEXT, code=516, name="AUTHENTICATION_FAILED"),
        DatabaseError(TEXT, code=99999, name="OF_A_LATER_VERSION"),
        DatabaseError(TEXT),
    ],
    ids=str,
)
def test_what_is_not_known_to_be_the_rows_fault_makes_an_insert_wait(error: Exception) -> None:
    with pytest.raises(UnavailableError) as raised, insert_errors():
        raise error
    assert raised.value.reason == reasons.ERROR_REASON_STORE_UNAVAILABLE
    assert raised.value.retry_delay_s > 0
    assert "secret" not in raised.value.message


@pytest.mark.parametrize(
    "code", [6, 12, 26, 38, 41, 53, 72, 117, 128, 130, 131, 158, 190, 307, 321, 349, 396, 407, 467, 469]
)
def test_rows_that_cannot_be_stored_are_refused_for_good(code: int) -> None:
    with pytest.raises(PermanentError) as raised, insert_errors():
        raise DatabaseError(TEXT, code=code, name="SOME_NAME")
    assert "SOME_NAME" in raised.value.message
    assert "secret" not in raised.value.message


@pytest.mark.parametrize(
    "error",
    [OperationalError("x"), TimeoutError(), DatabaseError(TEXT, code=159), DatabaseError(TEXT, code=241)],
    ids=str,
)
def test_a_query_that_cannot_be_answered_now_is_unavailable(error: Exception) -> None:
    with pytest.raises(UnavailableError), query_errors():
        raise error


@pytest.mark.parametrize("words", ["Query memory limit exceeded: would", "Memory limit (for query) exceeded: would"])
def test_what_is_too_large_for_itself_is_not_tried_again(words: str) -> None:
    error = DatabaseError(f"Code: 241. DB::Exception: {words} 9 GiB", code=241, name="MEMORY_LIMIT_EXCEEDED")
    with pytest.raises(TooLargeError), query_errors():
        raise error
    with pytest.raises(TooLargeError), insert_errors():
        raise error


def test_a_defect_of_a_statement_stays_one() -> None:
    with pytest.raises(DatabaseError), query_errors():
        raise DatabaseError(TEXT, code=62, name="SYNTAX_ERROR")
