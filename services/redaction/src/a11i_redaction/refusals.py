"""Calls of Reveal without the right to it, which are on record as others are."""

import time
from collections.abc import Callable
from typing import Final

import structlog

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_chassis.errors import InvalidArgumentError, UnavailableError
from a11i_redaction import requests
from a11i_redaction.policy.desk import Asker, PolicyDesk

MOST_PURPOSE: Final = 1_000
"""Characters of a call's purpose."""
MOST_A_MINUTE: Final = 60
"""Refused calls on record, in one process: anybody can make them, and must not fill the database."""
_MINUTE_S: Final = 60.0
_REFUSED: Final = " (refused: without the reveal token)"
"""Behind the address, which is what callers cannot choose."""

_log = structlog.stdlib.get_logger(__name__)


def asker_of(request: pb.RevealRequest, peer: str) -> Asker:
    """Return who asks, as they say. Raises InvalidArgumentError."""
    actor = requests.name(request.actor, "actor")
    return Asker(actor, peer, requests.name(request.purpose, "purpose", most=MOST_PURPOSE))


class RefusedReveals:
    """Puts refused calls on record."""

    def __init__(self, desk: PolicyDesk | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._clock = clock
        self._began = clock()
        self._count = 0

    async def record(self, request: pb.RevealRequest, peer: str) -> None:
        """Put a call on record, or in the log where that cannot be: it does not say who asks, or there are too many."""
        if self._desk is not None and self._may_be_recorded():
            try:
                tenant_id = requests.name(request.tenant_id, "tenant_id")
                await self._desk.refused(tenant_id, asker_of(request, f"{peer}{_REFUSED}"))
                return
            except (InvalidArgumentError, UnavailableError):
                pass  # Nothing is revealed, so that the log will do.
        _log.warning("a call of Reveal without the reveal token is not on record", peer=peer)

    def _may_be_recorded(self) -> bool:
        now = self._clock()
        if now - self._began >= _MINUTE_S:
            self._began, self._count = now, 0
        self._count += 1
        return self._count <= MOST_A_MINUTE
