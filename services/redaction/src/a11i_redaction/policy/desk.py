"""What administrators do with policies: read, store, list, and have values revealed."""

import asyncio
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from google.protobuf import json_format

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_chassis.errors import NotFoundError, UnavailableError
from a11i_redaction.ciphers import KEY_BYTES, CipherError, MasterKey, Revealed, TenantCipher, entity_of
from a11i_redaction.policy.book import PolicyBook, json_of, message_of, part_of
from a11i_redaction.policy.parsing import Abilities, label_of, parse
from a11i_storage.postgres.redaction_policies import (
    NewPolicy,
    NewReveal,
    Page,
    RedactionPolicyStore,
    Reveal,
    StoredPolicy,
    WrappedKey,
)

_PAGE_BYTES: Final = 2_000_000
"""Of a page's policies but for the last, which has 1 MB at most: clients of gRPC take 4 MB unless told otherwise."""
_NONCE_BYTES: Final = 12
_LAST_VERSION: Final = 2**31 - 1
"""The largest number that PostgreSQL's column holds."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for values."""

    actor: str
    peer: str
    purpose: str


class PolicyDesk:
    """Reads and writes of policies. Every method raises UnavailableError while PostgreSQL is away."""

    def __init__(
        self,
        store: RedactionPolicyStore,
        book: PolicyBook,
        default: pb.Policy,
        abilities: Abilities,
        master_key: MasterKey | None,
    ) -> None:
        self._store = store
        self._book = book
        self._default = default
        self._abilities = abilities
        self._master_key = master_key

    async def get(self, tenant_id: str, project_id: str, version: int) -> pb.StoredPolicy:
        """Return the policy in force, or a version of a stored one.

        Raises NotFoundError, and UnavailableError for one that this version of the service cannot read whole: who
        stores it again must not lose a part of it.
        """
        if version > _LAST_VERSION:
            raise NotFoundError(f"there is no version {version} of this policy")
        for place in dict.fromkeys((project_id, "")) if version == 0 else (project_id,):
            found = await self._store.versions(tenant_id, place, version, 1)
            if found:
                try:
                    message_of(found[0].policy)
                except json_format.ParseError:
                    raise UnavailableError("this version of the service cannot read the project's policy") from None
                return self._message(found[0])
        if version:
            raise NotFoundError(f"there is no version {version} of this policy")
        label = label_of(self._default, self._abilities)
        return pb.StoredPolicy(tenant_id=tenant_id, policy=self._default, label=label)

    async def put(
        self, tenant_id: str, project_id: str, policy: pb.Policy, actor: str, expected_version: int | None
    ) -> pb.StoredPolicy:
        """Store a policy. Raises InvalidArgumentError (names the field), ConflictError."""
        encrypts = (await asyncio.to_thread(parse, policy, self._abilities)).encrypts  # Patterns can take seconds.
        key = _new_key(tenant_id, self._master_key) if encrypts and self._master_key else None
        new = NewPolicy(tenant_id, project_id, json_of(policy), actor)
        stored = await self._store.put(new, expected_version, key)
        await self._book.refresh()
        return self._message(stored)

    async def stored(
        self, tenant_id: str, project_id: str, limit: int, before_id: int
    ) -> tuple[list[pb.StoredPolicy], int]:
        """Return the last version of each policy, or all versions of one project's ("-": of the tenant's own).

        Those stored before the one with the id, and the id behind which there are more; 0 if there are none.
        """
        page = Page(before_id, limit, _PAGE_BYTES)
        if project_id:
            found = await self._store.list_versions(tenant_id, "" if project_id == "-" else project_id, page)
        else:
            found = await self._store.list_latest(tenant_id, page)
        return [self._message(row) for row in found.policies], found.policies[-1].id if found.more else 0

    async def reveal(self, tenant_id: str, placeholders: Sequence[str], asker: Asker) -> list[Revealed]:
        """Return what placeholders stand for, once the call is on record. Raises NotFoundError if one is unknown."""
        cipher = await self._cipher(tenant_id)
        revealed: list[Revealed] = []
        unknown = 0
        for index, placeholder in enumerate(placeholders):
            try:
                if cipher is None:
                    raise CipherError("the tenant has no key")
                revealed.append(cipher.reveal(placeholder))
            except CipherError:
                unknown = index + 1
                break
        entities = {entity_of(placeholder) for placeholder in placeholders} - {""}
        await self._store.add_reveal(
            NewReveal(
                tenant_id,
                asker.actor,
                asker.peer,
                asker.purpose,
                0 if unknown else len(revealed),
                tuple(sorted(entities)),
            )
        )
        if unknown:
            raise NotFoundError(f"placeholders[{unknown - 1}] is none of this tenant's; nothing is revealed")
        return revealed

    async def refused(self, tenant_id: str, asker: Asker) -> None:
        """Put a call for values on record that had no right to them."""
        await self._store.add_reveal(NewReveal(tenant_id, asker.actor, asker.peer, asker.purpose, 0, ()))

    async def reveals(self, tenant_id: str, limit: int, after: tuple[datetime, uuid.UUID] | None) -> list[Reveal]:
        """Return calls for values, the latest first."""
        return await self._store.list_reveals(tenant_id, limit, after)

    async def _cipher(self, tenant_id: str) -> TenantCipher | None:
        if self._master_key is None:
            raise UnavailableError("there is no master key here: set A11I_REDACTION_MASTER_KEY")
        if self._book.cipher(tenant_id) is None:
            await self._book.refresh()
        return self._book.cipher(tenant_id)

    def _message(self, row: StoredPolicy) -> pb.StoredPolicy:
        policy = part_of(row.policy)
        message = pb.StoredPolicy(
            tenant_id=row.tenant_id,
            project_id=row.project_id,
            version=row.version,
            policy=policy,
            actor=row.actor,
            label=label_of(policy, self._abilities, row.version),
        )
        message.create_time.FromDatetime(row.create_time)
        return message


def _new_key(tenant_id: str, master_key: MasterKey) -> WrappedKey:
    wrapped = master_key.wrap(tenant_id, os.urandom(KEY_BYTES), os.urandom(_NONCE_BYTES))
    return WrappedKey(tenant_id, master_key.key_id, wrapped)
