"""One word that the model takes for a person, and no list has, is a thing unless it does what people do."""

import pytest

from a11i_redaction.detectors.names import NameDetector
from a11i_redaction.detectors.patterns import MIN_SCORE
from a11i_redaction.pipeline import Redactor
from tests.unit.redaction.redaction_kit import ScriptedModel, found

_UNLISTED = "Qorvanth"


def _said(text: str, *names: str) -> list[tuple[float, str]]:
    """Return score and text of what is found where the model takes these for people."""
    detector = NameDetector(ScriptedModel(dict.fromkeys(names, "PERSON")), frozenset({"PERSON"}), 10_000)
    [findings] = detector.find([(text, "")], {})
    return sorted((finding.score, text[finding.start : finding.end]) for finding in findings)


THINGS = [
    ("Spans travel as Arrow columns in an envelope.", "Arrow"),
    ("every stored row as Parquet: where it is", "Parquet"),
    ("Raises LeaseLostError, Stopping, and others.", "Stopping"),
    ("Keys that are different stay so.", "Keys"),
    ("def take(self, arrival: Arrival) -> None:", "Arrival"),
    ("Raises VocabularyError without its file.", "Raises VocabularyError"),
    ("bare NaN and Infinity", "NaN"),
    ("Qorvanth reads two kilobytes a second.", _UNLISTED),
]


@pytest.mark.parametrize(("text", "name"), THINGS, ids=[name for _, name in THINGS])
def test_what_is_rather_a_thing_counts_for_a_strict_policy_alone(text: str, name: str) -> None:
    scores = [score for score, said in _said(text, name) if said == name]
    assert scores
    assert all(0.25 <= score < MIN_SCORE for score in scores)


PEOPLE = [
    f"{_UNLISTED} called about the order.",
    f"Then {_UNLISTED} wrote that it broke.",
    f"please tell {_UNLISTED} that it broke",
    f"It was my neighbour {_UNLISTED} again.",
    f"{_UNLISTED}'s wife has the other card.",
    f"Maria and {_UNLISTED} signed it.",
    f"{_UNLISTED} and Maria signed it.",
]


@pytest.mark.parametrize("text", PEOPLE)
def test_a_name_that_no_list_has_is_one_where_it_does_what_people_do(text: str) -> None:
    assert any(said == _UNLISTED and score >= MIN_SCORE for score, said in _said(text, _UNLISTED))


@pytest.mark.parametrize("name", ["Kowalski", f"{_UNLISTED} Zbvrenko"])
def test_a_name_that_a_list_has_or_of_two_words_is_one_anywhere(name: str) -> None:
    assert any(said == name and score >= MIN_SCORE for score, said in _said(f"Spans travel as {name} columns.", name))


DOCUMENTATION = [
    "Spans travel as Arrow columns in a protobuf envelope; a reader of the bus needs Arrow.",
    "| column | Arrow | ClickHouse | text | meaning |\n| --- | --- | --- | --- | --- |\n",
    "| `body_is_json` | `bool` | `Bool` |  | Whether the body is JSON text of its own. |",
    "The writer archives what it stores: redacted rows, as Parquet, in S3 or a directory.",
    "- Parquet is read by each of them.\n- Keys are text, too: redaction examines names.\n",
    "from enum import Enum\nfrom collections import Counter\n\n\ndef of(self, verdict: Verdict) -> Gateway:\n    ...",
    '    """Replay what is left. Raises LeaseLostError, Stopping, and TransientError while it is away."""',
]


@pytest.mark.parametrize("text", DOCUMENTATION)
def test_documentation_and_code_name_nobody(redactor: Redactor, text: str) -> None:
    [redacted] = redactor.redact_texts([text], "tenant")
    assert found(redacted.findings, text) == []
