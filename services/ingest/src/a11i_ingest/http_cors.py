"""Which web pages may send: the CORS protocol of browsers (https://fetch.spec.whatwg.org/#http-cors-protocol).

Answers never allow credentials: keys travel in a header that a page sets itself, so no page can use another's.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

_HEADERS: Final = ("authorization", "x-api-key", "content-type", "content-encoding", "traceparent", "tracestate")
"""Request headers that OTLP exporters in browsers send."""
_MAX_AGE_S: Final = 7200
"""Chromium's limit for what a browser remembers of an answer to its preflight."""
_ANY: Final = "*"


class Cors:
    """Answers browsers that ask whether a page may send."""

    def __init__(self, origins: Sequence[str], headers: Sequence[str] = ()) -> None:
        """`origins` and `headers` as CorsSettings has them."""
        self._any = _ANY in origins
        self._origins = [re.compile(re.escape(one.lower()).replace(r"\*", "[a-z0-9.-]+")) for one in origins]
        self._preflight = {
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": ", ".join((*_HEADERS, *headers)),
            "Access-Control-Max-Age": str(_MAX_AGE_S),
        }

    def allows(self, origin: str) -> bool:
        """Return whether pages of `origin` may send."""
        return self._any or any(one.fullmatch(origin.lower()) for one in self._origins)

    def headers(self, origin: str | None) -> Mapping[str, str]:
        """Return the headers of an answer to a page of `origin`, None if no page asks."""
        if not self._origins:
            return {}
        vary = {} if self._any else {"Vary": "Origin"}
        if origin is None or not self.allows(origin):
            return vary
        allowed = {"Access-Control-Allow-Origin": _ANY if self._any else origin}
        return {**allowed, "Access-Control-Expose-Headers": "Retry-After", **vary}

    @property
    def preflight_headers(self) -> Mapping[str, str]:
        """What a preflight's answer has besides `headers`."""
        return self._preflight
