"""Pattern PII is found, by entity; values that look like it stay."""

import time

import hyperscan
import pytest

from a11i_redaction.detectors.budget import Budget, BudgetExceededError
from a11i_redaction.detectors.patterns import PatternDetector
from tests.unit.redaction.redaction_kit import found

VALUES = [
    ("EMAIL_ADDRESS", "write to jane.doe+x@mail.example.co.uk today", "jane.doe+x@mail.example.co.uk"),
    ("EMAIL_ADDRESS", "<ops@corp.internal>", "ops@corp.internal"),
    ("EMAIL_ADDRESS", "josé@example.com", "josé@example.com"),
    ("EMAIL_ADDRESS", '{"to":"a.b@example.org"}', "a.b@example.org"),
    ("PHONE_NUMBER", "call (415) 555-2671 now", "(415) 555-2671"),
    ("PHONE_NUMBER", "415-555-2671", "415-555-2671"),
    ("PHONE_NUMBER", "+1 415 555 2671", "+1 415 555 2671"),
    ("PHONE_NUMBER", "+44 20 7946 0958", "+44 20 7946 0958"),
    ("PHONE_NUMBER", "+4930123456", "+4930123456"),
    ("PHONE_NUMBER", "Tel. 030 12345678", "030 12345678"),
    ("PHONE_NUMBER", "my mobile is 4155552671", "4155552671"),
    ("PHONE_NUMBER", "+91 98765 43210", "+91 98765 43210"),
    ("CREDIT_CARD", "card 4111 1111 1111 1111 exp", "4111 1111 1111 1111"),
    ("CREDIT_CARD", "4111111111111111", "4111111111111111"),
    ("CREDIT_CARD", "5500-0000-0000-0004", "5500-0000-0000-0004"),
    ("CREDIT_CARD", "amex 378282246310005", "378282246310005"),
    ("CREDIT_CARD", "2223003122003222", "2223003122003222"),
    ("CREDIT_CARD", "id_4111111111111111", "4111111111111111"),
    ("CREDIT_CARD", "4111111111111111_2024", "4111111111111111"),
    ("EMAIL_ADDRESS", "john.doe@example.com_2024", "john.doe@example.com"),
    ("EMAIL_ADDRESS", "john.doe@example.museum_2024", "john.doe@example.museum"),
    ("EMAIL_ADDRESS", "to john.doe_smith@example.com", "john.doe_smith@example.com"),
    ("CRYPTO", "0x52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886E0F7030069857D2E4169EE7"),
    ("CRYPTO", "xrp rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"),
    ("IBAN_CODE", "IBAN TR330006100519786457841326", "TR330006100519786457841326"),
    ("KR_RRN", "주민등록번호는 900101-1234568입니다", "900101-1234568"),
    ("IN_AADHAAR", "मेरा आधार नंबर 312345678909 है", "312345678909"),
    ("IBAN_CODE", "IBAN DE89 3704 0044 0532 0130 00.", "DE89 3704 0044 0532 0130 00"),
    ("IBAN_CODE", "GB82WEST12345698765432", "GB82WEST12345698765432"),
    ("IP_ADDRESS", "from 93.184.216.34 port 80", "93.184.216.34"),
    ("IP_ADDRESS", "host 11.20.30.40", "11.20.30.40"),
    ("IP_ADDRESS", "addr 2606:2800:220:1:248:1893:25c8:1946", "2606:2800:220:1:248:1893:25c8:1946"),
    ("IP_ADDRESS", "peer fe80::1ff:fe23:4567:890a up", "fe80::1ff:fe23:4567:890a"),
    ("MAC_ADDRESS", "mac 00:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d:5e"),
    ("CRYPTO", "send to 16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ", "16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ"),
    ("CRYPTO", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
    ("US_SSN", "her SSN is 536-90-4399", "536-90-4399"),
    ("US_SSN", "536-90-4399", "536-90-4399"),
    ("US_SSN", "ssn: 536904399", "536904399"),
    ("US_ITIN", "itin 911-70-1234", "911-70-1234"),
    ("US_PASSPORT", "passport 912803456", "912803456"),
    ("US_DRIVER_LICENSE", "driver license H12234567", "H12234567"),
    ("US_BANK_NUMBER", "bank account 945456787654", "945456787654"),
    ("ABA_ROUTING_NUMBER", "aba routing 121000358", "121000358"),
    ("US_MBI", "medicare beneficiary 1EG4-TE5-MK73", "1EG4-TE5-MK73"),
    ("US_NPI", "NPI 1234567893", "1234567893"),
    ("MEDICAL_LICENSE", "DEA BB1388568", "BB1388568"),
    ("UK_NHS", "NHS number 943 476 5919", "943 476 5919"),
    ("UK_NINO", "nino AB 12 34 56 C", "AB 12 34 56 C"),
    ("AU_ABN", "ABN 51 824 753 556", "51 824 753 556"),
    ("AU_TFN", "tfn 876 543 210", "876 543 210"),
    ("SG_NRIC_FIN", "NRIC S1234567D", "S1234567D"),
    ("IN_PAN", "PAN ABCPD1234E", "ABCPD1234E"),
    ("IN_AADHAAR", "aadhaar 3123 4567 8909", "3123 4567 8909"),
    ("ES_NIF", "DNI 12345678Z", "12345678Z"),
    ("ES_NIE", "NIE X1234567L", "X1234567L"),
    ("FI_PERSONAL_IDENTITY_CODE", "hetu 131052-308T", "131052-308T"),
    ("IT_FISCAL_CODE", "codice fiscale MRTMTT91D08F205J", "MRTMTT91D08F205J"),
    ("PL_PESEL", "PESEL 44051401359", "44051401359"),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "text", "value"), VALUES, ids=[f"{e}-{v}" for e, _, v in VALUES])
def test_finds_a_value(patterns: PatternDetector, entity: str, text: str, value: str) -> None:
    best = {text[f.start : f.end]: f for f in sorted(patterns.find(text, ""), key=lambda f: f.score)}
    assert value in best
    assert best[value].entity == entity


@pytest.mark.parametrize(("entity", "text", "value"), VALUES, ids=[f"{e}-{v}" for e, _, v in VALUES])
def test_finds_it_in_the_middle_of_a_long_text(patterns: PatternDetector, entity: str, text: str, value: str) -> None:
    filler = "Nothing in these words has to go, whatever comes before or after them. " * 20
    assert (entity, value) in found(patterns.find(filler + text + " " + filler, ""), filler + text + " " + filler)


LOOK_ALIKES = [
    "version 10.20.30.40 of the driver",
    "Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36",
    "listening on 127.0.0.1, 0.0.0.0 and ::1",
    "documentation uses 192.0.2.1, 198.51.100.7 and 2001:db8::1",
    "std::vector<int>, a::b and dead::beef::cafe names",
    "at 12:34:56 on 2026-11-21T10:20:30.123456Z",
    "git clone git@github.com:org/repo.git",
    "@dataclass, user@ and npm @scope/package@1.2.3",
    "order 1234567890 and ticket 9876543210",
    "id 550e8400-e29b-41d4-a716-446655440000",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736",
    "traceparent 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "4111 1111 1111 1112 fails its checksum",
    "timestamps 1763697018 1763697018000 1763697018000000 1763697018000000000",
    "took 0.1234567890123 s, pi is 3.14159265358979",
    "between 2026-01-02 and 2026-12-31, 10/11/2026",
    "$1,234,567.89 and 12 345 678 EUR",
    "model gpt-4o-2024-08-06, claude-sonnet-4-20250514",
    "GB82WEST12345698765431 fails its checksum",
    "ISBN 978-3-16-148410-0",
    "0x7ffee4b5c9d0 and 1234567812345678.txt",
    "port 8080, error 404, 100000 rows, 65536 bytes",
    "ff:ff:ff:ff:ff:ff",
    "account_id 123456789012 and call_id 4155552671",
    "INV-2025-123456789 of the driver license office, issued 20070825",
    "aadhaar of 4157 2303 2064 1234",
    "nodes 10.0.3.7, 192.168.1.20 and 172.16.4.5",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_leaves_what_only_looks_like_pii(patterns: PatternDetector, text: str) -> None:
    assert found(patterns.find(text, ""), text) == []


@pytest.mark.parametrize(
    ("key", "value", "entity"),
    [
        ("ssn", "536904399", "US_SSN"),
        ("phoneNumber", "4155552671", "PHONE_NUMBER"),
        ("passport_number", "912803456", "US_PASSPORT"),
        ("bank.account", "945456787654", "US_BANK_NUMBER"),
    ],
)
def test_takes_the_key_for_context(patterns: PatternDetector, key: str, value: str, entity: str) -> None:
    assert entity in {finding.entity for finding in patterns.find(value, key)}
    assert found(patterns.find(value, "order_id"), value) == []


def test_only_the_first_detector_compiles(patterns: PatternDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(hyperscan, "Database")
    text = "mail a@example.com"
    assert PatternDetector(budget_s=60.0).find(text, "") == patterns.find(text, "")


def test_gives_up_on_a_text_that_takes_too_long(patterns: PatternDetector) -> None:
    ticks = iter(range(0, 1000, 10))
    with pytest.raises(BudgetExceededError):
        patterns.find("mail a@example.com", "", Budget(5.0, lambda: float(next(ticks))))


@pytest.mark.parametrize(
    "text",
    ["1" * 300_000, "a@" * 150_000, "1-" * 150_000, "password=" * 30_000, "eyJ" * 100_000, "1.1." * 75_000,
     "-----BEGIN PRIVATE KEY-----" * 10_000, "a:" * 150_000, "x" * 300_000 + "@example.com"],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_no_text_takes_more_than_seconds(patterns: PatternDetector, text: str) -> None:
    start = time.process_time()
    patterns.find(text, "password")
    assert time.process_time() - start < 8.0


def test_an_address_with_a_very_long_local_part_goes_as_a_whole(patterns: PatternDetector) -> None:
    address = "x" * 1_000 + "@example.com"
    assert ("EMAIL_ADDRESS", address) in found(patterns.find(f"to {address} now", ""), f"to {address} now")


@pytest.mark.parametrize("letter", "0OIl")
def test_what_no_coin_s_alphabet_has_is_no_address_and_no_failure(patterns: PatternDetector, letter: str) -> None:
    assert not patterns.find(f"send to L{letter}{'zK7' * 9} today", "")


def test_the_password_of_a_url_is_no_address(patterns: PatternDetector) -> None:
    text = "postgresql://app:hunt3r@db.internal:5432/x"
    assert found(patterns.find(text, ""), text) == [("URL_CREDENTIALS", "app:hunt3r")]


@pytest.mark.parametrize("joint", ["\u00a0", "\u202f", "\u2011", "\u2013"])
def test_numbers_with_typeset_separators_are_found(patterns: PatternDetector, joint: str) -> None:
    for entity, groups in [("CREDIT_CARD", ["4111", "1111", "1111", "1111"]), ("PHONE_NUMBER", ["415", "555", "2671"])]:
        value = joint.join(groups)
        assert (entity, value) in found(patterns.find(f"it is {value} now", ""), f"it is {value} now")


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("телефон 4951234567", "PHONE_NUMBER", "4951234567"),
        ("дата рождения 12.03.1980", "DATE_OF_BIRTH", "12.03.1980"),
        ("telefonní číslo, dn født 12.03.1980", "DATE_OF_BIRTH", "12.03.1980"),
    ],
)
def test_words_in_other_alphabets_say_what_a_number_is(
    patterns: PatternDetector, text: str, entity: str, value: str
) -> None:
    assert (entity, value) in found(patterns.find(text, ""), text)


@pytest.mark.parametrize(
    "address",
    [
        "jane.roe@xn--mnchen-3ya.de",
        "jane.roe@my--company.com",
        '"jane.roe"@example.com',
        "jane.roe.@example.com",
        "用户@例子.公司",
        "иван.петров@пример.рф",
        "jane@example.comé",
        "jane+tag@sub.xn--80ak6aa92e.com",
        "o'brien_x@a-b.co.uk",
    ],
)
@pytest.mark.parametrize("form", ["write to {} today", "<{}>", "{}", "mail={};x=1"])
def test_finds_addresses_of_mail_in_all_their_forms(patterns: PatternDetector, form: str, address: str) -> None:
    text = form.format(address)
    places = {place for one in patterns.find(text, "") if one.score >= 0.4 for place in range(one.start, one.end)}
    start = text.index(address)
    assert places >= {start + index for index, char in enumerate(address) if char != '"'}


@pytest.mark.parametrize("text", ["联系jane@example.com谢谢", "メールはjane@example.comです", "jane@example.com이메일"])
def test_an_address_ends_where_a_script_without_spaces_begins(patterns: PatternDetector, text: str) -> None:
    assert found(patterns.find(text, ""), text) == [("EMAIL_ADDRESS", "jane@example.com")]


@pytest.mark.parametrize(
    "text", ["@decorator.name", "a @ b.com", "user@host", "x@y.notasuffix", "关注@微博", "git@1.2.3", "@例子.公司"]
)
def test_leaves_what_only_has_the_sign_of_mail(patterns: PatternDetector, text: str) -> None:
    assert "EMAIL_ADDRESS" not in {entity for entity, _ in found(patterns.find(text, ""), text)}
