"""Which policy is in force for whom."""

from dataclasses import dataclass
from typing import Protocol

from a11i_redaction.ciphers import TenantCipher
from a11i_redaction.policy.model import Policy


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy, and what it needs besides."""

    policy: Policy
    cipher: TenantCipher | None = None
    """The tenant's, if it has one: a policy encrypted, if this one does not."""

    def wrote(self, placeholder: str) -> bool:
        """Return whether an encrypted placeholder is the tenant's."""
        return self.cipher is not None and self.cipher.wrote(placeholder)


class Policies(Protocol):
    """Knows the policy of every project."""

    def in_force(self, tenant_id: str, project_id: str) -> InForce:
        """Return the policy in force. Raises UnavailableError if it cannot be known now: the work has to wait."""


class OnePolicy:
    """The same policy for everybody."""

    __slots__ = ("_policy",)

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def in_force(self, tenant_id: str, project_id: str) -> InForce:
        """Return it."""
        return InForce(self._policy)
