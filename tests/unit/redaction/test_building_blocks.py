"""Findings, reduced texts, placeholders and the cache."""

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from a11i_redaction.cache import FindingsCache, Known
from a11i_redaction.detectors.families import FAMILIES
from a11i_redaction.detectors.secrets import FORMATS
from a11i_redaction.findings import Finding, merge
from a11i_redaction.policy.entities import detected_entities
from a11i_redaction.pseudonyms import WITHHELD, Pseudonyms
from a11i_redaction.reduction import HOLE, Reduced, placeholders

_FINDINGS = st.builds(
    lambda start, length, entity, score: Finding(start, start + length, entity, score),
    st.integers(0, 30), st.integers(1, 10), st.sampled_from("ABC"), st.floats(0.1, 1.0),
)  # fmt: skip
_PSEUDONYMS = Pseudonyms(b"some key of tests")


@given(st.lists(_FINDINGS))
def test_merged_findings_cover_the_same_text_and_are_disjoint(findings: list[Finding]) -> None:
    merged = merge(findings)
    covered = {place for finding in findings for place in range(finding.start, finding.end)}
    assert sorted(place for finding in merged for place in range(finding.start, finding.end)) == sorted(covered)
    assert all(before.end <= after.start for before, after in pairwise(merged))


def test_the_highest_score_names_an_overlap_then_the_longest() -> None:
    assert merge([Finding(0, 9, "A", 0.6), Finding(4, 12, "B", 0.9)]) == [Finding(0, 12, "B", 0.9)]
    assert merge([Finding(0, 5, "A", 0.6), Finding(1, 12, "B", 0.6)]) == [Finding(0, 12, "B", 0.6)]


@given(st.text("ab<>1 ", max_size=40), st.lists(st.integers(0, 40), max_size=8), st.integers(0, 45), st.integers(1, 9))
def test_places_in_a_reduced_text_lead_back_to_the_original(
    text: str, cuts: list[int], start: int, length: int
) -> None:
    cuts = sorted({cut for cut in cuts if cut <= len(text)})
    spans = [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    reduced = Reduced(text, spans)
    end = min(start + length, len(reduced.text))
    pieces = [text[a:b] for a, b in reduced.original_spans(start, end)]
    assert "".join(pieces) == reduced.text[start:end].replace(HOLE, "")
    assert not any(a < end_ and start_ < b for a, b in spans for start_, end_ in reduced.original_spans(start, end))


def test_a_value_has_one_placeholder_within_a_tenant_and_others_elsewhere() -> None:
    placeholder = _PSEUDONYMS.placeholder("t", "EMAIL_ADDRESS", "Ann@Example.com")
    assert placeholder == _PSEUDONYMS.placeholder("t", "EMAIL_ADDRESS", "ann@example.com ")
    assert placeholder != _PSEUDONYMS.placeholder("u", "EMAIL_ADDRESS", "ann@example.com")
    assert placeholder != Pseudonyms(b"another key").placeholder("t", "EMAIL_ADDRESS", "ann@example.com")
    assert placeholders(f"to {placeholder}, {WITHHELD}", {"EMAIL_ADDRESS"}) == [(3, 27), (29, 39)]
    assert _PSEUDONYMS.placeholder("t", "CREDIT_CARD", "4111-1111 1111 1111") == _PSEUDONYMS.placeholder(
        "t", "CREDIT_CARD", "4111111111111111"
    )
    assert _PSEUDONYMS.placeholder("t", "SECRET", "aB") != _PSEUDONYMS.placeholder("t", "SECRET", "Ab")


@given(st.text())
def test_every_placeholder_is_known_for_one(value: str) -> None:
    placeholder = _PSEUDONYMS.placeholder("t", "IT_FISCAL_CODE", value)
    assert placeholders(placeholder, {"IT_FISCAL_CODE"}) == [(0, len(placeholder))]


def test_every_entity_of_the_detectors_has_placeholders_and_nothing_else_does() -> None:
    for entity in {family.recognizer().supported_entities[0] for family in FAMILIES} | {f.entity for f in FORMATS}:
        assert placeholders(f"<{entity}_3f2a9c01>", detected_entities()), entity
    assert placeholders("<EMPLOYEE_ID_3f2a9c01>", {"EMPLOYEE_ID"})
    for text in ("<EMPLOYEE_ID_3f2a9c01>", "<hunter2_3f2a9c01> <TABLE>", "<EMAIL_ADDRESS:enc:" + "q7" * 30 + ">"):
        assert placeholders(text, detected_entities()) == []


def test_no_placeholder_has_digits_alone_which_could_be_a_number() -> None:
    made = (_PSEUDONYMS.placeholder("t", "PHONE_NUMBER", str(number)) for number in range(2_000))
    assert not any(re.fullmatch(r"<PHONE_NUMBER_\d{8}>", placeholder) for placeholder in made)
    assert placeholders("<PHONE_NUMBER_41555501>", detected_entities()) == []


def test_the_cache_stays_within_its_bytes_and_keeps_what_was_used_last() -> None:
    cache = FindingsCache(max_bytes=1_000)
    keys = [FindingsCache.key(str(number), "") for number in range(10)]
    for key in keys:
        cache.put(key, ())
        cache.get(keys[0])
    assert cache.size_bytes <= 1_000
    assert cache.get(keys[0]) == ()
    assert cache.get(keys[1]) is Known.NOTHING


def test_the_cache_tells_texts_and_scopes_apart() -> None:
    assert len({FindingsCache.key("a", "b"), FindingsCache.key("ab", ""), FindingsCache.key("b", "a")}) == 3


@given(st.text("a\0", max_size=6), st.text("a\0", max_size=6), st.text("a\0", max_size=6), st.text("a\0", max_size=6))
def test_no_character_makes_one_text_and_scope_look_like_others(text: str, scope: str, other: str, way: str) -> None:
    same = (text, scope) == (other, way)
    assert (FindingsCache.key(text, scope) == FindingsCache.key(other, way)) is same


def test_what_a_sender_puts_in_a_key_says_nothing_of_other_texts() -> None:
    assert FindingsCache.key("b", "note\0a") != FindingsCache.key("a\0b", "note")


def test_of_overlapping_findings_the_strictest_operator_is_followed() -> None:
    strictness = {"A": 1, "B": 2}
    for findings in (
        [Finding(0, 9, "A", 1.0), Finding(4, 12, "B", 0.4)],
        [Finding(0, 9, "B", 0.4), Finding(0, 12, "A", 1.0)],
    ):
        assert [(one.start, one.end, one.entity) for one in merge(findings, strictness)] == [(0, 12, "B")]
