"""The quality harness counts what is leaked, what is found in vain and what is touched, and cannot be flattered."""

import pytest

from tests.bench.redaction.labels import KEEP, Case, Label, Template
from tests.bench.redaction.scoring import Result, Score, disjoint, group_of, score


def _case(text: str, *values: tuple[str, str], disguise: str = "") -> Case:
    """Return a case in which each (entity, value) is labelled where it stands."""
    labels = []
    for entity, value in values:
        start = text.index(value)
        labels.append(Label(entity, "kind", ((start, start + len(value)),), disguise))
    return Case("chat", Template("chat", "template"), text, tuple(labels))


def _scored(case: Case, *spans: tuple[int, int, str], output: str = "") -> Score:
    return score([case], [Result(spans, output)])


def _span(case: Case, value: str, entity: str = "PERSON") -> tuple[int, int, str]:
    start = case.text.index(value)
    return start, start + len(value), entity


def test_a_value_that_is_covered_as_a_whole_counts() -> None:
    case = _case("ask Ann Lee now", ("PERSON", "Ann Lee"))
    total = _scored(case, _span(case, "Ann Lee")).total
    assert (total.recall, total.precision, total.leaked) == (1.0, 1.0, 0.0)


def test_a_value_of_which_one_letter_is_left_is_missed() -> None:
    case = _case("ask Ann Lee now", ("PERSON", "Ann Lee"))
    made = _scored(case, _span(case, "Ann Le"))
    assert made.total.recall == 0.0
    assert made.total.leaked == pytest.approx(1 / 6)
    assert [label.entity for _, label in made.missed] == ["PERSON"]


def test_brackets_signs_and_spaces_of_a_value_leak_nothing() -> None:
    case = _case("call +1 (415) 555 now", ("PHONE_NUMBER", "+1 (415) 555"))
    assert _scored(case, _span(case, "1 "), _span(case, "415"), _span(case, "555")).total.recall == 1.0


def test_of_a_split_value_each_piece_must_go_and_what_splits_it_need_not() -> None:
    text = "card 4111<b>1111</b> ok"
    label = Label("CREDIT_CARD", "Visa", ((5, 9), (12, 16)), "tags")
    case = Case("split", Template("split", "template"), text, (label,))
    assert _scored(case, (5, 9, "X"), (12, 16, "X")).total.recall == 1.0
    assert _scored(case, (5, 9, "X")).total.recall == 0.0
    assert group_of(label) == "split or encoded"


def test_any_entity_covers_a_value() -> None:
    case = _case("id 123456789 here", ("US_SSN", "123456789"))
    made = _scored(case, _span(case, "123456789", "US_PASSPORT"))
    assert made.by_entity["US_SSN"].recall == 1.0
    assert made.by_entity["US_PASSPORT"].precision == 1.0


def test_a_finding_that_touches_no_value_is_wrong() -> None:
    case = _case("ask Ann Lee about Berlin", ("PERSON", "Ann Lee"))
    made = _scored(case, _span(case, "Ann Lee"), _span(case, "Berlin"))
    assert made.total.precision == 0.5
    assert made.by_family["chat"].precision == 0.5
    assert [span for _, span in made.strays] == [_span(case, "Berlin")]


def test_of_two_findings_at_the_place_of_one_value_one_is_wrong() -> None:
    case = _case("ask Ann Lee now", ("PERSON", "Ann Lee"))
    assert _scored(case, _span(case, "Ann Lee"), _span(case, "Ann Lee")).total.precision == 0.5


def test_a_value_that_still_stands_in_the_output_is_leaked_whatever_the_place_says() -> None:
    text = '"tell \\"Ann Lee\\" and Bob Ray"'
    case = _case(text, ("PERSON", "Ann Lee"), ("PERSON", "Bob Ray"))
    whole = (0, len(text), "PERSON")
    made = _scored(case, whole, output='"tell \\"<PERSON_1>\\" and Bob Ray"')
    assert made.total.covered == 1
    assert [case.text[slice(*label.places[0])] for case, label in made.missed] == ["Bob Ray"]


def test_a_lookalike_is_touched_by_a_single_character_and_is_no_value() -> None:
    case = _case("order 12345678 of Ann Lee", (KEEP, "12345678"), ("PERSON", "Ann Lee"))
    made = _scored(case, _span(case, "5678", "PHONE_NUMBER"), _span(case, "Ann Lee"))
    assert (made.total.labels, made.touched_share, made.total.precision) == (1, 1.0, 0.5)


def test_a_lookalike_in_a_string_that_is_replaced_stays_if_the_output_has_it() -> None:
    text = '"order 12345678 of \\"Ann Lee\\""'
    case = _case(text, (KEEP, "12345678"), ("PERSON", "Ann Lee"))
    whole = (0, len(text), "PERSON")
    assert _scored(case, whole, output='"order 12345678 of \\"<PERSON_1>\\""').touched_share == 0.0
    assert _scored(case, whole, output='"<PERSON_1>"').touched_share == 1.0


def test_marks_of_indic_scripts_count_as_letters() -> None:
    case = _case("मेरा नाम प्रिया है", ("PERSON", "प्रिया"))
    bare = [(start, start + 1, "PERSON") for start in range(len(case.text)) if case.text[start].isalnum()]
    assert _scored(case, *bare).total.recall == 0.0


def test_who_finds_nothing_has_no_precision_and_leaks_all() -> None:
    total = _scored(_case("ask Ann Lee now", ("PERSON", "Ann Lee"))).total
    assert (total.recall, total.precision, total.leaked) == (0.0, None, 1.0)


def test_results_that_do_not_match_the_cases_are_refused() -> None:
    case = _case("ask Ann Lee now", ("PERSON", "Ann Lee"))
    with pytest.raises(ValueError, match="zip"):
        score([case], [])


def test_overlapping_findings_become_one_named_after_the_surest() -> None:
    found = [(0, 4, "US_BANK_NUMBER", 0.05), (2, 9, "PHONE_NUMBER", 0.4), (9, 12, "PERSON", 0.85)]
    assert disjoint(found) == [(0, 9, "PHONE_NUMBER"), (9, 12, "PERSON")]


def test_of_equally_sure_findings_the_longest_gives_the_name() -> None:
    assert disjoint([(0, 9, "LOCATION", 0.85), (3, 9, "PERSON", 0.85)]) == [(0, 9, "LOCATION")]
