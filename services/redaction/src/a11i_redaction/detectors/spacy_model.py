"""A spaCy model as Presidio's NLP engine, with the parts that names need and no more."""

from collections.abc import Iterator, Sequence
from importlib import metadata
from typing import Any, Final

import spacy
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
from thinc.api import NumpyOps, prefer_gpu

_GRAMMAR: Final = ("tagger", "parser", "attribute_ruler", "lemmatizer", "morphologizer", "senter")
_LEAN: Final = frozenset({"tok2vec", "ner"})
_BATCH_WINDOWS: Final = 128
"""Windows in one call of the model. From 128 to 1,000 the speed is the same (measured); memory is not."""
_CPU: Final = "cpu"


class SpacyModel(SpacyNlpEngine):
    """One spaCy model: an installed package, by its import name, or a directory. Downloads nothing."""

    def __init__(
        self,
        package: str,
        language: str = "en",
        entities: NerModelConfiguration | None = None,
        device: str = _CPU,
    ) -> None:
        """Load the model, to a GPU if `device` is not "cpu" and there is one. Raises OSError if it is not there."""
        self._language = language
        self._gpu = -1 if device == _CPU else int(device.partition(":")[2] or 0)
        super().__init__(
            models=[{"lang_code": language, "model_name": package}],
            ner_model_configuration=entities or NerModelConfiguration(),
        )
        self.load()
        meta = self.nlp[language].meta
        known = package.isidentifier()
        self.version = f"{package if known else meta['name']}/{metadata.version(package) if known else meta['version']}"

    def load(self) -> None:
        """Load the model, without what only grammar needs where nothing else listens to it."""
        on_gpu = self._gpu >= 0 and bool(prefer_gpu(self._gpu))
        if not on_gpu:
            self._gpu = -1
        name = self.models[0]["model_name"]
        language: Any = spacy.load(name, exclude=_GRAMMAR)
        self.nlp: Any = {self._language: language}
        if not {language.get_pipe_meta(pipe).factory for pipe in language.pipe_names} <= _LEAN:
            # Rules can ask for tags and lemmas, and a transformer has an engine of its own.
            self.nlp[self._language] = spacy.load(name)
            return
        # The small models' entity recognizer has a vector layer of its own; where it has not, it listens to this one.
        if "tok2vec" in language.pipe_names and not language.get_pipe("tok2vec").listeners:
            language.remove_pipe("tok2vec")
        if not on_gpu:
            # NumPy's matrix product runs these small models 1.6 to 1.8 times as fast as blis (measured).
            ops = NumpyOps(use_blis=False)
            for _, component in language.pipeline:
                for node in component.model.walk():
                    node.ops = ops

    def entities(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int, str, float]]]:
        """Yield the entities of each text: start, end (code points), Presidio's entity type, score."""
        if self._gpu >= 0:
            prefer_gpu(self._gpu)  # Where arrays are made is each thread's own.
        said = self.ner_model_configuration
        names = said.model_to_presidio_entity_mapping or {}
        ignored, low = set(said.labels_to_ignore or ()), set(said.low_score_entity_names or ())
        sure = said.default_score or 0.0
        unsure = sure * (said.low_confidence_score_multiplier or 0.0)
        for document in self.nlp[self._language].pipe(texts, batch_size=_BATCH_WINDOWS):
            found = ((span, names.get(span.label_, span.label_)) for span in document.ents)
            yield [
                (span.start_char, span.end_char, name, unsure if name in low else sure)
                for span, name in found
                if name not in ignored and span.label_ not in ignored
            ]
