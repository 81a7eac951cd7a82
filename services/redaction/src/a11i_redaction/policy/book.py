"""The policies of all tenants, as stored in PostgreSQL and kept up to date: read from memory, changed within seconds.

While PostgreSQL is away the last known ones serve. While none was ever known nobody has a policy, and batches wait.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from google.protobuf import json_format

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_chassis.errors import UnavailableError
from a11i_redaction.ciphers import CipherError, MasterKey, TenantCipher
from a11i_redaction.policy.in_force import InForce
from a11i_redaction.policy.model import Policy
from a11i_redaction.policy.parsing import Abilities, parse
from a11i_storage.postgres.listening import follow
from a11i_storage.postgres.redaction_policies import RedactionPolicyStore, StoredPolicy, WrappedKey

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A stored policy, ready for use; None if this version of the service cannot read it."""

    id: int
    policy: Policy | None


@dataclass(frozen=True, slots=True)
class _Known:
    """All that is known at one time."""

    change: tuple[int, int]
    entries: Mapping[tuple[str, str], _Entry]
    ciphers: Mapping[str, TenantCipher]


class PolicyBook:
    """Knows the policy of every project. Read by any thread."""

    def __init__(
        self, store: RedactionPolicyStore, default: Policy, abilities: Abilities, master_key: MasterKey | None
    ) -> None:
        self._store = store
        self._default = default
        self._abilities = abilities
        self._master_key = master_key
        self._known: _Known | None = None
        self._turn = asyncio.Lock()

    @property
    def loaded(self) -> bool:
        """Whether policies are known."""
        return self._known is not None

    def in_force(self, tenant_id: str, project_id: str) -> InForce:
        """Return the project's policy, else its tenant's, else the default. Raises UnavailableError."""
        known = self._known
        if known is None:
            raise UnavailableError("the policies are not known yet: PostgreSQL could not be asked")
        entry = known.entries.get((tenant_id, project_id)) or known.entries.get((tenant_id, ""))
        if entry is None:
            return InForce(self._default, known.ciphers.get(tenant_id))
        if entry.policy is None:
            raise UnavailableError("this version of the service cannot read the project's policy")
        cipher = known.ciphers.get(tenant_id)
        if cipher is None and entry.policy.encrypts:
            raise UnavailableError("the tenant's key is not known here; is the master key the one that wrapped it?")
        return InForce(entry.policy, cipher)

    def cipher(self, tenant_id: str) -> TenantCipher | None:
        """Return the tenant's cipher, if it has one that can be used here."""
        return self._known.ciphers.get(tenant_id) if self._known else None

    async def follow(self, stop: asyncio.Event) -> None:
        """Keep up with PostgreSQL until `stop` is set, whatever it answers meanwhile."""

        def away(reason: str) -> None:
            _log.warning("redaction_policies_unknown", reason=reason, serving_last=self.loaded)

        await follow(self._store.listening, self.refresh, stop, away)

    async def refresh(self) -> None:
        """Read what changed since the last time; one at a time, so that the last to ask is the last to know.

        Raises UnavailableError.
        """
        async with self._turn:
            change = await self._store.last_change()
            before = self._known
            if before is not None and change[0] < before.change[0]:
                # Policies are never deleted: this is a server that lags behind, or one restored.
                _log.warning("redaction_policies_older", last=change[0], known=before.change[0])
                return
            if before is not None and before.change == change:
                return
            stored, keys = await self._store.latest(), await self._store.keys()
            entries = await asyncio.to_thread(self._compiled, stored, before.entries if before else {})
            ciphers = {key.tenant_id: cipher for key in keys if (cipher := self._cipher(key)) is not None}
            self._known = _Known(change, entries, ciphers)
            _log.info("redaction_policies_known", policies=len(entries), tenants_with_keys=len(ciphers))

    def _cipher(self, key: WrappedKey) -> TenantCipher | None:
        if self._master_key is None:
            return None
        try:
            return TenantCipher(key.tenant_id, self._master_key.unwrap(key.tenant_id, key.wrapped))
        except CipherError:
            _log.error("redaction_key_unusable", tenant_id=key.tenant_id, master_key_id=key.master_key_id)
            return None

    def _compiled(
        self, stored: list[StoredPolicy], before: Mapping[tuple[str, str], _Entry]
    ) -> dict[tuple[str, str], _Entry]:
        entries = {}
        for row in stored:
            place = row.tenant_id, row.project_id
            known = before.get(place)
            entries[place] = known if known and known.id == row.id else _Entry(row.id, self._policy(row))
        return entries

    def _policy(self, row: StoredPolicy) -> Policy | None:
        try:
            return parse(message_of(row.policy), self._abilities, version=row.version)
        except Exception as error:  # Whatever a row holds: its tenant waits, and nobody else.
            reason, field = type(error).__name__, getattr(error, "field", "")
            _log.error(
                "redaction_policy_unreadable", tenant_id=row.tenant_id, version=row.version, reason=reason, field=field
            )
            return None


def message_of(stored: str) -> pb.Policy:
    """Return a policy as it is stored. Raises json_format.ParseError."""
    return json_format.Parse(stored, pb.Policy())


def part_of(stored: str) -> pb.Policy:
    """Return what this version knows of a policy as it is stored, to be shown and not to be used."""
    policy = pb.Policy()
    try:
        json_format.Parse(stored, policy, ignore_unknown_fields=True)
    except json_format.ParseError:
        return policy  # What was read until then.
    return policy


def json_of(policy: pb.Policy) -> str:
    """Return a policy as it is stored: JSON with the contract's names of fields."""
    return json_format.MessageToJson(policy, preserving_proto_field_name=True, indent=None)
