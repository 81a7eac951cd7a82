"""Which ingest policies a project may be given."""

import math
from typing import Final

from a11i_chassis.errors import InvalidArgumentError
from a11i_chassis.ingest_policy import RATES, IngestPolicy

_MAX_RATE: Final = 1e12
"""A second, and at once: a terabyte. More is a mistake, or the wish for no limit, which this is."""


def check_policy(policy: IngestPolicy) -> IngestPolicy:
    """Return the policy. Raises InvalidArgumentError, naming the field as PutIngestPolicyRequest spells it."""
    # A comparison with NaN is False.
    if not 0 <= policy.sampling_ratio <= 1:
        raise _invalid("sampling_ratio", f"is {policy.sampling_ratio:g}; a share of traces is 0 to 1")
    for rate, burst in RATES:
        for name in (rate, burst):
            value: float = getattr(policy, name)
            if not (0 <= value <= _MAX_RATE and math.isfinite(value)):
                raise _invalid(name, f"is {value:g}; 0 to {_MAX_RATE:g} is expected, 0 for the default")
        if getattr(policy, burst) and not getattr(policy, rate):
            raise _invalid(burst, f"means nothing without {rate}")
    return policy


def _invalid(name: str, complaint: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"{name} {complaint}", field=f"ingest_policy.{name}")
