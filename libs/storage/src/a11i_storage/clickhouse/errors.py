"""ClickHouse's errors as a11i's: is the store to blame, or the data?"""

import contextlib
from collections.abc import Iterator
from typing import Final

from clickhouse_connect.driver.exceptions import Error as ClickHouseError
from clickhouse_connect.driver.exceptions import OperationalError

from a11i_chassis.errors import PermanentError, UnavailableError

# Codes that say that the rows themselves cannot be stored (src/Common/ErrorCodes.cpp). A list of what is permanent,
# not of what is transient: a code that nobody thought of must make a batch wait, not lose it.
_DATA_CODES: Final = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        20,  # NUMBER_OF_COLUMNS_DOESNT_MATCH
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        33,  # CANNOT_READ_ALL_DATA
        43,  # ILLEGAL_TYPE_OF_ARGUMENT
        44,  # ILLEGAL_COLUMN
        50,  # UNKNOWN_TYPE
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        117,  # INCORRECT_DATA
        131,  # TOO_LARGE_STRING_SIZE
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        407,  # DECIMAL_OVERFLOW
        636,  # CANNOT_EXTRACT_TABLE_STRUCTURE
    }
)

# Codes that mean "not now" in answer to a query: load, memory, time, a part of the store away, not yet migrated.
_BUSY_CODES: Final = frozenset({60, 81, 159, 160, 164, 202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 307, 394, 439})

_RETRY_DELAY_S: Final = 1.0


@contextlib.contextmanager
def insert_errors() -> Iterator[None]:
    """Raise what goes wrong with an insert as UnavailableError, or PermanentError if the rows are to blame."""
    try:
        yield
    except OperationalError as error:
        raise _unavailable(error) from error
    except ClickHouseError as error:
        if error.code in _DATA_CODES:
            raise PermanentError(f"ClickHouse cannot store these rows: {error.name or error.code}") from error
        raise _unavailable(error) from error
    except TimeoutError as error:
        raise _unavailable(error) from error


@contextlib.contextmanager
def query_errors() -> Iterator[None]:
    """Raise UnavailableError where the store cannot answer now; a defect of the statement stays what it is."""
    try:
        yield
    except (OperationalError, TimeoutError) as error:
        raise _unavailable(error) from error
    except ClickHouseError as error:
        if error.code in _BUSY_CODES:
            raise _unavailable(error) from error
        raise


def _unavailable(error: Exception) -> UnavailableError:
    """Return the error for the caller. ClickHouse's text may quote a value, so only its error's name is passed on."""
    name = getattr(error, "name", None) or type(error).__name__
    return UnavailableError(f"ClickHouse cannot do this now ({name})", retry_delay_s=_RETRY_DELAY_S)
