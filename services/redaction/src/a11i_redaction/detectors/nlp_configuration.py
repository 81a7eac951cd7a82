"""The language models as the operator names them, in Presidio's own format: engine, models by language, entities.

    nlp_engine_name: spacy              # or stanza, transformers, gliner
    models:
      - lang_code: en
        model_name: en_core_web_lg      # an installed package, or a directory
      - lang_code: de
        model_name: /models/de_firm_names
    ner_model_configuration:            # optional
      model_to_presidio_entity_mapping: {PER: PERSON, LOC: LOCATION, ORG: ORGANIZATION}
      default_score: 0.85

For transformers `model_name` is {spacy: ..., transformers: a directory}, and for gliner a directory; its labels are the
keys of the mapping. Nothing is ever fetched.
"""

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml  # type: ignore[import-untyped]  # It has no stubs.
from presidio_analyzer.nlp_engine import NerModelConfiguration

_HUB: Final = ("huggingface_hub", "tokenizers")
_NEEDS: Final = {
    "spacy": (),
    "stanza": ("torch", "stanza"),
    "transformers": ("torch", "transformers", *_HUB),
    "gliner": ("torch", "gliner", "transformers", *_HUB),
}
"""Engines, and the packages that each needs besides what is always there."""
_LANGUAGE: Final = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True)
class NlpConfiguration:
    """Which engine works with which models."""

    engine: str
    models: Mapping[str, Any]
    """Presidio's `model_name` by language; the first is the default."""
    ner: Mapping[str, Any]
    """Presidio's `ner_model_configuration`; empty for its own."""

    @property
    def entities(self) -> NerModelConfiguration:
        """How labels of the models become entities with scores."""
        return NerModelConfiguration.from_dict(dict(self.ner))


class Labels:
    """What a model's labels are called here, and how sure findings of each are."""

    def __init__(self, said: NerModelConfiguration) -> None:
        self._names = said.model_to_presidio_entity_mapping or {}
        self._ignored = frozenset(said.labels_to_ignore or ())
        self._low = frozenset(said.low_score_entity_names or ())
        self._multiplier = said.low_confidence_score_multiplier or 0.0
        self._default = said.default_score or 0.0

    def named(self, label: str, score: float | None = None) -> tuple[str, float] | None:
        """Return the entity type and the score; nothing if the label is ignored. Without a score: the default."""
        name = self._names.get(label, label)
        if label in self._ignored or name in self._ignored:
            return None
        sure = self._default if score is None else score
        return name, sure * self._multiplier if name in self._low else sure


def read_configuration(path: Path) -> NlpConfiguration:
    """Return what the file says. Raises OSError, which says what is wrong in it or missing on this machine."""
    try:
        said = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise OSError(f"{path}: not YAML: {error}") from None
    said = said.get("nlp_configuration", said) if isinstance(said, dict) else {}
    engine = said.get("nlp_engine_name")
    if engine not in _NEEDS:
        raise OSError(f"{path}: nlp_engine_name: not one of {', '.join(_NEEDS)}")
    models = _models(path, said.get("models"))
    made = NlpConfiguration(engine, models, said.get("ner_model_configuration") or {})
    try:
        _ = made.entities
    except (TypeError, ValueError) as error:
        raise OSError(f"{path}: ner_model_configuration: {error}") from None
    _see_that_all_is_there(path, made)
    return made


def _models(path: Path, listed: object) -> dict[str, Any]:
    models: dict[str, Any] = {}
    for index, item in enumerate(listed if isinstance(listed, list) else []):
        language = item.get("lang_code") if isinstance(item, dict) else None
        if not (isinstance(language, str) and _LANGUAGE.fullmatch(language)) or language in models:
            raise OSError(f"{path}: models[{index}].lang_code: an ISO 639-1 code, such as en, that no other model has")
        if not item.get("model_name"):
            raise OSError(f"{path}: models[{index}].model_name: which model?")
        models[language] = item["model_name"]
    if not models:
        raise OSError(f"{path}: models: at least one is needed")
    return models


def _see_that_all_is_there(path: Path, said: NlpConfiguration) -> None:
    missing = [package for package in _NEEDS[said.engine] if importlib.util.find_spec(package) is None]
    if missing:
        packages = ", ".join(missing)
        install = f"pip install {' '.join(missing)}".replace("_", "-")
        raise OSError(f"{path}: the engine {said.engine} needs packages that are not installed: {packages}; {install}")
    for index, name in enumerate(said.models.values()):
        field = f"{path}: models[{index}].model_name"
        if said.engine == "spacy":
            see_that_model_is_there(name, field)
        elif said.engine == "gliner":
            _see_that_directory_is_there(name, field)
        elif said.engine == "transformers":
            if not isinstance(name, dict):
                raise OSError(f"{field}: two are needed, as spacy and transformers")
            see_that_model_is_there(name.get("spacy"), f"{field}.spacy")
            _see_that_directory_is_there(name.get("transformers"), f"{field}.transformers")


def see_that_model_is_there(name: object, field: str) -> None:
    """Raise OSError if a spaCy model is neither an installed package nor a directory."""
    if not isinstance(name, str) or not (_is_package(name) or Path(name).is_dir()):
        raise OSError(f"{field}: the language model {name} is neither an installed package nor a directory")


def _is_package(name: str) -> bool:
    return name.isidentifier() and importlib.util.find_spec(name) is not None


def _see_that_directory_is_there(name: object, field: str) -> None:
    if not (isinstance(name, str) and Path(name).is_dir()):
        raise OSError(f"{field}: {name} is no directory; nothing is fetched")
