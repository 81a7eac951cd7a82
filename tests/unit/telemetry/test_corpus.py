"""Every recorded payload of the corpus says what a reader should understand of it."""

import json
from pathlib import Path

import pytest

from a11i_telemetry.conformance import differences, read_payload

_CORPUS = Path(__file__).parents[2] / "corpus"
_CASES = sorted(path.parent for path in _CORPUS.glob("*/*/expected.json"))


def test_the_corpus_is_there() -> None:
    assert len({case.parent.name for case in _CASES}) >= 16


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_payload_says_what_is_expected_of_it(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    found = read_payload((case / "payload.jsonl").read_bytes())
    assert differences(found, expected) == []
    assert found.totals == expected.get("totals_within_traces", expected["totals"])
