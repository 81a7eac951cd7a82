"""Stand-ins for PyTorch's packages, which the project does not install.

They answer as the packages do (shapes, offsets, limits), and know one name by heart.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

NAME = "Ostwind Sieben"
"""Which no list of names has, so that only a model knows whom it means."""
POISON = "Poisonous Words"
"""What the models fail on."""
GLINER_WORDS = 300
"""Words that GLiNER takes; it leaves out the rest, as the real one does."""


class Fakes:
    """What was asked of the packages."""

    def __init__(self) -> None:
        self.threads = 0
        self.device = ""
        self.loaded: dict[str, Any] = {}
        self.batches: list[list[str]] = []
        self.tokenizer = SimpleNamespace(model_max_length=10**30)
        self.positions = 512
        self.shift = (0, 0)
        """By how much the classifier's offsets are off the name, at its start and its end."""

    def found(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int]]]:
        """Yield where the name is in each text; raises if one is not to be worked on."""
        self.batches.append(list(texts))
        for text in texts:
            if POISON in text:
                raise IndexError(f"index out of range in {text}")
            yield [match.span() for match in re.finditer(NAME, text)]

    # transformers

    def pipeline(self, task: str, **options: Any) -> Any:
        assert task == "token-classification"
        self.loaded |= options
        self.device = options["device"]

        def classify(texts: list[str], batch_size: int) -> list[list[dict[str, Any]]]:
            assert batch_size > 1
            first, last = self.shift
            return [
                [
                    {"entity_group": "PER", "score": 0.75, "word": NAME, "start": start + first, "end": end + last}
                    for start, end in spans
                ]
                for spans in self.found(texts)
            ]

        return classify

    def from_pretrained(self, directory: str, *, local_files_only: bool) -> Any:
        assert local_files_only
        if directory.endswith("broken"):
            raise ValueError("Unrecognized model.\nShould have a `model_type` key.")
        return SimpleNamespace(config=SimpleNamespace(max_position_embeddings=self.positions))

    # stanza

    def stanza_pipeline(self, lang: str, **options: Any) -> Any:
        self.loaded |= {"lang": lang} | options
        self.device = options["device"]

        def bulk_process(documents: list[Any]) -> list[Any]:
            for document, spans in zip(documents, self.found([each.text for each in documents]), strict=True):
                document.entities = [
                    SimpleNamespace(type="PERSON", start_char=start, end_char=end, text=NAME) for start, end in spans
                ]
            return documents

        return SimpleNamespace(bulk_process=bulk_process)

    # GLiNER

    def gliner(self, directory: str, *, map_location: str, local_files_only: bool) -> Any:
        assert local_files_only
        self.device = map_location

        def inference(texts: list[str], labels: list[str], threshold: float, batch_size: int) -> list[Any]:
            self.loaded["labels"] = labels
            taken = [" ".join(text.split(" ")[:GLINER_WORDS]) for text in texts]
            return [
                [{"label": "person", "score": 0.6, "text": NAME, "start": start, "end": end} for start, end in spans]
                for spans in self.found(taken)
            ]

        return SimpleNamespace(inference=inference, config=SimpleNamespace(max_len=GLINER_WORDS))


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> Fakes:
    """The packages, with a stand-in each."""
    made = Fakes()

    def module(name: str, **members: Any) -> None:
        fake = ModuleType(name)
        fake.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, fake)

    tokenizers = SimpleNamespace(from_pretrained=lambda _, **__: made.tokenizer)
    module("torch", set_num_threads=lambda count: setattr(made, "threads", count))
    module(
        "transformers",
        AutoTokenizer=tokenizers,
        AutoModelForTokenClassification=SimpleNamespace(from_pretrained=made.from_pretrained),
        pipeline=made.pipeline,
    )
    module("stanza", Pipeline=made.stanza_pipeline, Document=lambda _, text: SimpleNamespace(text=text, entities=[]))
    module("gliner", GLiNER=SimpleNamespace(from_pretrained=made.gliner))
    return made
