"""Policies: what they say is what happens, and nothing else moves."""

import json
import random
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_redaction.analysis import Analyzer
from a11i_redaction.cache import FindingsCache
from a11i_redaction.ciphers import TenantCipher
from a11i_redaction.detectors.budget import Budget, BudgetExceededError
from a11i_redaction.detectors.custom import CustomDetector, CustomRecognizer
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from a11i_redaction.policy.in_force import InForce
from a11i_redaction.policy.model import Policy
from a11i_redaction.pseudonyms import Pseudonyms
from a11i_telemetry.batch import SpanBatch
from tests.unit.redaction.redaction_kit import KEY, TENANT, batch, column, policy

MAIL, CARD, NAME = "jane.roe@example.com", "4111 1111 1111 1111", "Maria Garcia"
SECRET = "sk-" + "proj-" + "a1B2c3D4" * 6
OPERATORS = [number for number in pb.Operator.values() if number]
_CIPHER = TenantCipher(TENANT, b"k" * 32)


class Bench:
    """A redactor whose policy a test chooses."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._chosen = InForce(policy(preset="standard"))
        self.redactor = Redactor(analyzer, Pseudonyms(KEY), self, "test/1", lambda: 0)

    def in_force(self, tenant_id: str, project_id: str) -> InForce:
        return self._chosen

    def under(self, chosen: Policy) -> Redactor:
        self._chosen = InForce(chosen, _CIPHER)
        return self.redactor


@pytest.fixture(scope="module")
def bench(patterns: PatternDetector) -> Bench:
    return Bench(Analyzer(patterns, None, FindingsCache(1_000_000), 100_000))


def one(bench: Bench, text: str, **fields: Any) -> str:
    [redacted] = bench.under(policy(**fields)).redact_texts([text], TENANT)
    return redacted.text


def rule(entity: str, **fields: Any) -> pb.EntityRule:
    return pb.EntityRule(entity=entity, **fields)


_PIECES = st.sampled_from([
    MAIL, CARD, SECRET, "+1 415 555 0132", "password: hunter22!", "E-12345", "192.168.3.14", "8.8.4.4", "ab12", "plain",
    "GB82 WEST 1234 5698 7654 32", "<EMAIL_ADDRESS_3f2a9c01>", "<ID_12345678>", "<HEX_ID_1a345678>",
    "****1111", "078-05-1120", "ssn", "é\u200b\U0001f600",
])  # fmt: skip
_TEXTS = st.lists(_PIECES, min_size=1, max_size=6).map(" ".join)
_POLICIES = st.builds(
    lambda operators, keep: policy(
        preset="standard",
        entities=[
            rule(entity, operator=operator, mask_keep_last=keep if operator == pb.OPERATOR_MASK else 0)
            for entity, operator in operators.items()
        ],
        recognizers=[
            pb.CustomRecognizer(entity="EMPLOYEE_ID", patterns=[r"\bE-\d{4,5}\b"]),
            pb.CustomRecognizer(entity="HEX_ID", patterns=["[0-9a-f]{8}"]),
        ],
    ),
    st.dictionaries(
        st.sampled_from(["EMAIL_ADDRESS", "CREDIT_CARD", "SECRET", "PHONE_NUMBER", "IBAN_CODE", "EMPLOYEE_ID"]),
        st.sampled_from(OPERATORS),
    ),
    st.integers(0, 4),
)
_SLOWLY = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_SLOWLY
@given(_TEXTS, _POLICIES)
def test_redacting_again_changes_nothing_whatever_the_operators(bench: Bench, text: str, chosen: Policy) -> None:
    redactor = bench.under(chosen)
    once = redactor.redact_texts([text], TENANT)[0].text
    assert redactor.redact_texts([once], TENANT)[0].text == once


@_SLOWLY
@given(st.lists(_TEXTS, max_size=3), _POLICIES)
def test_json_stays_json_with_all_its_keys_apart(bench: Bench, texts: list[str], chosen: Policy) -> None:
    document = {"list": texts, **{f"key {text}": text for text in texts}}
    redactor = bench.under(chosen)
    once = redactor.redact_texts([json.dumps(document)], TENANT)[0].text
    assert len(json.loads(once)) == len(document)
    assert redactor.redact_texts([once], TENANT)[0].text == once


@_SLOWLY
@given(_TEXTS)
def test_nothing_outside_findings_moves(bench: Bench, text: str) -> None:
    mask_all = [rule(entity, operator=pb.OPERATOR_MASK) for entity in ("EMAIL_ADDRESS", "CREDIT_CARD", "SECRET")]
    [redacted] = bench.under(policy(preset="pci", entities=[*mask_all, rule("IBAN_CODE", enabled=False)])).redact_texts(
        [text], TENANT
    )
    if len(redacted.text) == len(text):
        inside = {place for finding in redacted.findings for place in range(finding.start, finding.end)}
        assert all(
            before == after or place in inside
            for place, (before, after) in enumerate(zip(text, redacted.text, strict=True))
        )


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (pb.OPERATOR_MASK, f"to {'*' * len(MAIL)} now"),
        (pb.OPERATOR_DROP_VALUE, "<EMAIL_ADDRESS>"),
        (pb.OPERATOR_KEEP, f"to {MAIL} now"),
    ],
)
def test_an_operator_does_what_it_says(bench: Bench, operator: int, expected: str) -> None:
    assert (
        one(bench, f"to {MAIL} now", preset="standard", entities=[rule("EMAIL_ADDRESS", operator=operator)]) == expected
    )


def test_presets_take_more_or_less(bench: Bench) -> None:
    text = f"{MAIL} {CARD} {SECRET}"
    secrets = one(bench, text, preset="secrets-only")
    assert secrets.startswith(f"{MAIL} {CARD} <SECRET_")
    pci = one(bench, text, preset="pci")
    assert pci.startswith(f"{MAIL} <CREDIT_CARD_")
    assert one(bench, "card 4111 1111 1111 1111 exp 04/27 cvv 123", preset="pci").count("<CARD_") == 2
    born = "meeting on 4 May 2026, she was born on 3 May 1980"
    assert one(bench, born, preset="standard") == born
    assert one(bench, born, preset="hipaa").startswith("meeting on 4 May 2026, she was born on <DATE_OF_BIRTH_")


def test_what_a_policy_does_not_take_hides_nothing_that_it_takes(bench: Bench) -> None:
    text = f"password: {MAIL}"
    without = [rule("EMAIL_ADDRESS", enabled=False)]
    assert MAIL not in one(bench, text, preset="standard", entities=without)
    assert MAIL not in one(bench, text, preset="standard")
    assert one(bench, text, preset="standard", entities=[*without, rule("SECRET", enabled=False)]) == text


@pytest.mark.parametrize(
    ("own", "theirs", "left"),
    [
        ({"operator": pb.OPERATOR_MASK, "mask_keep_last": 4}, pb.OPERATOR_DROP_VALUE, "<SECRET>"),
        ({"operator": pb.OPERATOR_ENCRYPT}, pb.OPERATOR_DROP_VALUE, "<SECRET>"),
        ({"operator": pb.OPERATOR_ENCRYPT}, pb.OPERATOR_REPLACE, "<SECRET_"),
        ({"operator": pb.OPERATOR_MASK, "mask_keep_last": 4}, pb.OPERATOR_ENCRYPT, "<SECRET:enc:"),
        ({"operator": pb.OPERATOR_DROP_VALUE}, pb.OPERATOR_REPLACE, "<WORD>"),
    ],
)
def test_what_overlaps_goes_by_the_strictest_operator(
    bench: Bench, own: dict[str, Any], theirs: int, left: str
) -> None:
    redacted = one(
        bench,
        f"word={SECRET}",
        preset="standard",
        entities=[rule("WORD", **own), rule("SECRET", operator=theirs)],
        recognizers=[pb.CustomRecognizer(entity="WORD", patterns=[r"word=\S+"])],
    )
    assert redacted.startswith(left)
    assert SECRET[-4:] not in redacted


def test_allowed_values_stay(bench: Bench) -> None:
    text = f"{MAIL} bob@corp.example.com"
    assert one(bench, text, preset="standard", allow_list=["JANE.ROE@example.com"]).startswith(f"{MAIL} <EMAIL")
    assert one(bench, text, preset="standard", allow_patterns=[r".*@example\.com"]).startswith(f"{MAIL} <EMAIL")
    assert MAIL not in one(bench, text, preset="standard", allow_patterns=["jane"])


def test_a_recognizer_of_one_s_own_finds_by_pattern_word_and_context(bench: Bench) -> None:
    recognizer = pb.CustomRecognizer(
        entity="PROJECT", patterns=[r"code (?P<value>\w{4})\b"], deny_list=["Blue Falcon", "#x"], ignore_case=True
    )
    text = "CODE ab12, blue falcon, bluefalcon, blue falcons, #X #xy"
    redacted = one(bench, text, preset="secrets-only", recognizers=[recognizer])
    assert redacted.startswith("CODE <PROJECT_")
    assert redacted.count("<PROJECT_") == 3
    assert "bluefalcon, blue falcons" in redacted
    assert redacted.endswith("#xy")
    badge = pb.CustomRecognizer(entity="BADGE", patterns=[r"\b\d{5}\b"], context=["badge", "staff id"], score=0.7)
    for sample, found in (("badge 12345", True), ("Staff ID: 12345", True), ("order 12345", False)):
        assert ("<BADGE_" in one(bench, sample, preset="secrets-only", recognizers=[badge])) is found
    in_json = one(bench, '{"badge": "12345", "n": "12345"}', preset="secrets-only", recognizers=[badge])
    assert in_json.count("<BADGE_") == 1


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+b", "(.*)*x", r"(\w+\s?)*!", "a(?:.*b)?", "(?:a?){60}a{60}!"])
def test_a_pattern_that_would_stall_a_backtracking_engine_is_done_in_time(bench: Bench, pattern: str) -> None:
    recognizer = pb.CustomRecognizer(entity="BAD_ONE", patterns=[pattern])
    chosen = policy(preset="secrets-only", recognizers=[recognizer])
    began = time.process_time()
    bench.under(chosen).redact_texts(["a" * 90_000 + "!"], TENANT)
    assert time.process_time() - began < 10


def test_chosen_attributes_are_skipped_or_dropped_whole(bench: Bench) -> None:
    redactor = bench.under(
        policy(
            preset="standard",
            skip_attributes=["order.*", "trace_state"],
            drop_attributes=["prompt", "tool_result", "n"],
        )
    )
    spans = batch(
        attr_string=[[("order.mail", MAIL), ("prompt", "anything"), ("other", MAIL), ("empty", "")]],
        attr_int=[[("n", 5), ("m", 6)]],
        attr_json=[[("prompt", '{"a": 1}')]],
        trace_state=[MAIL],
        tool_result=["what it was"],
        tool_arguments=[json.dumps({"order.mail": {"deep": [MAIL]}, "prompt": {"x": [1, "}"]}, "left": MAIL})],
    )
    output = redactor.redact_batch(spans)
    strings = dict(column(output, "attr_string")[0])
    assert (strings["order.mail"], strings["prompt"], strings["empty"]) == (MAIL, "<DROPPED>", "")
    assert strings["other"].startswith("<EMAIL_ADDRESS_")
    assert strings["n"] == "<DROPPED>"
    assert column(output, "attr_int") == [[("m", 6)]]
    assert column(output, "attr_json") == [[("prompt", '"<DROPPED>"')]]
    assert column(output, "trace_state") == [MAIL]
    assert column(output, "tool_result") == ["<DROPPED>"]
    arguments = json.loads(column(output, "tool_arguments")[0])
    assert arguments["order.mail"] == {"deep": [MAIL]}
    assert arguments["prompt"] == "<DROPPED>"
    assert arguments["left"].startswith("<EMAIL_ADDRESS_")
    assert redactor.redact_batch(output).encode() == output.encode()


def test_an_attribute_that_a_column_took_goes_by_its_own_name(bench: Bench) -> None:
    redactor = bench.under(policy(preset="standard", drop_attributes=["gen_ai.input.messages"]))
    output = redactor.redact_batch(batch(input_messages=['[{"role": "user"}]'], output_messages=["[]"]))
    assert column(output, "input_messages") == ['"<DROPPED>"']
    assert column(output, "output_messages") == ["[]"]


@pytest.mark.parametrize(
    ("over_budget", "left"), [(pb.OVER_BUDGET_QUARANTINE, "<WITHHELD>"), (pb.OVER_BUDGET_DROP_VALUE, "")]
)
def test_what_cannot_be_examined_never_passes(bench: Bench, over_budget: int, left: str) -> None:
    redactor = bench.under(policy(preset="standard", on_over_budget=over_budget))
    output = redactor.redact_batch(batch(status_message=["x" * 100_001]))
    assert column(output, "status_message") == [left]
    assert column(output, "withheld_values") == [1]


def test_the_receipt_says_where_and_how_much(bench: Bench) -> None:
    output: SpanBatch = bench.under(policy(preset="standard")).redact_batch(
        batch(2, status_message=[f"é {MAIL}", ""], attr_string=[[("k", MAIL)], [(f"k {CARD}", "x")]])
    )
    assert column(output, "redacted_where") == [
        [("attr_string:EMAIL_ADDRESS", 1), ("status_message:EMAIL_ADDRESS", 1)], [("attr_string:CREDIT_CARD", 1)],
    ]  # fmt: skip
    assert column(output, "redaction_bytes") == [2 * len(MAIL) + 3, 1]


def test_policies_are_cached_apart_and_findings_together(bench: Bench) -> None:
    text = f"cached {MAIL} {CARD}"
    for _ in range(2):
        assert MAIL in one(bench, text, preset="pci")
        assert MAIL not in one(bench, text, preset="standard")
        assert CARD in one(bench, text, preset="secrets-only")


@pytest.mark.parametrize("text", ["<AK" + "IAIOSFODNN7EXAMPLQ>", "<GB82WEST12345698765432>"])
def test_value_in_angle_brackets_is_no_dropped_text(bench: Bench, text: str) -> None:
    """The form of what is left of a dropped text is also that of a key in brackets."""
    assert text[1:-1] not in one(bench, text, preset="standard")
    assert text[1:-1] not in one(bench, json.dumps({"a": text}), preset="standard")


@pytest.mark.parametrize(
    "inside",
    ["AK" + "IAIOSFODNN7EXAMPLQ", "AK" + "IAIOSFODNN7EXAMPLQ_3f2a9c01", "EMAIL:enc:" + SECRET, "SSN_19800503 " + MAIL],
)
def test_what_a_sender_writes_in_the_form_of_a_placeholder_is_examined(bench: Bench, inside: str) -> None:
    assert inside not in one(bench, f"see <{inside}>", preset="standard")


@pytest.mark.parametrize("cipher", [None, _CIPHER, TenantCipher("another", b"k" * 32)])
def test_what_has_the_form_of_an_encrypted_placeholder_is_examined_unless_the_tenant_wrote_it(
    bench: Bench, cipher: TenantCipher | None
) -> None:
    forged = f"it is <PERSON:enc:AQ-{SECRET}>"
    genuine = f"password: {_CIPHER.placeholder('SECRET', SECRET)}"
    chosen = InForce(policy(preset="standard"), cipher)
    [examined] = bench.redactor.redact_texts([forged], TENANT, chosen)
    assert SECRET not in examined.text
    # Whether or not the policy of now encrypts; under another key it is a password as any other.
    for _ in range(2):
        [kept] = bench.redactor.redact_texts([genuine], TENANT, chosen)
        assert (kept.text == genuine) is (cipher is _CIPHER)


def test_a_number_in_the_form_of_a_placeholder_is_examined(bench: Bench) -> None:
    own = pb.CustomRecognizer(entity="ACCOUNT", patterns=["[0-9]{8}"])
    for text in ("<ID_12345678>", "<ACCOUNT_12345678>", "<PHONE_NUMBER_12345678>"):
        once = one(bench, text, preset="secrets-only", recognizers=[own])
        assert "12345678" not in once
        assert one(bench, once, preset="secrets-only", recognizers=[own]) == once


def test_placeholders_of_a_policy_s_own_are_known_by_it_alone(bench: Bench) -> None:
    """What is remembered of a text under one policy must not hide anything under another."""
    own = pb.CustomRecognizer(entity="EMPLOYEE_ID", patterns=["E-[0-9]{5}"])
    hex_id = pb.CustomRecognizer(entity="HEX_ID", patterns=["[0-9a-f]{8}"])
    text = "<EMPLOYEE_ID_3f2a9c01> of jane.roe@example.com"
    for _ in range(2):
        kept = one(bench, text, preset="standard", recognizers=[own, hex_id])
        assert kept.startswith("<EMPLOYEE_ID_3f2a9c01> of <EMAIL_ADDRESS_")
        assert "3f2a9c01" not in one(bench, text, preset="standard", recognizers=[hex_id])


def test_dropped_text_of_own_entity_stays_though_its_own_pattern_matches_it(bench: Bench) -> None:
    own = pb.CustomRecognizer(entity="EMPLOYEE_ID", patterns=["[A-Z]+_ID|E-[0-9]{5}"])
    dropping = {
        "preset": "standard",
        "recognizers": [own],
        "entities": [rule("EMPLOYEE_ID", operator=pb.OPERATOR_DROP_VALUE)],
    }
    assert one(bench, "it is E-12345", **dropping) == "<EMPLOYEE_ID>"
    assert one(bench, "<EMPLOYEE_ID>", **dropping) == "<EMPLOYEE_ID>"


@pytest.mark.parametrize(
    "fields",
    [{"skip_attributes": ["app.*"]}, {"drop_attributes": ["app.*"]}, {"allow_patterns": ["E-.*"]}],
    ids=lambda fields: next(iter(fields)),
)
def test_half_a_surrogate_pair_fails_no_batch(bench: Bench, fields: dict[str, Any]) -> None:
    """JSON can hold what UTF-8, and so RE2, cannot."""
    text = r'{"\ud800key": "password: \ud800hunter22!", "mail": "' + MAIL + '"}'
    redacted = one(bench, text, preset="standard", **fields)
    assert MAIL not in redacted
    assert "hunter22" not in redacted
    assert json.loads(redacted)


def test_own_pattern_finds_beside_half_a_surrogate_pair(bench: Bench) -> None:
    own = pb.CustomRecognizer(entity="EMPLOYEE_ID", patterns=["E-[0-9]{5}"])
    redacted = one(bench, r'"\ud800 E-12345 é"', preset="standard", recognizers=[own])
    assert "E-12345" not in redacted
    assert redacted.startswith(r'"\ud800 <EMPLOYEE_ID_')


@pytest.mark.parametrize("number", ["4111111111111111e0", "4.111111111111111e15", "-4.111111111111111E+15"])
def test_whole_number_with_exponent_is_examined(bench: Bench, number: str) -> None:
    assert json.loads(one(bench, f'{{"card": {number}}}', preset="standard"))["card"].startswith("<CREDIT_CARD_")


@pytest.mark.parametrize("number", ["4.1111111111111119e15", "4e-15", "1e999999999", "4111111111111111e9"])
def test_other_numbers_with_exponent_stay(bench: Bench, number: str) -> None:
    text = f'{{"card": {number}}}'
    assert one(bench, text, preset="standard") == text


def test_many_slow_patterns_take_no_more_than_the_time_of_a_text() -> None:
    slow = [
        CustomRecognizer("SLOW", tuple(f"[ab]*a[ab]{{{100 + n}}}c" for n in range(20)), (), 0.8, (), ignore_case=False)
        for _ in range(50)
    ]
    detector = CustomDetector(slow)
    text = "".join(random.Random(1).choices("ab", k=30_000))  # noqa: S311  (no secret)
    began_s = time.thread_time()
    with pytest.raises(BudgetExceededError):
        detector.find(text, "", Budget(0.2))
    assert time.thread_time() - began_s < 2


def test_copies_of_dropped_attributes_go_with_them(bench: Bench) -> None:
    """Ingest copies attributes to columns; a row whose value came from elsewhere keeps it."""
    redactor = bench.under(
        policy(
            preset="standard",
            drop_attributes=["user.id", "session.id", "input.value", "llm.output_messages.*", "app.*"],
            skip_attributes=["session_id"],
        )
    )
    spans = batch(
        2,
        attr_string=[
            [("user.id", "u-1"), ("session.id", "s-1"), ("input.value", "hello"), ("llm.output_messages.0.role", "x")],
            [("enduser.id", "u-1"), ("app.secret", "s-1")],
        ],
        attr_int=[[], []],
        user_id=["u-1", "u-1"],
        session_id=["s-1", "s-1"],
        input_messages=['[{"role": "user"}]', '[{"role": "user"}]'],
        output_messages=['[{"role": "x"}]', '[{"role": "x"}]'],
        tool_result=["", "kept"],
    )
    once = redactor.redact_batch(spans)
    assert column(once, "user_id") == ["<DROPPED>", "u-1"]
    assert column(once, "session_id") == ["<DROPPED>", "s-1"]
    assert column(once, "input_messages") == ['"<DROPPED>"', '[{"role": "user"}]']
    assert column(once, "output_messages") == ['"<DROPPED>"', '[{"role": "x"}]']
    assert column(once, "tool_result") == ["", "kept"]
    twice = redactor.redact_batch(once)
    assert all(column(twice, name) == column(once, name) for name in ("user_id", "session_id", "input_messages"))


def test_number_that_is_dropped_is_dropped_where_it_was_copied(bench: Bench) -> None:
    redactor = bench.under(policy(preset="standard", drop_attributes=["user.id"]))
    spans = batch(attr_int=[[("user.id", 12345)]], user_id=["12345"])
    output = redactor.redact_batch(spans)
    assert column(output, "user_id") == ["<DROPPED>"]
    assert column(output, "attr_string") == [[("user.id", "<DROPPED>")]]


@pytest.mark.parametrize("key", ["+1 415 555 0132", "cvv 123", "https://bob:pw123456@h.com/"])
@pytest.mark.parametrize("value", ["8.8.4.4078-05-1120", "cvv 123078-05-1120+1", "born 1970-01-02, 123"])
def test_placeholder_in_a_key_tells_nothing_of_the_value(bench: Bench, key: str, value: str) -> None:
    once = one(bench, json.dumps({key: value}), preset="strict")
    assert "_" in next(iter(json.loads(once)))
    assert one(bench, once, preset="strict") == once
