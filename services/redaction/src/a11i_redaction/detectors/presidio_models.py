"""The language models of Presidio's NLP engines: stanza, transformers and spaCy as they come, and GLiNER."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from presidio_analyzer.nlp_engine import (
    NerModelConfiguration,
    NlpEngineProvider,
    SpacyNlpEngine,
    StanzaNlpEngine,
    TransformersNlpEngine,
    device_detector,
)
from presidio_analyzer.predefined_recognizers import GLiNERRecognizer

from a11i_redaction.detectors.nlp_configuration import NlpConfiguration

_BATCH_WINDOWS: Final = 64
"""Windows in one call of the engine: enough to fill a GPU, few enough for its memory."""
_GLINER_LABELS: Final = {"person": "PERSON", "organization": "ORGANIZATION", "location": "LOCATION"}
"""What GLiNER is asked for by default."""
_GLINER_THRESHOLD: Final = 0.3
"""Presidio's own."""


class _OfflineStanzaNlpEngine(StanzaNlpEngine):
    """Presidio's, which downloads models otherwise."""

    def __init__(
        self, models: list[dict[str, str]] | None = None, ner_model_configuration: NerModelConfiguration | None = None
    ) -> None:
        super().__init__(models, ner_model_configuration, download_if_missing=False)


class PresidioModel:
    """One language of an NLP engine of Presidio's."""

    def __init__(self, engine: SpacyNlpEngine, language: str, version: str) -> None:
        self._engine = engine
        self._language = language
        self.version = version

    def entities(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int, str, float]]]:
        """Yield the entities of each text: start, end (code points), Presidio's entity type, score."""
        made: Any = self._engine.process_batch(list(texts), self._language, batch_size=_BATCH_WINDOWS)
        for _, artifacts in made:
            yield [
                (span.start_char, span.end_char, span.label_, score)
                for span, score in zip(artifacts.entities, artifacts.scores, strict=True)
            ]


class GlinerModel:
    """GLiNER, as Presidio's recognizer runs it."""

    def __init__(self, directory: str, entities: dict[str, str], device: str) -> None:
        self._recognizer = GLiNERRecognizer(
            model_name=directory,
            entity_mapping=entities or _GLINER_LABELS,
            threshold=_GLINER_THRESHOLD,
            map_location=device or None,
            local_files_only=True,
        )
        self.version = f"gliner:{Path(directory).name}"

    def entities(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int, str, float]]]:
        """Yield the entities of each text: start, end (code points), Presidio's entity type, score."""
        for text in texts:
            found = self._recognizer.analyze(text, [])
            yield [(item.start, item.end, item.entity_type, item.score) for item in found]


def presidio_models(said: NlpConfiguration, device: str) -> dict[str, PresidioModel]:
    """Return the models of a configuration by language. `device` is PyTorch's name of one; empty: a GPU if it is there.

    Raises OSError if a model does not load.
    """
    if device:
        # Presidio looks at its own variable once, when it is imported.
        device_detector._device = device
    listed = [{"lang_code": language, "model_name": name} for language, name in said.models.items()]
    configuration: dict[str, Any] = {"nlp_engine_name": said.engine, "models": listed}
    if said.ner:
        configuration["ner_model_configuration"] = dict(said.ner)
    engines = (SpacyNlpEngine, _OfflineStanzaNlpEngine, TransformersNlpEngine)
    try:
        engine: Any = NlpEngineProvider(nlp_engines=engines, nlp_configuration=configuration).create_engine()
    except (OSError, RuntimeError, ValueError) as error:
        raise OSError(f"the models of the engine {said.engine} do not load: {error}") from None
    return {
        language: PresidioModel(engine, language, f"{said.engine}:{_short(name)}")
        for language, name in said.models.items()
    }


def gliner_models(said: NlpConfiguration, device: str) -> dict[str, GlinerModel]:
    """Return the models of a configuration by language."""
    labels = dict(said.ner.get("model_to_presidio_entity_mapping", {}))
    return {language: GlinerModel(name, labels, device) for language, name in said.models.items()}


def _short(name: Any) -> str:
    return Path(name["transformers"] if isinstance(name, dict) else name).name
