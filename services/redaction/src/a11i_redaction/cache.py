"""What was found in a text before, by the hash of its content."""

import enum
import hashlib
from collections import OrderedDict
from typing import Final

from a11i_redaction.findings import Finding

_ENTRY_BYTES: Final = 160
"""Memory of an entry without findings: a 16-byte digest, its slot in the ordered dictionary, the tuple (measured)."""
_FINDING_BYTES: Final = 180
"""Memory of a finding with its numbers (measured)."""
_CHAR_BYTES: Final = 4
"""Of a character of a value, at most."""


class Known(enum.Enum):
    """What is known of a text, besides findings."""

    NOTHING = "nothing"


Findings = tuple[Finding, ...] | None
"""None for a text over its limits, which is to be withheld: it would be over them again."""


class FindingsCache:
    """Keeps findings of the texts seen last, within `max_bytes` of memory.

    Holds no text, only its hash, but for values that were found in disguise.

    Agents send their whole history with every call, so most texts have been seen a moment before.
    """

    __slots__ = ("_bytes", "_entries", "_max_bytes")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[bytes, Findings] = OrderedDict()

    @staticmethod
    def key(text: str, scope: str) -> bytes:
        """Return the cache's key of a text that was examined in a way that `scope` names."""
        # The length first: both can hold any character, and none may pass from one to the other.
        way = scope.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(len(way).to_bytes(8), digest_size=16)
        digest.update(way)
        digest.update(text.encode("utf-8", "surrogatepass"))
        return digest.digest()

    @staticmethod
    def under(key: bytes, scope: bytes) -> bytes:
        """Return the key of what else is known of the text with this key, such as under a policy's digest."""
        return hashlib.blake2b(key + scope, digest_size=16).digest()

    def get(self, key: bytes) -> Findings | Known:
        """Return what is known of the text with this key."""
        found = self._entries.get(key, Known.NOTHING)
        if found is not Known.NOTHING:
            self._entries.move_to_end(key)
        return found

    def put(self, key: bytes, findings: Findings) -> None:
        """Keep findings, and let go of the oldest while there are too many."""
        if key in self._entries:
            return
        self._entries[key] = findings
        self._bytes += _cost(findings)
        while self._bytes > self._max_bytes:
            _, dropped = self._entries.popitem(last=False)
            self._bytes -= _cost(dropped)

    @property
    def size_bytes(self) -> int:
        """Estimated memory in use."""
        return self._bytes


def _cost(findings: Findings) -> int:
    return _ENTRY_BYTES + sum(_FINDING_BYTES + _CHAR_BYTES * len(finding.plain) for finding in findings or ())
