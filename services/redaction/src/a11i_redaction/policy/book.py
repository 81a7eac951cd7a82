"""The policies of all tenants, as stored in PostgreSQL and kept up to date: read from memory, changed within seconds.

While PostgreSQL is away the last known ones serve. While none was ever known nobody has a policy, and batches wait.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from google.protobuf import json_format

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_chassis.errors import A11iError, TransientError, UnavailableError
from a11i_redaction.ciphers import CipherError, MasterKey, TenantCipher
from a11i_redaction.policy.in_force import InForce
from a11i_redaction.policy.model import Policy
from a11i_redaction.policy.parsing import Abilities, parse
from a11i_storage.postgres.listening import follow
from a11i_storage.postgres.redaction_policies import RedactionPolicyStore, StoredPolicy

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
            return InForce(self._default)
        if entry.policy is None:
            raise UnavailableError("this version of the service cannot read the project's policy")
        if not entry.policy.encrypts:
            return InForce(entry.policy)
        cipher = known.ciphers.get(tenant_id)
        if cipher is None:
            raise UnavailableError("the tenant's key is not known here; is the master key the one that wrapped it?")
        return InForce(entry.policy, cipher)

    def cipher(self, tenant_id: str) -> TenantCipher | None:
        """Return the tenant's cipher, if it has one that can be used here."""
        return self._known.ciphers.get(tenant_id) if self._known else None

    async def follow(self, stop: asyncio.Event) -> None:
        """Keep up with PostgreSQL until `stop` is set."""

        def away(error: TransientError) -> None:
            _log.warning("redaction_policies_unknown", reason=error.message, serving_last=self.loaded)

        await follow(self._store.listening, self.refresh, stop, away)

    async def refresh(self) -> None:
        """Read what changed since the last time. Raises UnavailableError."""
        change = await self._store.last_change()
        before = self._known
        if before is not None and before.change == change:
            return
        stored, keys = await self._store.latest(), await self._store.keys()
        entries = await asyncio.to_thread(self._compiled, stored, before.entries if before else {})
        ciphers = {}
        for key in keys:
            try:
                if self._master_key is not None:
                    unwrapped = self._master_key.unwrap(key.tenant_id, key.wrapped)
                    ciphers[key.tenant_id] = TenantCipher(key.tenant_id, unwrapped)
            except CipherError:
                _log.error("redaction_key_unusable", tenant_id=key.tenant_id, master_key_id=key.master_key_id)
        self._known = _Known(change, entries, ciphers)
        _log.info("redaction_policies_known", policies=len(entries), tenants_with_keys=len(ciphers))

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
        except (A11iError, json_format.ParseError) as error:
            field = getattr(error, "field", "")
            _log.error("redaction_policy_unreadable", tenant_id=row.tenant_id, version=row.version, field=field)
            return None


def message_of(stored: str) -> pb.Policy:
    """Return a policy as it is stored. Raises json_format.ParseError."""
    return json_format.Parse(stored, pb.Policy())


def json_of(policy: pb.Policy) -> str:
    """Return a policy as it is stored: JSON with the contract's names of fields."""
    return json_format.MessageToJson(policy, preserving_proto_field_name=True, indent=None)
