"""Where a statement ends and data begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a11i_local.chdb_front.errors import EngineError
from a11i_local.chdb_front.statement import output_format, refuse_if_forbidden, split_insert

DATA = b" \n\x00 FORMAT Native\n SELECT"


@pytest.mark.parametrize(
    ("statement", "head", "format_name"),
    [
        (b"INSERT INTO t FORMAT Native\n", b"INSERT INTO t ", "Native"),
        (b"insert into t (a, b) format ArrowStream\n", b"insert into t (a, b) ", "ArrowStream"),
        (b"INSERT INTO t SETTINGS a = 1 FORMAT RowBinary;", b"INSERT INTO t SETTINGS a = 1 ", "RowBinary"),
        (b"INSERT INTO `FORMAT x` (`a;\\``, \"FORMAT y\") FORMAT\n Native \r\n",
         b'INSERT INTO `FORMAT x` (`a;\\``, "FORMAT y") ', "Native"),
        (b"-- FORMAT no\n/* SELECT */ INSERT INTO t FORMAT /* x */ Native\n",
         b"-- FORMAT no\n/* SELECT */ INSERT INTO t ", "Native"),
    ],
)  # fmt: skip
def test_an_insert_is_split_at_its_format(statement: bytes, head: bytes, format_name: str) -> None:
    text = statement + DATA
    insert = split_insert(text)
    assert insert is not None
    assert (insert.head, insert.format) == (head, format_name)
    assert text[insert.data_start :] == DATA


@pytest.mark.parametrize(
    "statement",
    [
        b"",
        b"SELECT 1 FORMAT Native",
        b"INSERT INTO t VALUES (1, 'FORMAT Native')",
        b"INSERT INTO t FORMAT Values (1)",
        b"INSERT INTO t SELECT * FROM u FORMAT Native",
        b"INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x",
        b"INSERT INTO t FROM INFILE 'x' FORMAT Native",
        b"CREATE TABLE insert (format Int8) ENGINE = Memory",
        b"INSERT INTO t",
    ],
)
def test_a_statement_without_data_is_left_whole(statement: bytes) -> None:
    assert split_insert(statement) is None


@given(st.binary(max_size=300))
def test_data_is_never_touched(data: bytes) -> None:
    text = b"INSERT INTO t FORMAT Native\n" + data
    insert = split_insert(text)
    assert insert is not None
    assert text[insert.data_start :] == data


@given(st.binary(max_size=100))
def test_no_text_makes_splitting_fail(text: bytes) -> None:
    split_insert(text)
    split_insert(b"INSERT INTO " + text)


@pytest.mark.parametrize(
    "statement", [b"SYSTEM SHUTDOWN", b"system /* x */ kill", b"\n-- c\nSystem\tSuspend for 1 second"]
)
def test_a_statement_that_would_end_the_process_is_refused(statement: bytes) -> None:
    with pytest.raises(EngineError, match="Code: 497"):
        refuse_if_forbidden(statement)


@pytest.mark.parametrize("statement", [b"SYSTEM FLUSH LOGS", b"SELECT 'SYSTEM SHUTDOWN'", b"SYSTEM", b"KILL QUERY"])
def test_other_statements_are_not(statement: bytes) -> None:
    refuse_if_forbidden(statement)


@pytest.mark.parametrize(
    ("statement", "name"),
    [(b"SELECT 1", "TabSeparated"), (b"SELECT 1 format JSON ;\n", "JSON"), (b"SELECT 'FORMAT JSON'", "TabSeparated")],
)
def test_the_answers_format_is_the_statements_or_the_default(statement: bytes, name: str) -> None:
    assert output_format(statement, "TabSeparated") == name
