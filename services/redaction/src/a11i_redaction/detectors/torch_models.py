"""Language models that run on PyTorch: stanza's, those of transformers, and GLiNER, as Presidio's configuration names
them.

They are called here and not through Presidio's engines, which go on where a text could not be worked on and quote it in
a warning. Here that is an error, and the text is withheld. What is found is the same otherwise.
"""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import spacy
from presidio_analyzer.nlp_engine import NerModelConfiguration, device_detector

from a11i_redaction.detectors.names import EntityModel
from a11i_redaction.detectors.nlp_configuration import Labels, NlpConfiguration

_CPU: Final = "cpu"
_BATCH: Final = 32
"""Texts in one call of a model: enough to fill a GPU, few enough for its memory."""
_TRANSFORMERS_TOKENS: Final = 512
"""What a model takes that does not say."""
_NOT_FOR_TOKENS: Final = 2
"""Positions that RoBERTa's models have and cannot use."""
_GLINER_LABELS: Final = {"person": "PERSON", "organization": "ORGANIZATION", "location": "LOCATION"}
"""What GLiNER is asked for by default."""
_GLINER_THRESHOLD: Final = 0.3
_GLINER_CHUNK: Final = 250
_GLINER_OVERLAP: Final = 50
"""Presidio's own, as the two above: characters. GLiNER leaves out what is longer than it takes."""

Entities = list[tuple[int, int, str, float]]


class StanzaModel:
    """A language of stanza's, from the directory that STANZA_RESOURCES_DIR names."""

    def __init__(self, name: str, ner: NerModelConfiguration, device: str) -> None:
        stanza: Any = importlib.import_module("stanza")
        self._pipeline = stanza.Pipeline(
            name, processors="tokenize,ner", download_method=None, device=device, verbose=False
        )
        self._document = stanza.Document
        self._labels = Labels(ner)
        self.version = f"stanza:{name}"

    def entities(self, texts: Sequence[str]) -> Iterator[Entities]:
        """Yield the entities of each text: start, end (code points), Presidio's entity type, score."""
        for start in range(0, len(texts), _BATCH):
            documents = [self._document([], text=text) for text in texts[start : start + _BATCH]]
            for document in self._pipeline.bulk_process(documents):
                found = ((entity, self._labels.named(entity.type)) for entity in document.entities)
                yield [(entity.start_char, entity.end_char, *named) for entity, named in found if named]


class TransformersModel:
    """A token classifier of transformers', with the tokenizer of a spaCy model to tell where words begin and end."""

    def __init__(self, name: Mapping[str, str], ner: NerModelConfiguration, device: str) -> None:
        transformers: Any = importlib.import_module("transformers")
        directory = name["transformers"]
        tokenizer = transformers.AutoTokenizer.from_pretrained(directory, local_files_only=True)
        model = transformers.AutoModelForTokenClassification.from_pretrained(directory, local_files_only=True)
        positions = getattr(model.config, "max_position_embeddings", 0) or _TRANSFORMERS_TOKENS
        if tokenizer.model_max_length > positions:
            # Many tokenizers name no limit, and the model fails beyond its own.
            tokenizer.model_max_length = positions - _NOT_FOR_TOKENS
        self._pipeline = transformers.pipeline(
            "token-classification",
            model=model,
            tokenizer=tokenizer,
            aggregation_strategy=ner.aggregation_strategy,
            stride=ner.stride,
            device=device,
        )
        self._words = spacy.load(name["spacy"]).tokenizer
        self._alignment = ner.alignment_mode
        self._labels = Labels(ner)
        self.version = f"transformers:{Path(directory).name}"

    def entities(self, texts: Sequence[str]) -> Iterator[Entities]:
        """Yield the entities of each text: start, end (code points), Presidio's entity type, score."""
        for text, found in zip(texts, self._pipeline(list(texts), batch_size=_BATCH) if texts else (), strict=True):
            words = self._words(text)
            named = ((entity, self._labels.named(entity["entity_group"], float(entity["score"]))) for entity in found)
            yield [(*self._aligned(words, entity["start"], entity["end"]), *label) for entity, label in named if label]

    def _aligned(self, words: Any, start: int, end: int) -> tuple[int, int]:
        """Return where the words of an entity begin and end; where they do not fit, the entity as it is."""
        text = words.text[start:end]
        start += len(text) - len(text.lstrip())
        span = words.char_span(start, end, alignment_mode=self._alignment)
        return (start, end) if span is None else (span.start_char, span.end_char)


class GlinerModel:
    """GLiNER, asked for what the configuration maps."""

    def __init__(self, directory: str, ner: NerModelConfiguration, device: str) -> None:
        gliner: Any = importlib.import_module("gliner")
        self._model = gliner.GLiNER.from_pretrained(directory, map_location=device, local_files_only=True)
        self._asked = list(ner.model_to_presidio_entity_mapping or {})
        self._chunk = min(_GLINER_CHUNK, self._model.config.max_len)  # No text has more words than characters.
        self._labels = Labels(ner)
        self.version = f"gliner:{Path(directory).name}"

    def entities(self, texts: Sequence[str]) -> Iterator[Entities]:
        """Yield the entities of each text: start, end (code points), Presidio's entity type, score."""
        pieces = [(index, start) for index, text in enumerate(texts) for start in self._starts(text)]
        results: list[Entities] = [[] for _ in texts]
        found = self._model.inference(
            [texts[index][start : start + self._chunk] for index, start in pieces],
            self._asked,
            threshold=_GLINER_THRESHOLD,
            batch_size=_BATCH,
        ) if pieces else []  # fmt: skip
        for (index, start), entities in zip(pieces, found, strict=True):
            for entity in entities:
                named = self._labels.named(entity["label"], float(entity["score"]))
                if named:
                    results[index].append((start + entity["start"], start + entity["end"], *named))
        yield from results

    def _starts(self, text: str) -> Iterator[int]:
        """Yield where the pieces of a text begin, at words where there are any, each over the end of the last."""
        start = 0
        while True:
            yield start
            if start + self._chunk >= len(text):
                return
            after = start + self._chunk - min(_GLINER_OVERLAP, self._chunk // 2)
            space = text.rfind(" ", start + 1, after)
            start = space + 1 if space > after - _GLINER_OVERLAP else after


def torch_models(said: NlpConfiguration, device: str) -> dict[str, EntityModel]:
    """Return the models of a configuration by language. `device` is PyTorch's name of one; empty: a GPU if it is there.

    Raises OSError if a model does not load.
    """
    load = {"stanza": StanzaModel, "transformers": TransformersModel, "gliner": GlinerModel}[said.engine]
    models: dict[str, EntityModel] = {}
    for language, name in said.models.items():
        try:
            models[language] = load(name, _entities(said), _device(device))
        except Exception as error:  # Files and packages of others fail with whatever they like.
            words = " ".join(str(error).split()) or "no reason given"
            which = name["transformers"] if isinstance(name, dict) else name
            raise OSError(f"the {said.engine} model {which} does not load: {type(error).__name__}: {words}") from error
    return models


def _entities(said: NlpConfiguration) -> NerModelConfiguration:
    """Return how labels become entities; GLiNER is asked for them."""
    entities = said.entities
    if said.engine == "gliner" and not said.ner.get("model_to_presidio_entity_mapping"):
        entities.model_to_presidio_entity_mapping = dict(_GLINER_LABELS)
    return entities


def _device(asked: str) -> str:
    device: str = asked or device_detector.get_device()
    if device == _CPU:
        # A process is one core's work, and the threads of a parent do not live on in its forks, which wait for them.
        importlib.import_module("torch").set_num_threads(1)
    return device
