"""Policies in PostgreSQL: in force within seconds, apart by tenant, never gone while PostgreSQL is."""

import asyncio
import itertools
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import grpc
import pytest

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_storage.postgres import PostgresSettings, migrate
from tests.engines import postgres
from tests.service.redaction.policy_kit import (
    ADMIN,
    DEADLINE_S,
    LOADING_S,
    REVEAL,
    Service,
    refused,
    running,
    settings_of,
    until,
)
from tests.service.redaction.relay import relay

MAIL = "jane.roe@example.com"
CARD = "4111 1111 1111 1111"
_NUMBERS = itertools.count(1)
_INSERT = (
    "INSERT INTO redaction_policies (tenant_id, project_id, version, policy, actor) VALUES ($1, '', $2, $3::jsonb, 'x')"
)
"""What a service of another version could store."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.PostgresServer]:
    with postgres.running(tmp_path_factory.mktemp("policies")) as started:
        asyncio.run(migrate(PostgresSettings.model_validate({"dsn": started.dsn})))
        yield started


@pytest.fixture
async def service(server: postgres.PostgresServer) -> AsyncIterator[Service]:
    async with running(settings_of(server.dsn)) as started:
        await started.send(next(_NUMBERS), "loaded", "t")
        await started.redacted(LOADING_S)
        yield started


@pytest.fixture
def tenant() -> str:
    return str(uuid.uuid4())


def rule(entity: str, operator: "pb.Operator.ValueType" = pb.OPERATOR_REPLACE, **others: object) -> pb.EntityRule:
    return pb.EntityRule(entity=entity, operator=operator, **others)  # type: ignore[arg-type]  # the caller's fields


async def test_a_policy_of_another_process_is_in_force_while_spans_flow_within_five_seconds(
    server: postgres.PostgresServer, service: Service, tenant: str
) -> None:
    assert (await service.through(next(_NUMBERS), MAIL, tenant))[0].startswith("<EMAIL_ADDRESS_")
    async with running(settings_of(server.dsn)) as other:
        await other.put(tenant, preset="standard", entities=[rule("EMAIL_ADDRESS", pb.OPERATOR_KEEP)])
    stored = time.monotonic()
    while (seen := await service.through(next(_NUMBERS), MAIL, tenant))[0] != MAIL:
        assert time.monotonic() - stored < 5.0
    assert seen == (MAIL, "standard-no-names+1")


async def test_a_project_has_its_own_policy_else_its_tenant_s_else_the_default(service: Service, tenant: str) -> None:
    await service.put(tenant, preset="standard", entities=[rule("EMAIL_ADDRESS", pb.OPERATOR_DROP_VALUE)])
    await service.put(tenant, "own", preset="secrets-only")
    text = f"to {MAIL}"
    assert (await service.through(next(_NUMBERS), text, tenant, "own")) == (text, "secrets-only+1")
    assert (await service.through(next(_NUMBERS), text, tenant, "other"))[0] == "<EMAIL_ADDRESS>"
    redacted, label = await service.through(next(_NUMBERS), text, str(uuid.uuid4()), "own")
    assert (redacted[:18], label) == ("to <EMAIL_ADDRESS_", "standard-no-names/1")


async def test_while_postgresql_is_away_the_last_policies_serve(server: postgres.PostgresServer, tenant: str) -> None:
    async with relay(server.dsn) as way, running(settings_of(way.dsn)) as service:
        await service.send(next(_NUMBERS), "loaded", tenant)
        await service.redacted(LOADING_S)
        await service.put(tenant, preset="secrets-only")
        await way.cut()
        assert (await service.through(next(_NUMBERS), MAIL, tenant)) == (MAIL, "secrets-only+1")
        async with refused(grpc.StatusCode.UNAVAILABLE):
            await service.put(tenant, preset="standard")
        async with running(settings_of(server.dsn)) as other:
            await other.put(tenant, preset="standard")
        await way.open()

        async def in_force() -> bool:
            return (await service.through(next(_NUMBERS), MAIL, tenant))[0] != MAIL

        assert await until(in_force) < 8.0


async def test_what_postgresql_refuses_ends_nothing(
    server: postgres.PostgresServer, service: Service, tenant: str
) -> None:
    """A column with another name, a right taken away: the last policies serve, and new ones do as soon as they can."""
    await service.put(tenant, preset="secrets-only")
    connection = await asyncpg.connect(server.dsn)
    try:
        await connection.execute("ALTER TABLE redaction_policies RENAME COLUMN actor TO who")
        try:
            await connection.execute(_INSERT.replace("actor", "who"), tenant, 2, '{"preset": "standard"}')
            await connection.execute("SELECT pg_notify('a11i_redaction_policies', '')")
            await asyncio.sleep(2.0)
            assert (await service.through(next(_NUMBERS), MAIL, tenant)) == (MAIL, "secrets-only+1")
        finally:
            await connection.execute("ALTER TABLE redaction_policies RENAME COLUMN who TO actor")
    finally:
        await connection.close()

    async def in_force() -> bool:
        return (await service.through(next(_NUMBERS), MAIL, tenant))[1] == "standard-no-names+2"

    assert await until(in_force) < 8.0


async def test_batches_of_a_policy_that_cannot_be_read_wait_and_others_do_not(
    server: postgres.PostgresServer, service: Service, tenant: str
) -> None:
    connection = await asyncpg.connect(server.dsn)
    try:
        await connection.execute(_INSERT, tenant, 1, '{"preset": "of tomorrow"}')
    finally:
        await connection.close()
    other = str(uuid.uuid4())
    await service.put(other, preset="secrets-only")  # Whoever knows of this one knows of the other.
    await service.send(next(_NUMBERS), MAIL, tenant)
    assert (await service.through(next(_NUMBERS), MAIL, other)) == (MAIL, "secrets-only+1")
    assert await service.nothing_for(2.0)
    await service.put(tenant, preset="standard", expected=1)
    columns = (await service.redacted()).columns
    assert columns.column("status_message")[0].as_py().startswith("<EMAIL_ADDRESS_")


async def test_without_any_policy_ever_known_a_batch_waits_and_goes_on_then(
    server: postgres.PostgresServer, tenant: str
) -> None:
    async with relay(server.dsn) as way:
        await way.cut()
        async with running(settings_of(way.dsn)) as service:
            await service.send(next(_NUMBERS), MAIL, tenant)
            assert await service.nothing_for(2.0)
            await way.open()
            columns = (await service.redacted(LOADING_S)).columns
            assert columns.column("status_message")[0].as_py().startswith("<EMAIL_ADDRESS_")


BAD = {
    "policy.allow_patterns[1]": pb.Policy(preset="standard", allow_patterns=["x", "E-\0"]),
    "policy.preset": pb.Policy(preset="standart"),
    "policy.entities[0].entity": pb.Policy(preset="standard", entities=[pb.EntityRule(entity="EMAIL_ADRESS")]),
    "policy.entities[1].entity": pb.Policy(preset="standard", entities=[pb.EntityRule(entity="JWT")] * 2),
    "policy.entities[0].min_score": pb.Policy(preset="standard", entities=[pb.EntityRule(entity="JWT", min_score=1.5)]),
    "policy.entities[0].mask_keep_last": pb.Policy(
        preset="standard", entities=[pb.EntityRule(entity="JWT", operator=pb.OPERATOR_MASK, mask_keep_last=5)]
    ),
    "policy.min_score": pb.Policy(preset="standard", min_score=float("nan")),
    "policy.skip_attributes": pb.Policy(preset="standard", skip_attributes=["x"] * 201),
    "policy.recognizers": pb.Policy(
        preset="standard", recognizers=[pb.CustomRecognizer(entity="XX", patterns=["x"])] * 51
    ),
    "policy.recognizers[0].patterns[1]": pb.Policy(
        preset="standard", recognizers=[pb.CustomRecognizer(entity="XX", patterns=["ok", "ab(c"])]
    ),
    "policy.recognizers[0].entity": pb.Policy(
        preset="standard", recognizers=[pb.CustomRecognizer(entity="lower", patterns=["x"])]
    ),
    "policy.allow_patterns[0]": pb.Policy(preset="standard", allow_patterns=["(?=x)"]),
    "policy.languages[0]": pb.Policy(preset="standard", languages=["tlh"]),
}


@pytest.mark.parametrize("field", BAD)
async def test_a_bad_policy_is_refused_by_its_field_and_the_old_one_stays(
    service: Service, tenant: str, field: str
) -> None:
    await service.put(tenant, preset="secrets-only")
    request = pb.PutPolicyRequest(tenant_id=tenant, policy=BAD[field], actor="the tests")
    async with refused(grpc.StatusCode.INVALID_ARGUMENT, field) as message:
        await service.stub.PutPolicy(request, timeout=DEADLINE_S, metadata=ADMIN)
    assert field in message[0]
    got = await service.stub.GetPolicy(pb.GetPolicyRequest(tenant_id=tenant), timeout=DEADLINE_S, metadata=ADMIN)
    assert (got.policy.version, got.policy.policy.preset) == (1, "secrets-only")
    assert (await service.through(next(_NUMBERS), MAIL, tenant))[0] == MAIL


async def test_what_is_wrong_with_a_policy_is_said(service: Service, tenant: str) -> None:
    async with refused(grpc.StatusCode.INVALID_ARGUMENT) as message:
        await service.put(tenant, preset="standard", entities=[rule("EMAIL_ADRESS")])
    assert "EMAIL_ADDRESS" in message[0]
    async with refused(grpc.StatusCode.INVALID_ARGUMENT) as message:
        recognizer = pb.CustomRecognizer(entity="XX", patterns=["[z-a]"])
        await service.put(tenant, preset="standard", recognizers=[recognizer])
    assert "invalid character class range: z-a (at character 2)" in message[0]


async def test_versions_follow_each_other_and_a_stale_one_is_refused(service: Service, tenant: str) -> None:
    first = await service.put(tenant, preset="standard", expected=0)
    same = await service.put(tenant, preset="standard")
    assert (first.version, same.version, same.create_time) == (1, 1, first.create_time)
    second = await service.put(tenant, preset="strict", expected=1)
    assert (second.version, second.label) == (2, "strict-no-names+2")
    async with refused(grpc.StatusCode.ABORTED):
        await service.put(tenant, preset="pci", expected=1)
    await service.put(tenant, "project", preset="pci")
    listed = await service.stub.ListPolicies(
        pb.ListPoliciesRequest(tenant_id=tenant), timeout=DEADLINE_S, metadata=ADMIN
    )
    assert [(one.project_id, one.version) for one in listed.policies] == [("project", 1), ("", 2)]
    history = await service.stub.ListPolicies(
        pb.ListPoliciesRequest(tenant_id=tenant, project_id="-"), timeout=DEADLINE_S, metadata=ADMIN
    )
    assert [(one.version, one.policy.preset, one.actor) for one in history.policies] == [
        (2, "strict", "the tests"), (1, "standard", "the tests"),
    ]  # fmt: skip
    old = await service.stub.GetPolicy(
        pb.GetPolicyRequest(tenant_id=tenant, version=1), timeout=DEADLINE_S, metadata=ADMIN
    )
    assert old.policy.policy.preset == "standard"
    for unheard_of in (9, 2**32 - 1):
        async with refused(grpc.StatusCode.NOT_FOUND):
            await service.stub.GetPolicy(
                pb.GetPolicyRequest(tenant_id=tenant, version=unheard_of), timeout=DEADLINE_S, metadata=ADMIN
            )
    unknown = await service.stub.GetPolicy(pb.GetPolicyRequest(tenant_id="t"), timeout=DEADLINE_S, metadata=ADMIN)
    assert (unknown.policy.version, unknown.policy.label) == (0, "standard-no-names/1")


async def _pages(service: Service, **asked: Any) -> list[pb.ListPoliciesResponse]:
    pages: list[pb.ListPoliciesResponse] = []
    while not pages or pages[-1].next_page_token:
        token = pages[-1].next_page_token if pages else ""
        request = pb.ListPoliciesRequest(page_token=token, **asked)
        pages.append(await service.stub.ListPolicies(request, timeout=DEADLINE_S, metadata=ADMIN))
    return pages


async def test_policies_are_listed_page_by_page(service: Service, tenant: str) -> None:
    for name in "abcde":
        await service.put(tenant, name, preset="standard")
    await service.put(tenant, "b", preset="pci")
    pages = await _pages(service, tenant_id=tenant, page_size=2)
    listed = [[(one.project_id, one.version) for one in page.policies] for page in pages]
    assert listed == [[("b", 2), ("e", 1)], [("d", 1), ("c", 1)], [("a", 1)]]
    pages = await _pages(service, tenant_id=tenant, project_id="b", page_size=1)
    assert [[one.version for one in page.policies] for page in pages] == [[2], [1]]
    for field, wrong in (
        ("page_token", pb.ListPoliciesRequest(tenant_id=tenant, page_token="x")),
        ("page_size", pb.ListPoliciesRequest(tenant_id=tenant, page_size=-1)),
    ):
        async with refused(grpc.StatusCode.INVALID_ARGUMENT, field):
            await service.stub.ListPolicies(wrong, timeout=DEADLINE_S, metadata=ADMIN)


async def test_a_page_of_large_policies_is_below_what_clients_take(service: Service, tenant: str) -> None:
    words = [f"{number:07d}{'w' * 193}" for number in range(4_500)]
    for name in "abcdef":
        recognizer = pb.CustomRecognizer(entity="BIG_LIST", deny_list=words)
        await service.put(tenant, name, preset="secrets-only", recognizers=[recognizer])
    pages = await _pages(service, tenant_id=tenant)
    assert [one.project_id for page in pages for one in page.policies] == list("fedcba")
    assert len(pages) > 1
    assert all(len(page.SerializeToString()) < 4_000_000 for page in pages)


async def test_what_is_encrypted_is_revealed_to_whom_it_may_be_and_that_is_on_record(
    service: Service, tenant: str
) -> None:
    other = str(uuid.uuid4())
    for one in (tenant, other):
        await service.put(one, preset="standard", entities=[rule("EMAIL_ADDRESS", pb.OPERATOR_ENCRYPT)])
    sealed = (await service.through(next(_NUMBERS), MAIL, tenant))[0]
    assert sealed.startswith("<EMAIL_ADDRESS:enc:")
    assert (await service.through(next(_NUMBERS), MAIL, tenant))[0] == sealed
    assert (await service.through(next(_NUMBERS), sealed, tenant))[0] == sealed
    assert (await service.through(next(_NUMBERS), MAIL, other))[0] != sealed

    def request(of: str) -> pb.RevealRequest:
        return pb.RevealRequest(tenant_id=of, placeholders=[sealed], actor="ann", purpose="a court's order")

    answer = await service.stub.Reveal(request(tenant), timeout=DEADLINE_S, metadata=REVEAL)
    assert list(answer.values) == [MAIL]
    for metadata in ((), ADMIN, (("authorization", "Bearer x"),)):
        async with refused(grpc.StatusCode.UNAUTHENTICATED):
            await service.stub.Reveal(request(tenant), timeout=DEADLINE_S, metadata=metadata)
    async with refused(grpc.StatusCode.NOT_FOUND):
        await service.stub.Reveal(request(other), timeout=DEADLINE_S, metadata=REVEAL)
    page = await service.stub.ListReveals(pb.ListRevealsRequest(tenant_id=tenant), timeout=DEADLINE_S, metadata=ADMIN)
    *without_right, record = page.reveals
    assert [(one.actor, one.purpose, one.value_count, len(one.entities)) for one in without_right] == [
        ("ann", "a court's order", 0, 0)
    ] * 3
    assert all(one.peer.endswith("(refused: without the reveal token)") for one in without_right)
    assert "refused" not in record.peer
    assert (record.actor, record.purpose, record.value_count) == ("ann", "a court's order", 1)
    assert list(record.entities) == ["EMAIL_ADDRESS"]
    assert record.peer
    theirs = await service.stub.ListReveals(pb.ListRevealsRequest(tenant_id=other), timeout=DEADLINE_S, metadata=ADMIN)
    assert [one.value_count for one in theirs.reveals] == [0]


async def test_nothing_is_revealed_that_cannot_be_put_on_record(server: postgres.PostgresServer, tenant: str) -> None:
    async with relay(server.dsn) as way, running(settings_of(way.dsn)) as service:
        await service.put(tenant, preset="standard", entities=[rule("EMAIL_ADDRESS", pb.OPERATOR_ENCRYPT)])
        await service.send(next(_NUMBERS), MAIL, tenant)
        sealed = (await service.redacted(LOADING_S)).columns.column("status_message")[0].as_py()
        await way.cut()
        request = pb.RevealRequest(tenant_id=tenant, placeholders=[sealed], actor="ann", purpose="none")
        async with refused(grpc.StatusCode.UNAVAILABLE):
            await service.stub.Reveal(request, timeout=DEADLINE_S, metadata=REVEAL)


async def test_reveals_are_listed_page_by_page(service: Service, tenant: str) -> None:
    await service.put(tenant, preset="standard", entities=[rule("EMAIL_ADDRESS", pb.OPERATOR_ENCRYPT)])
    sealed = (await service.through(next(_NUMBERS), MAIL, tenant))[0]
    for purpose in "abc":
        request = pb.RevealRequest(tenant_id=tenant, placeholders=[sealed], actor="ann", purpose=purpose)
        await service.stub.Reveal(request, timeout=DEADLINE_S, metadata=REVEAL)
    seen, token = [], ""
    while True:
        page = await service.stub.ListReveals(
            pb.ListRevealsRequest(tenant_id=tenant, page_size=2, page_token=token), timeout=DEADLINE_S, metadata=ADMIN
        )
        seen += [one.purpose for one in page.reveals]
        if not (token := page.next_page_token):
            break
    assert seen == ["c", "b", "a"]
    async with refused(grpc.StatusCode.INVALID_ARGUMENT, "page_token"):
        await service.stub.ListReveals(
            pb.ListRevealsRequest(tenant_id=tenant, page_token="x"), timeout=DEADLINE_S, metadata=ADMIN
        )


async def test_policies_need_the_admin_token(service: Service, tenant: str) -> None:
    async with refused(grpc.StatusCode.UNAUTHENTICATED):
        await service.stub.GetPolicy(pb.GetPolicyRequest(tenant_id=tenant), timeout=DEADLINE_S)
    async with refused(grpc.StatusCode.UNAUTHENTICATED):
        await service.stub.PutPolicy(pb.PutPolicyRequest(tenant_id=tenant), timeout=DEADLINE_S, metadata=REVEAL)
    async with refused(grpc.StatusCode.UNAUTHENTICATED):
        await service.stub.ListPolicies(pb.ListPoliciesRequest(tenant_id=tenant), timeout=DEADLINE_S)
    async with refused(grpc.StatusCode.UNAUTHENTICATED):
        await service.stub.ListReveals(pb.ListRevealsRequest(tenant_id=tenant), timeout=DEADLINE_S)


async def test_without_a_master_key_no_policy_encrypts(server: postgres.PostgresServer, tenant: str) -> None:
    async with (
        running(settings_of(server.dsn, master_key=None)) as service,
        refused(grpc.StatusCode.INVALID_ARGUMENT, "policy.entities[0].operator"),
    ):
        await service.put(tenant, preset="standard", entities=[rule("EMAIL_ADDRESS", pb.OPERATOR_ENCRYPT)])


async def test_a_policy_is_tried_against_samples(service: Service) -> None:
    recognizer = pb.CustomRecognizer(entity="EMPLOYEE_ID", patterns=[r"\bE-\d{4}\b"])
    answer = await service.stub.TestPolicy(
        pb.TestPolicyRequest(
            policy=pb.Policy(
                preset="standard", recognizers=[recognizer], entities=[rule("CREDIT_CARD", pb.OPERATOR_KEEP)]
            ),
            samples=[f"E-1234 paid with {CARD}", "nothing"],
        ),
        timeout=DEADLINE_S,
    )
    first, second = answer.samples
    assert list(first.differences) == ["+EMPLOYEE_ID 0-6", "-CREDIT_CARD 17-36"]
    assert first.tried.text.endswith(f"paid with {CARD}")
    assert first.tried.text.startswith("<EMPLOYEE_ID_")
    assert first.against.text.startswith("E-1234 paid with <CREDIT_CARD_")
    assert (list(second.differences), answer.different_count) == ([], 1)


async def test_analyze_says_what_is_found_whatever_a_policy_says(service: Service) -> None:
    text = f"{MAIL} born 1980-02-03, card {CARD} cvv 123"
    answer = await service.stub.Analyze(pb.AnalyzeRequest(texts=[text]), timeout=DEADLINE_S)
    found = {finding.entity: text[finding.start : finding.end] for finding in answer.texts[0].findings}
    assert found == {
        "EMAIL_ADDRESS": MAIL, "DATE_OF_BIRTH": "1980-02-03", "CREDIT_CARD": CARD, "CARD_SECURITY_CODE": "123",
    }  # fmt: skip
    only = pb.AnalyzeRequest(texts=[text], entities=["CREDIT_CARD"], min_score=0.9)
    answer = await service.stub.Analyze(only, timeout=DEADLINE_S)
    assert [finding.entity for finding in answer.texts[0].findings] == ["CREDIT_CARD"]
    async with refused(grpc.StatusCode.INVALID_ARGUMENT, "entities[0]"):
        await service.stub.Analyze(pb.AnalyzeRequest(texts=[text], entities=["CARD"]), timeout=DEADLINE_S)


async def test_the_presets_say_all_they_do(service: Service) -> None:
    answer = await service.stub.ListPresets(pb.ListPresetsRequest(), timeout=DEADLINE_S)
    presets = {preset.name: preset for preset in answer.presets}
    assert list(presets) == ["secrets-only", "standard", "strict", "hipaa", "pci"]
    entities = {name: {one.entity for one in preset.policy.entities} for name, preset in presets.items()}
    assert entities["secrets-only"] < entities["standard"] < entities["strict"]
    assert entities["secrets-only"] < entities["pci"]
    for preset in presets.values():
        again = (
            await service.stub.TestPolicy(
                pb.TestPolicyRequest(policy=preset.policy, samples=[f"{MAIL} {CARD}"]), timeout=DEADLINE_S
            )
            if preset.name in {"secrets-only", "pci"}
            else None
        )
        assert again is None or again.different_count == 0
