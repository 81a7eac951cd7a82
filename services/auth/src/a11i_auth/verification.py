"""Whether a key is good, and for how long that may be remembered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from a11i_auth.keys import matches, parse_key
from a11i_chassis.errors import UnauthenticatedError
from a11i_storage.postgres import ApiKey

MAX_CACHE_TTL: Final = timedelta(seconds=30)
"""A revoked key stops working everywhere within this time."""


class FindApiKey(Protocol):
    """Looks a key up by its id."""

    async def __call__(self, key_id: str) -> ApiKey | None:
        """Return the key or None. Raises UnavailableError if the catalog cannot be asked."""


@dataclass(frozen=True, slots=True)
class VerifiedKey:
    """A good key."""

    key: ApiKey
    cache_ttl: timedelta


def utc_now() -> datetime:
    """Return the time now."""
    return datetime.now(UTC)


async def verify_key(
    api_key: str, find: FindApiKey, *, pepper: str, now: Callable[[], datetime] = utc_now
) -> VerifiedKey:
    """Return the stored key that `api_key` is.

    Raises UnauthenticatedError for every bad key with the same words, and UnavailableError if the catalog is away.
    """
    refusal = UnauthenticatedError("the API key is not valid")
    parsed = parse_key(api_key)
    if parsed is None:
        raise refusal
    stored = await find(parsed.key_id)
    if stored is None or not matches(parsed.secret, pepper, stored.secret_mac) or stored.revoke_time is not None:
        raise refusal
    if stored.expire_time is None:
        return VerifiedKey(stored, MAX_CACHE_TTL)
    left = stored.expire_time - now()
    if left <= timedelta(0):
        raise refusal
    return VerifiedKey(stored, min(left, MAX_CACHE_TTL))
