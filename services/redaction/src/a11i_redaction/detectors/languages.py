"""Names in several languages: which models there are, and which of them look at a text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from a11i_redaction.detectors.names import EntityModel, NameDetector
from a11i_redaction.detectors.nlp_configuration import read_configuration, see_that_model_is_there
from a11i_redaction.detectors.spacy_model import SpacyModel
from a11i_redaction.detectors.torch_models import GlinerModel, TransformersModel, torch_models
from a11i_redaction.settings import DetectionSettings

_ENGLISH: Final = "en"


class NameDetectors:
    """A detector of names for every choice of languages. They share the models."""

    def __init__(self, models: Mapping[str, EntityModel], entities: frozenset[str], budget_chars: int) -> None:
        """`models` are by language; the first is the default."""
        self._models = models
        self._entities = entities
        self._budget_chars = budget_chars
        self._made: dict[tuple[str, ...], NameDetector] = {}
        self.of(())  # So that its lists are in memory that forks share.

    @property
    def version(self) -> str:
        """Names and versions of the models."""
        return " ".join(dict.fromkeys(model.version for model in self._models.values()))

    def of(self, languages: Sequence[str]) -> NameDetector:
        """Return the detector for some of the languages; for none, that of the default."""
        chosen = tuple(languages) or (next(iter(self._models)),)
        if chosen not in self._made:
            models = [self._models[language] for language in chosen]
            model = models[0] if len(models) == 1 else _SeveralModels(models)
            # These are often of many languages, whatever they are named for.
            english = chosen == (_ENGLISH,) and not isinstance(model, GlinerModel | TransformersModel)
            self._made[chosen] = NameDetector(model, self._entities, self._budget_chars, english_alone=english)
        return self._made[chosen]


class _SeveralModels:
    """Models of which each sees every text."""

    def __init__(self, models: Sequence[EntityModel]) -> None:
        self._models = models
        self.version = " ".join(model.version for model in models)

    def entities(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int, str, float]]]:
        """Yield what any of them finds in each text."""
        for found in zip(*(model.entities(texts) for model in self._models), strict=True):
            yield [entity for entities in found for entity in entities]


def languages_of(settings: DetectionSettings) -> tuple[str, ...]:
    """Return the languages that there are models for, the default first, without loading them.

    Raises OSError if a model, its engine or the configuration is not there.
    """
    if settings.nlp_config is not None:
        return tuple(read_configuration(settings.nlp_config).models)
    see_that_model_is_there(settings.model, "A11I_REDACTION_DETECTION__MODEL")
    return (settings.language,)


def load_models(settings: DetectionSettings) -> Mapping[str, EntityModel]:
    """Return the models by language, the default first. Raises OSError as `languages_of`."""
    if settings.nlp_config is None:
        return {settings.language: SpacyModel(settings.model, settings.language, device=settings.device)}
    said = read_configuration(settings.nlp_config)
    if said.engine == "spacy":
        return {
            language: SpacyModel(name, language, said.entities, settings.device)
            for language, name in said.models.items()
        }
    return torch_models(said, settings.device)
