"""Names: what the model is asked, what is made of its answers, and the real model on plain sentences."""

from collections.abc import Iterator, Sequence

import pytest

from a11i_redaction.detectors.budget import BudgetExceededError
from a11i_redaction.detectors.names import NameDetector
from a11i_redaction.pipeline import Redactor
from tests.unit.redaction.redaction_kit import ScriptedModel, found


class _Recorder(ScriptedModel):
    def __init__(self) -> None:
        super().__init__({})
        self.asked: list[str] = []

    def entities(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int, str, float]]]:
        self.asked.extend(texts)
        return super().entities(texts)


def _detector(model: ScriptedModel, budget_chars: int = 1_000) -> NameDetector:
    return NameDetector(model, frozenset({"PERSON"}), budget_chars)


NAMES = [
    ("My name is Maria Garcia and I want a refund.", ["Maria Garcia"]),
    ("I spoke with John Smith yesterday.", ["John Smith"]),
    ("Please ask Priya Natarajan about the invoice.", ["Priya Natarajan"]),
    ("Dear Ms. Okafor, thank you for your letter.", ["Okafor"]),
    ("Best regards,\nTomás Mendes", ["Tomás Mendes"]),
    ("Patient: Emma Larsen", ["Emma Larsen"]),
    ("JOHN SMITH called about the order.", ["JOHN SMITH"]),
    ("Adam Kowalski and Cassandra Bell signed it.", ["Adam Kowalski", "Cassandra Bell"]),
    ("The report was written by Dr. Wei Zhang's group.", ["Wei Zhang"]),
]


@pytest.mark.parametrize(("text", "names"), NAMES, ids=[names[0] for _, names in NAMES])
def test_finds_names_in_sentences(redactor: Redactor, text: str, names: list[str]) -> None:
    redacted = redactor.redact_texts([text], "tenant")[0]
    assert [value for entity, value in found(redacted.findings, text) if entity == "PERSON"] == names


LOOK_ALIKES = [
    "The order was sent on Monday. It should arrive in March.",
    "Check the API, then update the JSON schema in PostgreSQL.",
    "Run Docker and Kubernetes on Linux with Python.",
    "ERROR Timeout in FastAPI handler: ValueError",
    "class OrderHandler(BaseHandler): pass",
    "Claude and Gemini answered faster than Llama.",
    "We moved it to Google Cloud, and Claude Sonnet wrote the code with Grok.",
    "The optimizer stores Gaussian noise.",
    "Thank You for your Order. Please Note the Refund Policy.",
    "Der Vertrag wurde gestern von der Abteilung unterschrieben. Bitte prüfen Sie den Anhang.",
    "Le contrat a été signé hier par la Direction. La livraison aura lieu en Janvier.",
    "用户询问订单状态。任务名称:商品名",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_leaves_capitalised_words_that_are_no_names(redactor: Redactor, text: str) -> None:
    assert redactor.redact_texts([text], "tenant")[0].text == text


def test_the_model_sees_only_what_stands_around_candidates() -> None:
    model = _Recorder()
    text = "words " * 200 + "then Ada Lovelace wrote it " + "words " * 200
    _detector(model).find([(text, "")], {})
    assert model.asked == ["words words words then Ada Lovelace wrote it words words"]


def test_the_model_sees_a_window_once() -> None:
    model = _Recorder()
    known: dict[str, list[tuple[int, int, str, float]]] = {}
    _detector(model).find([("so Ada wrote", ""), ("so Ada wrote", "")], known)
    _detector(model).find([("so Ada wrote", "")], known)
    assert model.asked == ["so Ada wrote"]


@pytest.mark.parametrize("text", ["no capitals here", "The API. Please run it.", "x = Foo(Bar.baz)", "mail Ada@x.org"])
def test_the_model_is_not_asked_about_what_holds_no_candidate(text: str) -> None:
    model = _Recorder()
    _detector(model).find([(text, "")], {})
    assert model.asked == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Hello Ada Lovelace", "Ada Lovelace"),
        ("Ada Lovelace's", "Ada Lovelace"),
        ("(Ada", "Ada"),
        ("Ada Lovelace Thanks", "Ada Lovelace"),
    ],
)
def test_what_is_no_part_of_a_name_is_cut_off_its_ends(said: str, kept: str) -> None:
    text = f"it says {said}, she wrote"
    findings = _detector(ScriptedModel({said: "PERSON"})).find([(text, "")], {})[0]
    assert found(findings, text) == [("PERSON", kept)]


@pytest.mark.parametrize("said", ["Room12", "Order", "Foo_Bar", "A"])
def test_what_has_no_name_s_shape_is_none(said: str) -> None:
    text = f"then Ada {said} it"
    assert _detector(ScriptedModel({said: "PERSON"})).find([(text, "")], {})[0] == []


def test_other_entities_of_the_model_are_not_taken() -> None:
    text = "she lives in Berlin now"
    assert _detector(ScriptedModel({"Berlin": "LOCATION"})).find([(text, "")], {})[0] == []


@pytest.mark.parametrize(
    ("key", "taken"),
    [
        ("customer_name", True),
        ("fullName", True),
        ("holder", True),
        ("tool_name", False),
        ("agent_name", False),
        ("", False),
    ],
)
def test_a_telling_key_makes_a_name(key: str, taken: bool) -> None:
    findings = _detector(ScriptedModel({})).find([("Zorvan Quillick", key)], {})[0]
    assert bool(findings) is taken


def test_a_text_with_too_much_for_the_model_is_refused() -> None:
    with pytest.raises(BudgetExceededError):
        _detector(ScriptedModel({}), budget_chars=100).find([("so Ada wrote it. " * 50, "")], {})


@pytest.mark.parametrize("half", ["\ud83d", "\\ud83d", "\ude00 Zorvan Quillick ", "hello \ud83d my Ltd"])
def test_half_a_surrogate_pair_hides_no_name_and_withholds_nothing(redactor: Redactor, half: str) -> None:
    text = f"hello this is cut {half} by Marta Hernandez"
    [redacted] = redactor.redact_texts([text], "t")
    assert "WITHHELD" not in redacted.text
    assert "Hernandez" not in redacted.text
    assert "hello this is cut" in redacted.text
