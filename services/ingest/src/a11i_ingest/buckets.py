"""What each API key may send in a time: token buckets on requests, items and bytes."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from a11i_chassis import metrics
from a11i_chassis.auth import Principal
from a11i_chassis.errors import RateLimitedError
from a11i_chassis.ingest_policy import DEFAULT_INGEST_POLICY, IngestPolicy

MIN_RETRY_DELAY_S: Final = 1.0
"""HTTP's Retry-After has whole seconds, at least one."""
MAX_RETRY_DELAY_S: Final = 4.0
"""OpenTelemetry's exporters give a request up when the delay exceeds what is left of their 10 s."""

_BURST_S: Final = 10.0
"""What a burst of 0 means: exporters send every 5 s what they have, so that a rate must hold over more than that."""
_MAX_KEYS: Final = 10_000
"""About 3 MB, as many as keys are remembered; a key that is forgotten begins anew with full buckets."""

_Rate = tuple[float, float]
"""Tokens a second (0: no limit), and tokens that a full bucket holds."""
_NO_LIMIT: Final[_Rate] = (0.0, math.inf)
_NAMES: Final = ("requests", "spans", "bytes")


@dataclass(slots=True)
class _Buckets:
    """A key's tokens. Below zero is debt."""

    tokens: list[float]
    filled_s: float


class RateLimits:
    """The buckets of the keys that were used last. For one event loop.

    A request is let in if each bucket holds what it takes, or is full: so one over the burst is let in as well, and
    leaves a debt. Until it is paid no other request begins; what has begun goes on.
    """

    def __init__(
        self,
        default: IngestPolicy = DEFAULT_INGEST_POLICY,
        *,
        clock: Callable[[], float] = time.monotonic,
        max_keys: int = _MAX_KEYS,
    ) -> None:
        """`default` has the rates for what a project's policy leaves at 0; 0 there means no limit."""
        self._default_rates = [rate or _NO_LIMIT for rate in _rates(default)]
        self._clock = clock
        self._max_keys = max_keys
        self._keys: OrderedDict[str, _Buckets] = OrderedDict()

    def take(self, principal: Principal, *, requests: int = 0, items: int = 0, size_bytes: int = 0) -> None:
        """Take tokens, all or none: for a request that begins, and for what it turns out to hold when that is known.

        Raises RateLimitedError with the time to wait.
        """
        refused = self._take(principal.key_id, principal.ingest_policy, (requests, items, size_bytes))
        if refused is not None:
            limit, delay_s = refused
            metrics.INGEST_REFUSED.labels(limit).inc()
            message = f"the API key {principal.key_id} is over its rate of {limit} a second; send again later"
            raise RateLimitedError(message, retry_delay_s=delay_s)

    def give_back(self, principal: Principal, *, size_bytes: int) -> None:
        """Return what was taken for a request that was refused afterwards."""
        buckets = self._keys.get(principal.key_id)
        if buckets is not None:
            buckets.tokens[_NAMES.index("bytes")] += size_bytes

    def try_take(
        self, key_id: str, policy: IngestPolicy, *, requests: int = 0, items: int = 0, size_bytes: int = 0
    ) -> float | None:
        """Take tokens, all or none; return None, or if there are too few the seconds to wait, 1 to 4."""
        refused = self._take(key_id, policy, (requests, items, size_bytes))
        return None if refused is None else refused[1]

    def _take(self, key_id: str, policy: IngestPolicy, costs: tuple[int, int, int]) -> tuple[str, float] | None:
        own_rates = _rates(policy)
        rates = [own or default for own, default in zip(own_rates, self._default_rates, strict=True)]
        if not any(rate for rate, _ in rates):
            return None
        tokens = self._filled(key_id, rates)
        begins = costs[0] > 0
        waits_s = [
            (min(cost, full) - held) / rate if rate and (cost or begins) else 0.0
            for cost, held, (rate, full) in zip(costs, tokens, rates, strict=True)
        ]
        longest_s = max(waits_s)
        if longest_s > 0:
            delay_s = min(max(longest_s, MIN_RETRY_DELAY_S), MAX_RETRY_DELAY_S)
            return _NAMES[waits_s.index(longest_s)], delay_s
        for place, cost in enumerate(costs):
            tokens[place] -= cost
        return None

    def _filled(self, key_id: str, rates: Sequence[_Rate]) -> list[float]:
        """Return the key's tokens as they are now; a bucket without a limit is always full."""
        now_s = self._clock()
        buckets = self._keys.get(key_id)
        if buckets is None:
            buckets = self._keys[key_id] = _Buckets([full for _, full in rates], now_s)
            if len(self._keys) > self._max_keys:
                self._keys.popitem(last=False)
            return buckets.tokens
        self._keys.move_to_end(key_id)
        passed_s = now_s - buckets.filled_s
        buckets.filled_s = now_s
        for place, (rate, full) in enumerate(rates):
            buckets.tokens[place] = min(full, buckets.tokens[place] + passed_s * rate) if rate else full
        return buckets.tokens


def _rates(policy: IngestPolicy) -> tuple[_Rate | None, _Rate | None, _Rate | None]:
    return (
        _rate(policy.requests_per_second, policy.request_burst),
        _rate(policy.spans_per_second, policy.span_burst),
        _rate(policy.bytes_per_second, policy.byte_burst),
    )


def _rate(per_second: float, burst: float) -> _Rate | None:
    return (per_second, burst or per_second * _BURST_S) if per_second else None
