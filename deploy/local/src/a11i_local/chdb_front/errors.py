"""What went wrong in the words and numbers of ClickHouse."""

import re
from typing import Final

_CODE: Final = re.compile(r"Code: (\d+)\. ")

SYNTAX_ERROR: Final = 62
BAD_ARGUMENTS: Final = 36
NOT_IMPLEMENTED: Final = 48
TOO_MANY_SIMULTANEOUS_QUERIES: Final = 202
ACCESS_DENIED: Final = 497
AUTHENTICATION_FAILED: Final = 516
UNKNOWN_EXCEPTION: Final = 1002

_NAMES: Final = {
    SYNTAX_ERROR: "SYNTAX_ERROR",
    BAD_ARGUMENTS: "BAD_ARGUMENTS",
    NOT_IMPLEMENTED: "NOT_IMPLEMENTED",
    TOO_MANY_SIMULTANEOUS_QUERIES: "TOO_MANY_SIMULTANEOUS_QUERIES",
    ACCESS_DENIED: "ACCESS_DENIED",
    AUTHENTICATION_FAILED: "AUTHENTICATION_FAILED",
    UNKNOWN_EXCEPTION: "UNKNOWN_EXCEPTION",
}

# As ClickHouse's HTTP handler maps them (src/Server/HTTP/exceptionCodeToHTTPStatus.cpp); all others are 500.
_STATUS_OF_CODES: Final = {
    400: (6, 26, 27, 36, 38, 41, 42, 43, 44, 53, 62, 69, 70, 117, 130, 131, 321, 457),
    403: (192, 193, 497, 516),
    404: (16, 46, 47, 50, 56, 60, 81, 115),
    408: (159,),
    501: (48,),
    503: (202, 209),
}
_STATUS: Final = {code: status for status, codes in _STATUS_OF_CODES.items() for code in codes}


class EngineError(Exception):
    """A statement failed. `str()` is ClickHouse's text: `Code: N. DB::Exception: ...`."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        """ClickHouse's error code."""

    @property
    def http_status(self) -> int:
        """The status that a ClickHouse server answers with."""
        return _STATUS.get(self.code, 500)

    @classmethod
    def of(cls, code: int, message: str) -> "EngineError":
        """Return an error of the front's own."""
        return cls(code, f"Code: {code}. DB::Exception: {message}. ({_NAMES[code]})")

    @classmethod
    def from_engine(cls, text: str) -> "EngineError":
        """Return what chDB said, with the code that its text names."""
        found = _CODE.search(text)
        if found is None:
            return cls.of(UNKNOWN_EXCEPTION, text)
        return cls(int(found[1]), text[found.start() :])
