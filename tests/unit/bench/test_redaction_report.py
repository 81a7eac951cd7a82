"""The harness says in its tables what is reached and what falls short."""

from tests.bench.redaction import report
from tests.bench.redaction.comparison import Run
from tests.bench.redaction.labels import KEEP, Case, Label, Template
from tests.bench.redaction.page import text as page_text
from tests.bench.redaction.scoring import Result, score
from tests.bench.redaction.tables import Table, percent, rate

_TEXT = "ask Ann Lee for order 12345678, card 4111111111111111"
_CASE = Case("chat", Template("chat", "ask [[person]]"), _TEXT, (
    Label("PERSON", "us", ((4, 11),)), Label(KEEP, "order", ((22, 30),)), Label("CREDIT_CARD", "Visa", ((37, 53),)),
))  # fmt: skip


def _run(name: str, *spans: tuple[int, int, str], entities: frozenset[str] = frozenset()) -> Run:
    return Run(name, score([_CASE], [Result(spans)]), 12.4, entities)


_OURS = _run("ours", (4, 11, "PERSON"))
_THEIRS = _run("theirs", (37, 53, "CREDIT_CARD"), (22, 30, "US_BANK_NUMBER"))


def test_the_headline_compares_the_engines() -> None:
    table = report.headline("Check", [_OURS, _THEIRS])
    assert list(table.rows[0]) == [
        "ours", "0.50", "0.00", "-", "1.00", "-", "-", "1.00", percent(16 / 22), "0.0%", "12",
    ]  # fmt: skip
    assert list(table.rows[1])[-2:] == ["100.0%", "12"]


def test_targets_say_what_is_reached_and_what_falls_short() -> None:
    verdicts = {row[0]: row[-1] for row in report.targets("Targets", _OURS).rows}
    assert verdicts["recall, all types"] == "short"
    assert verdicts["recall, names"] == "reached"
    assert verdicts["look-alikes touched"] == "reached"
    assert verdicts["recall, split or encoded"] == "short"
    assert {row[0]: row[-1] for row in report.targets("Targets", _THEIRS).rows}["look-alikes touched"] == "short"


def test_entities_that_another_engine_finds_better_are_named() -> None:
    assert [row[0] for row in report.below(_OURS, _OURS, [_THEIRS]).rows] == ["CREDIT_CARD"]
    assert [row[0] for row in report.below(_THEIRS, _THEIRS, [_OURS]).rows] == ["PERSON"]


def test_what_an_engine_was_not_told_to_look_for_is_compared_as_it_finds_it_when_told() -> None:
    asked = _run("ours", (4, 11, "PERSON"), entities=frozenset({"PERSON"}))
    both = frozenset({"PERSON", "CREDIT_CARD"})
    found = _run("strict", (37, 53, "CREDIT_CARD"), entities=both)
    assert not report.below(asked, found, [_THEIRS]).rows
    nothing = _run("strict", entities=both)
    rows = [list(row) for row in report.below(asked, nothing, [_THEIRS]).rows]
    assert rows == [["CREDIT_CARD", "1", "strict", "0.00", "1.00"]]


def test_a_breakdown_has_a_row_for_each_labelled_entity() -> None:
    table = report.breakdown("By entity", [_OURS, _THEIRS], lambda made: made.by_entity)
    assert [list(row[:4]) for row in table.rows] == [
        ["CREDIT_CARD", "1", "0.00", "1.00"],
        ["PERSON", "1", "1.00", "0.00"],
    ]


def test_touched_lookalikes_are_listed_by_kind() -> None:
    assert [list(row) for row in report.lookalikes([_OURS, _THEIRS]).rows] == [["order", "1", "0.0%", "100.0%"]]


def test_misses_name_template_value_and_what_was_found_in_vain() -> None:
    assert "CREDIT_CARD / chat x1: 'ask [[person]]'" in report.misses(_OURS.score)
    assert "'4111111111111111'" in report.misses(_OURS.score)
    assert "US_BANK_NUMBER / chat: '12345678' ['order']" in report.misses(_THEIRS.score)


def test_tables_are_aligned_for_a_terminal_and_marked_up_for_a_page() -> None:
    table = Table("T", ["", "a"], [["name", "1.00"], ["x", "-"]])
    assert table.aligned() == "T\n         a\nname  1.00\nx        -"
    assert table.markdown() == "## T\n\n|  | a |\n| --- | --: |\n| name | 1.00 |\n| x | - |"
    assert page_text([table], "model/1", "2.2").endswith("| x | - |\n")
    assert rate(None) == percent(None) == "-"
