"""The prefilter never keeps a value from the recognizer that would find it."""

import re
from functools import cache
from typing import Any

import hyperscan
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from a11i_redaction.detectors import secrets
from a11i_redaction.detectors.families import FAMILIES, Family
from a11i_redaction.detectors.secret_formats import SecretFormat
from tests.unit.effort import times

_LEFT_OUT = {
    "PAN (Low)",  # any ten characters
    "Driver License - Alphanumeric (weak)",  # a bracket is missing in it
    "NINO (medium)",  # takes a digit for the last letter
    "NIE",  # takes numbers without the letter that makes them one, which the NIF's gate lets pass
    "Finnish Personal Identity Code (Very Weak)",  # takes any twelve digits
}
"""Patterns of Presidio's of which the gates let less pass, on purpose."""


@cache
def _compiled(gate: str) -> hyperscan.Database:
    database = hyperscan.Database()
    database.compile(expressions=[gate.encode()], ids=[1], elements=1, flags=[0])
    return database


def _opens(gate: str, text: str) -> bool:
    hits: list[int] = []
    _compiled(gate).scan(text.encode("ascii", "replace"), match_event_handler=lambda *hit: hits.append(hit[2]))
    return bool(hits)


def _drawable(regex: str) -> str:
    """Return a regex of the same values but for most letters of other scripts, which hypothesis lists one by one.

    A gate sees of each of them that it is none of ASCII, which the first ones of a range show as well.
    """
    regex = regex.replace("(?i)", "").replace(r"\U0010ffff", r"\u024f")
    return re.sub("([^\0-\x7f])-[^\0-\x7f]", lambda ends: f"{ends[1]}-{chr(ord(ends[1]) + 99)}", regex)


def _cases() -> list[object]:
    recognizers: list[tuple[Family, Any]] = [(family, family.recognizer()) for family in FAMILIES]
    return [
        pytest.param(family, pattern.regex, id=f"{recognizer.name}-{pattern.name}")
        for family, recognizer in recognizers
        for pattern in recognizer.patterns
        if pattern.name not in _LEFT_OUT
    ]


@pytest.mark.parametrize(("family", "regex"), _cases())
@settings(
    max_examples=times(7), deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
@given(data=st.data())
def test_a_gate_opens_for_all_that_the_recognizer_matches(family: Family, regex: str, data: st.DataObject) -> None:
    pattern = re.compile(regex.replace("(?i)", ""), re.ASCII)
    value = data.draw(st.from_regex(re.compile(_drawable(regex), re.ASCII), fullmatch=True))
    text = f"it is {value} here"
    match = pattern.search(text)
    assume(match is not None and not family.veto(text, *match.span()))
    assert _opens(family.gate, text)


@pytest.mark.parametrize("item", secrets.FORMATS, ids=lambda item: item.name)
def test_a_secrets_gate_is_one_that_the_prefilter_compiles(item: SecretFormat) -> None:
    assert not _opens(item.gate or item.pattern.replace("?P<secret>", ""), "nothing of the kind")


def test_no_two_families_find_the_same_entity() -> None:
    entities = [family.recognizer().supported_entities[0] for family in FAMILIES]
    assert len(entities) == len(set(entities))
