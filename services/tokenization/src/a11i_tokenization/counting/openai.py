"""OpenAI's encodings: the fast tokenizer where it has them and agrees with tiktoken, else tiktoken."""

from pathlib import Path

from a11i_tokenization import vocabularies
from a11i_tokenization.counting import fast
from a11i_tokenization.counting.engine import Engine
from a11i_tokenization.counting.sources import Source
from a11i_tokenization.counting.tiktoken_engine import TiktokenEngine
from a11i_tokenization.counting.toktok_engine import ENCODINGS, ToktokEngine

_DESCRIPTIONS = {
    "o200k_base": "OpenAI's since GPT-4o: GPT-4o, GPT-4.1, GPT-5, o1, o3, o4",
    "cl100k_base": "OpenAI's GPT-4, GPT-3.5 and third-generation embeddings",
    "p50k_base": "OpenAI's text-davinci-002, text-davinci-003 and Codex",
    "r50k_base": "OpenAI's GPT-3 and GPT-2",
}


def sources(directory: Path) -> list[Source]:
    """Return OpenAI's encodings, with tiktoken's vocabulary files in `directory`."""

    def source(name: str) -> Source:
        return Source(name, _DESCRIPTIONS[name], "tiktoken", lambda: load(name, directory))

    return [source(name) for name in vocabularies.ENCODINGS]


def load(name: str, directory: Path) -> Engine:
    """Return the engine of one of `vocabularies.ENCODINGS`. Raises VocabularyError."""

    def reference() -> Engine:
        return TiktokenEngine(vocabularies.build(name, directory))

    if name not in ENCODINGS:
        return reference()
    return fast.checked(name, lambda: ToktokEngine(name, reference)) or reference()
