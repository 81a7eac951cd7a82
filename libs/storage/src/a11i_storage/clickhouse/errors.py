"""ClickHouse's errors as a11i's: is the store to blame, or the data?"""

import contextlib
import re
from collections.abc import Iterator
from typing import Final

from clickhouse_connect.driver.exceptions import Error as ClickHouseError
from clickhouse_connect.driver.exceptions import OperationalError

from a11i_chassis.errors import PermanentError, TooLargeError, UnavailableError

# Codes that say that the rows themselves cannot be stored (src/Common/ErrorCodes.cpp). A list of what is permanent,
# not of what is transient: a code that nobody thought of must make a batch wait, not lose it. A schema that lags
# behind (NO_SUCH_COLUMN_IN_TABLE and its like) is not on it: that waits for the migration.
_DATA_CODES: Final = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        12,  # PARAMETER_OUT_OF_BOUND
        20,  # NUMBER_OF_COLUMNS_DOESNT_MATCH
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        33,  # CANNOT_READ_ALL_DATA
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        43,  # ILLEGAL_TYPE_OF_ARGUMENT
        44,  # ILLEGAL_COLUMN
        50,  # UNKNOWN_TYPE
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        128,  # TOO_LARGE_ARRAY_SIZE
        130,  # CANNOT_READ_ARRAY_FROM_TEXT
        131,  # TOO_LARGE_STRING_SIZE
        158,  # TOO_MANY_ROWS
        190,  # SIZES_OF_ARRAYS_DONT_MATCH
        307,  # TOO_MANY_BYTES
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        396,  # TOO_MANY_ROWS_OR_BYTES
        407,  # DECIMAL_OVERFLOW
        467,  # CANNOT_PARSE_BOOL
        469,  # VIOLATED_CONSTRAINT
        636,  # CANNOT_EXTRACT_TABLE_STRUCTURE
    }
)

# Codes that mean "not now" in answer to a query: load, memory, time, a part of the store away, not yet migrated.
_BUSY_CODES: Final = frozenset({60, 81, 159, 160, 164, 202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 307, 394, 439})

_MEMORY_LIMIT_EXCEEDED: Final = 241
_OWN_MEMORY: Final = re.compile(r"Query memory limit exceeded|Memory limit \(for query\) exceeded")
"""Of one statement, in the words of new and old versions: the same again fails again. Other limits are of all that run
at the time."""

_RETRY_DELAY_S: Final = 1.0


@contextlib.contextmanager
def insert_errors() -> Iterator[None]:
    """Raise what goes wrong with an insert as UnavailableError, or PermanentError if the rows are to blame."""
    try:
        yield
    except OperationalError as error:
        raise _unavailable(error) from error
    except ClickHouseError as error:
        if _takes_too_much_memory(error):
            raise TooLargeError("ClickHouse would need more memory for these rows than one insert may take") from error
        if error.code in _DATA_CODES:
            raise PermanentError(f"ClickHouse cannot store these rows: {error.name or error.code}") from error
        raise _unavailable(error) from error
    except TimeoutError as error:
        raise _unavailable(error) from error


@contextlib.contextmanager
def query_errors() -> Iterator[None]:
    """Raise UnavailableError where the store cannot answer now, TooLargeError where it never can at this size.

    A defect of the statement stays what it is.
    """
    try:
        yield
    except (OperationalError, TimeoutError) as error:
        raise _unavailable(error) from error
    except ClickHouseError as error:
        if _takes_too_much_memory(error):
            message = "the answer takes more of ClickHouse's memory than one query may; ask for less"
            raise TooLargeError(message) from error
        if error.code in _BUSY_CODES:
            raise _unavailable(error) from error
        raise


def _takes_too_much_memory(error: ClickHouseError) -> bool:
    return error.code == _MEMORY_LIMIT_EXCEEDED and _OWN_MEMORY.search(str(error)) is not None


def _unavailable(error: Exception) -> UnavailableError:
    """Return the error for the caller. ClickHouse's text may quote a value, so only its error's name is passed on."""
    name = getattr(error, "name", None) or type(error).__name__
    return UnavailableError(f"ClickHouse cannot do this now ({name})", retry_delay_s=_RETRY_DELAY_S)
