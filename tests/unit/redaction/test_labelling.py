"""A number counts where people would read a label as its own, and stays where the label is another's."""

# ruff: noqa: S608  (no database sees these statements)
import time

import pytest

from a11i_redaction.detectors.headers import Headers
from a11i_redaction.detectors.patterns import MIN_SCORE, PatternDetector
from tests.unit.redaction.redaction_kit import ScriptedModel, found, redactor_with


def _all(patterns: PatternDetector, text: str, entity: str) -> list[str]:
    """Return what was found of the entity, in the order of the text."""
    counted = (finding for finding in patterns.find(text, "") if finding.score >= MIN_SCORE)
    return [text[finding.start : finding.end] for finding in sorted(counted) if finding.entity == entity]


_ROWS = [("OPS-1", "234567890"), ("OPS-2", "345678901"), ("OPS-3", "456789012"), ("OPS-4", "567890123")]
_FAR = "It was filed long ago by somebody else in another town. "


def _table(head: str, row: str) -> str:
    return "\n".join([head, *(row.format(*cells) for cells in _ROWS)])


TABLES = [
    pytest.param(_table("ref,passport_no,created,amount", "{0},{1},2024-11-02,0.603"), id="commas"),
    pytest.param(_table("Ref;Passport #;Status", "{0};{1};ok, as far as we know"), id="semicolons"),
    pytest.param(_table("ref\tpassport\torder", "{0}\t{1}\tan order of last year"), id="tabs"),
    pytest.param(_table("| Ref | Passport | Filed |\n|---|:-:|---|", "| {0} | {1} | in 2019, at the office |"),
                 id="Markdown"),
    pytest.param(_table("Ref       Passport No.       Total", "{0}     {1}        12.50 and more"), id="spaces"),
    pytest.param(_table('"when","passport","note"', '"{0}","{1}","first, then second, then none"'), id="quotes"),
    pytest.param("<table><tr><th>run</th><th>Passport #</th></tr>"
                 + "".join(f"<tr><td>{ref} in some long words</td><td>{number}</td></tr>" for ref, number in _ROWS),
                 id="HTML"),
    pytest.param("INSERT INTO people (note, passport) VALUES "
                 + ", ".join(f"('{ref}, with some long words', '{number}')" for ref, number in _ROWS) + ";", id="SQL"),
]  # fmt: skip


@pytest.mark.parametrize("text", TABLES)
def test_a_header_labels_all_rows_of_its_column(patterns: PatternDetector, text: str) -> None:
    assert _all(patterns, text, "US_PASSPORT") == [number for _, number in _ROWS]


def test_the_header_of_another_column_labels_nothing(patterns: PatternDetector) -> None:
    text = "order\taccount manager\n337350415\tnone\n112251601\tnone"
    assert _all(patterns, text, "US_BANK_NUMBER") == []


LABELLED = [
    ("US_SSN", "411699411 is my SSN, is that enough?", "411699411"),
    ("US_PASSPORT", "311699411 (passport)", "311699411"),
    ("US_PASSPORT", 'the form has "311699411" as the passport number', "311699411"),
    ("US_DRIVER_LICENSE", "K2251390 - driver's license of the state", "K2251390"),
    ("US_PASSPORT", "is 329402381 a valid passport number?", "329402381"),
    ("KR_DRIVER_LICENSE", "11-23-456789-01 (운전면허)", "11-23-456789-01"),
    ("US_PASSPORT", "Please state the passport number of the applicant as it stands on the document you "
                    "sent us:\n\n    309006128\n", "309006128"),
    ("UK_PASSPORT", "Her British passport number, which she read out twice because the line was bad, is BA2861641.",
     "BA2861641"),
    ("US_SSN", f"Could you give me your SSN? {_FAR}\n\nguest: 411699411", "411699411"),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "text", "value"), LABELLED)
def test_a_label_behind_a_value_or_above_it_counts(
    patterns: PatternDetector, entity: str, text: str, value: str
) -> None:
    assert _all(patterns, text, entity) == [value]


WORDS = [
    ("US_PASSPORT", "Mi pasaporte es 311699411", "311699411"), ("US_PASSPORT", "护照号311699411。", "311699411"),
    ("US_DRIVER_LICENSE", "Mon permis de conduire: K2251390.", "K2251390"), ("US_SSN", "SS# 411699411", "411699411"),
    ("IN_VOTER", "मेरा वोटर आईडी SHH3938138 है", "SHH3938138"), ("SG_NRIC_FIN", "IC number T0296552B", "T0296552B"),
    ("AU_ACN", "A.C.N. 583 748 896", "583 748 896"), ("KR_BRN", "사업자 264-04-45685", "264-04-45685"),
    ("IT_DRIVER_LICENSE", "driving licence (IT) RW7254498A", "RW7254498A"),
    ("US_BANK_NUMBER", "a/c no. 2221939122", "2221939122"),
    ("IN_PASSPORT", "पासपोर्ट R6345678", "R6345678"), ("TH_TNIN", "หมายเลขบัตรประชาชน 1101700230708", "1101700230708"),
    ("PHONE_NUMBER", "请联系13112347475或前台。", "13112347475"),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "text", "value"), WORDS)
def test_labels_are_those_that_people_write(patterns: PatternDetector, entity: str, text: str, value: str) -> None:
    assert _all(patterns, text, entity) == [value]


LISTS = [
    "SSNs:\n- 411699411\n- 411699412\n- 411699413\n- 411699414\n- 411699415\n- 411699416\n- 411699417",
    "The SSNs on file are 411699411, 411699412, 411699413, 411699414, 411699415, 411699416 and 411699417.",
    "ssn IN ('411699411', '411699412', '411699413', '411699414', '411699415', '411699416', '411699417')",
    "ssn:\n  - 411699411\n  - 411699412\n  - 411699413\n  - 411699414\n  - 411699415\n  - 411699416\n  - 411699417",
]


@pytest.mark.parametrize("text", LISTS)
def test_a_label_counts_for_all_of_a_list(patterns: PatternDetector, text: str) -> None:
    assert _all(patterns, text, "US_SSN") == [str(411_699_411 + number) for number in range(7)]


def test_a_value_that_was_labelled_once_is_known_again(patterns: PatternDetector) -> None:
    text = f"My passport is 311699411. {_FAR * 3}Then 311699411 came back, and 311699412 did not."
    assert _all(patterns, text, "US_PASSPORT") == ["311699411", "311699411"]


SIBLINGS = [
    '{"type": "SSN", "value": "%s"}', '{"kind": "us_ssn", "country": "us", "number": "%s"}',
    '{"kind": "ssn", "value": %s}',
    '[{"field": "n", "answer": "x"}, {"field": "SSN", "label": "please enter it", "answer": "%s"}]',
    '{"identifier": [{"system": "http://hl7.org/fhir/sid/us-ssn", "value": "%s"}]}',
    '{"documents": [{"documentType": "SSN", "documentNumber": "%s"}]}',
    '{"name": "ssn", "old": null, "new": "%s"}',
    '{"columns": ["id", "ssn", "city"], "rows": [[1, null, "x"], [2, "%s", "y"]]}',
    '{"headers": ["ssn", "n"], "row_count": 2, "data": [ [ %s, 1 ], [ null, 2 ] ]}',
]  # fmt: skip


@pytest.mark.parametrize("shape", SIBLINGS)
def test_the_type_of_a_value_in_json_is_its_label(patterns: PatternDetector, shape: str) -> None:
    redacted = redactor_with(patterns, ScriptedModel({})).redact_texts([shape % "411699411"], "t")[0]
    assert [finding.entity for finding in redacted.findings] == ["US_SSN"]


@pytest.mark.parametrize("text", [
    '{"type": "order", "value": "411699411"}', '{"type": "SSN", "id": "411699411"}',
    '[{"type": "SSN"}, {"value": "411699411"}]', '{"type": "SSN", "version": "411699411"}',
    '{"columns": ["ssn", "n"], "rows": [["none", "411699411"]]}', '{"columns": ["ssn"], "data": ["411699411"]}',
    '{"columns": ["ssn"], "rows": [["none"]], "total": "411699411"}',
])  # fmt: skip
def test_the_type_of_something_else_labels_nothing(patterns: PatternDetector, text: str) -> None:
    assert redactor_with(patterns, ScriptedModel({})).redact_texts([text], "t")[0].findings == ()


OTHERS = [
    "The passport renewal costs 81.20; your case number is 187662476.",
    "Our driver update fixes the error; job 387702588, report 387702589.",
    "provider=aws account=prod order=210668128",
    "My passport is lost. Order no. 187662476 is late, invoice 187662477 too.",
    "여권 사진, 주문번호는 187662476입니다.",
    "tax file number form, order no. 201103176",
    "<tr><td>Passport</td><td>lost</td></tr><tr><td>Order</td><td>187662476</td></tr>",
    "187662476 (order), passports are in the vault",
    "187662476, passport: lost",
    "id,Income tax PAN,created\n1,none,2000-11-01",
]


@pytest.mark.parametrize("text", OTHERS)
def test_what_says_that_it_is_something_else_counts_more(patterns: PatternDetector, text: str) -> None:
    assert found(patterns.find(text, ""), text) == []


@pytest.mark.parametrize(("text", "place", "header"), [
    ("a;b\n1;2\n3;4", "4", "b"),
    ("name,  age\nx,  2", "2", "age"),
    ("a|b\n--|--\n1|2", "2", "b"),
    ("<tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr>", "2", "b"),
    ("insert into t(a, b) values (1, 'it''s'), (2, 3)", "3", "b"),
])  # fmt: skip
def test_headers_are_those_of_the_column(text: str, place: str, header: str) -> None:
    known = Headers(text).of(text.rindex(place))
    assert known is not None
    assert text[known.start : known.end].strip() == header


@pytest.mark.parametrize("text", [
    "ssn " + "insert into t(a, b) values (1, 2)\n" * 6_000, "ssn " + "(a) values (" * 10_000, "a,b\n1,ssn\n\n" * 10_000,
], ids=["statements", "open", "tables"])  # fmt: skip
def test_headers_cost_no_more_than_the_text_is_long(text: str) -> None:
    start = time.thread_time()
    assert len(Headers(text).all()) <= len(text)
    assert time.thread_time() - start < 2.0


@pytest.mark.parametrize("text", ["", "a;b", "one, two\nthree", "id: 7, x\nid: 8, y", "1;2\n3;4", "VALUES (", "<tr>"])
def test_what_is_no_table_has_no_headers(text: str) -> None:
    headers = Headers(text)
    assert all(headers.of(place) is None for place in range(len(text)))
