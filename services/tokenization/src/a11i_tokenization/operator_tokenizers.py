"""Tokenizers that an operator drops into a directory, and which models they are for.

`<name>.json` is a Hugging Face `tokenizer.json`, `<name>.model` a SentencePiece model; the name is what requests call
the encoding. `models.toml` says which models have it, and is asked before the rules that are built in:

    [models]
    "acme-*" = { tokenizer = "acme", exact = true }     # patterns as of a shell: *, ? and [abc]
    "gemini-*" = "gemma3"                               # counts are estimates

Counts are exact only where the operator says so: whether a file is the one that a model has, nobody else can know.
What else lies there is told, as it can be meant to count: `acme.JSON`, `acme/tokenizer.json`. Names that begin with a
point are nobody's business.
"""

import fnmatch
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from a11i_tokenization.counting.engine import Engine
from a11i_tokenization.counting.huggingface_engine import HuggingFaceEngine
from a11i_tokenization.counting.self_check_texts import samples
from a11i_tokenization.counting.sentencepiece_engine import SentencePieceEngine
from a11i_tokenization.counting.sources import Source
from a11i_tokenization.models import Rule, Tokenizer
from a11i_tokenization.pricing.readings import MAX_NAME_CHARS
from a11i_tokenization.vocabularies import VocabularyError

MODELS_FILE: Final = "models.toml"

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_ENGINES: Final[Mapping[str, Callable[[Path], Engine]]] = {".json": HuggingFaceEngine, ".model": SentencePieceEngine}


@dataclass(frozen=True, slots=True)
class OperatorTokenizers:
    """What a directory adds."""

    sources: Sequence[Source] = ()
    rules: Sequence[Rule] = ()
    unused: Sequence[str] = ()
    """Names of what else lies there, which nothing reads."""
    unasked: Sequence[str] = ()
    """Tokenizers that no rule gives to a model: only requests that name them are counted with them."""


def read(directory: Path, taken: Collection[str]) -> OperatorTokenizers:
    """Return what is in `directory`, each tokenizer tried once on some texts; takes up to a second a file.

    `taken` are the names of other encodings. Raises VocabularyError, with file and line, for whatever is not right:
    counts that an operator believes to be exact must not silently be others.
    """
    try:
        there = sorted(path for path in directory.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise VocabularyError(f"the directory of tokenizers cannot be read ({directory}: {error.strerror})") from error
    _check_rule_files(there)
    files = [path for path in there if path.suffix in _ENGINES]
    sources: dict[str, Source] = {}
    for path in files:
        if not _NAME.fullmatch(path.stem):
            raise VocabularyError(f"{path}: a tokenizer's name is of a-z, 0-9 and . _ -, and at most 64 long")
        if path.stem in taken or path.stem in sources:
            raise VocabularyError(f"{path}: an encoding of the name {path.stem!r} is there already; name it otherwise")
        sources[path.stem] = _source(path)
    models = directory / MODELS_FILE
    rules = tuple(_rules(models, {*taken, *sources})) if models.exists() else ()
    asked = {rule.tokenizer.encoding for rule in rules}
    return OperatorTokenizers(
        sources=tuple(sources.values()),
        rules=rules,
        unused=tuple(path.name for path in there if path not in files and path.name != MODELS_FILE),
        unasked=tuple(name for name in sources if name not in asked),
    )


def _check_rule_files(there: Sequence[Path]) -> None:
    for path in there:
        if path.suffix.lower() == ".toml" and path.name != MODELS_FILE:
            raise VocabularyError(f"{path}: rules are read from {MODELS_FILE} alone; name it so, or take it away")


def _source(path: Path) -> Source:
    def load() -> Engine:
        return _ENGINES[path.suffix](path)

    engine = load()
    for text in samples():
        try:
            engine.count(text)
        except Exception as error:  # The libraries raise what they like.
            raise VocabularyError(f"{path}:1: the tokenizer fails on a text ({error})") from error
    return Source(path.stem, f"an operator's, from {path.name}", "", load)


def _rules(path: Path, encodings: Collection[str]) -> Iterator[Rule]:
    try:
        written = path.read_text()
        tables = tomllib.loads(written)
    except OSError as error:
        raise VocabularyError(f"{path} cannot be read ({error.strerror})") from error
    except ValueError as error:  # Of TOML with its line, and of what is not UTF-8.
        raise VocabularyError(f"{path}: {error}") from error
    for name in tables:
        if name != "models":
            where = f"{path}:{_line(written, name)}"
            raise VocabularyError(f"{where}: {name!r} is nothing here; patterns stand under [models]")
    models = tables.get("models", {})
    if not isinstance(models, dict):
        raise VocabularyError(f"{path}:{_line(written, 'models')}: [models] is a table of patterns")
    for pattern, value in models.items():
        where = f"{path}:{_line(written, pattern)}"
        settings = {"tokenizer": value} if isinstance(value, str) else value
        if not isinstance(settings, dict) or not settings.keys() <= {"tokenizer", "exact"}:
            raise VocabularyError(f'{where}: write {pattern!r} = "name", or {{ tokenizer = "name", exact = true }}')
        encoding, exact = settings.get("tokenizer"), settings.get("exact", False)
        if not isinstance(exact, bool):
            raise VocabularyError(f"{where}: exact is true or false")
        if not isinstance(encoding, str) or encoding not in encodings:
            raise VocabularyError(
                f"{where}: there is no tokenizer {encoding!r}; there are {', '.join(sorted(encodings))}"
            )
        why = f"The operator's {path.name} says so: {pattern}."
        yield Rule(_compiled(pattern, where), Tokenizer(encoding, exact, why))


def _compiled(pattern: str, where: str) -> re.Pattern[str]:
    if not pattern or len(pattern) > MAX_NAME_CHARS:
        raise VocabularyError(f"{where}: a pattern has 1 to {MAX_NAME_CHARS} characters")
    if "[" in re.sub(r"\[!?\]?[^\]]*\]", "", pattern):
        raise VocabularyError(f"{where}: the pattern {pattern!r} has a [ without its ]")
    return re.compile(fnmatch.translate(pattern.lower()))


def _line(written: str, key: str) -> int:
    """Return the number of the line on which a key is, which the TOML parser does not say."""
    lines = written.splitlines()
    keys = (line.partition("=")[0].partition("#")[0] for line in lines)
    return next((number for number, said in enumerate(keys, 1) if key in said), 1)
