"""Refused calls of Reveal: on record, within bounds; two rights need two tokens."""

from typing import Any, cast

import pytest
from pydantic import SecretStr, ValidationError

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_bus.settings import BusSettings
from a11i_chassis.errors import UnavailableError
from a11i_redaction.policy.desk import Asker, PolicyDesk
from a11i_redaction.refusals import MOST_A_MINUTE, RefusedReveals
from a11i_redaction.settings import RedactionSettings

_REQUEST = pb.RevealRequest(tenant_id="t", placeholders=["<A:enc:x>"], actor="eve", purpose="none")


class _Desk:
    """Remembers what is put on record, unless it is away."""

    def __init__(self) -> None:
        self.recorded: list[tuple[str, Asker]] = []
        self.away = False

    async def refused(self, tenant_id: str, asker: Asker) -> None:
        if self.away:
            raise UnavailableError("away")
        self.recorded.append((tenant_id, asker))


async def test_refused_calls_are_on_record_so_many_a_minute() -> None:
    desk, now = _Desk(), [0.0]
    refused = RefusedReveals(cast(PolicyDesk, desk), lambda: now[0])
    for _ in range(MOST_A_MINUTE + 5):
        await refused.record(_REQUEST, "ipv4:10.0.0.1:5")
    assert len(desk.recorded) == MOST_A_MINUTE
    assert desk.recorded[0] == ("t", Asker("eve", "ipv4:10.0.0.1:5 (refused: without the reveal token)", "none"))
    now[0] = 60.0
    await refused.record(_REQUEST, "ipv4:10.0.0.1:5")
    assert len(desk.recorded) == MOST_A_MINUTE + 1


async def test_what_cannot_be_put_on_record_fails_nothing() -> None:
    desk = _Desk()
    refused = RefusedReveals(cast(PolicyDesk, desk))
    await refused.record(pb.RevealRequest(tenant_id="t"), "peer")
    desk.away = True
    await refused.record(_REQUEST, "peer")
    await RefusedReveals(None).record(_REQUEST, "peer")
    assert desk.recorded == []


def test_one_token_for_both_rights_is_refused() -> None:
    fields: dict[str, Any] = {
        "bus": BusSettings(url=SecretStr("memory://")),
        "pseudonym_key": "a key of the tests",
        "dead_letter_key": "k" * 32,
    }
    assert RedactionSettings.model_validate({**fields, "admin_token": "a" * 32, "reveal_token": "b" * 32})
    assert RedactionSettings.model_validate(fields)
    with pytest.raises(ValidationError, match="admin_token and reveal_token are the same") as raised:
        RedactionSettings.model_validate({**fields, "admin_token": "a" * 32, "reveal_token": "a" * 32})
    assert "aaaa" not in str(raised.value)
