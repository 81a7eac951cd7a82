"""Policies that calls bring along, to try them."""

import secrets
from dataclasses import replace
from typing import Final

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_chassis.errors import InvalidArgumentError
from a11i_redaction.ciphers import KEY_BYTES, TenantCipher
from a11i_redaction.policy.entities import detected_entities
from a11i_redaction.policy.in_force import InForce
from a11i_redaction.policy.model import Policy, Rule
from a11i_redaction.policy.parsing import Abilities, parse
from a11i_redaction.policy.presets import presets

_STRICT: Final = "strict"


class Trials:
    """Makes policies ready for a call. What they encrypt nobody can reveal: the key is this process's own."""

    def __init__(self, default: Policy, abilities: Abilities) -> None:
        self._default = default
        # To try an operator, no master key is needed.
        self._abilities = replace(abilities, encryption=True)
        self._cipher = TenantCipher("", secrets.token_bytes(KEY_BYTES))

    def chosen(self, policy: pb.Policy | None, field: str) -> InForce:
        """Return a call's policy, or the default. Raises InvalidArgumentError, which names the field."""
        chosen = self._default if policy is None else parse(policy, self._abilities, field=field)
        return InForce(chosen, self._cipher)

    def everything(self, request: pb.AnalyzeRequest) -> Policy:
        """Return the policy that takes all that a request asks for. Raises InvalidArgumentError."""
        own = {item.entity for item in request.recognizers}
        least = min(preset.min_score for preset in presets().values())
        score = request.min_score or least
        if not 0 <= score <= 1:
            raise InvalidArgumentError("min_score: from 0 to 1", field="min_score")
        unknown = sorted(set(request.entities) - detected_entities() - own)
        if unknown:
            index = list(request.entities).index(unknown[0])
            raise InvalidArgumentError(
                f"entities[{index}]: not an entity that is known here", field=f"entities[{index}]"
            )
        asked = pb.Policy(preset=_STRICT, recognizers=request.recognizers)
        policy = parse(asked, self._abilities, field="")  # Names the caller's own fields.
        wanted = set(request.entities) or set(policy.rules)
        rules = {entity: Rule(score) for entity in policy.rules if entity in wanted}
        return replace(policy, rules=rules, digest=policy.digest + repr(sorted(rules.items())).encode())
