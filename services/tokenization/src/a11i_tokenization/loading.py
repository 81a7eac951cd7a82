"""Puts together what counts: the packaged encodings, and those that an operator has dropped into a directory."""

from dataclasses import dataclass
from pathlib import Path

from a11i_tokenization.encodings import KNOWN_ENCODINGS, Encodings
from a11i_tokenization.models import Models
from a11i_tokenization.operator_tokenizers import OperatorTokenizers, read
from a11i_tokenization.vocabularies import packaged_directory


@dataclass(frozen=True, slots=True)
class Tokenizers:
    """The encodings, and which model has which."""

    encodings: Encodings
    models: Models


def open_tokenizers(vocabulary_directory: Path | None = None, tokenizer_directory: Path | None = None) -> Tokenizers:
    """Return what counts with tiktoken's files in one directory, and an operator's tokenizers in another.

    Without the first the files are litellm's; without the second there are none of an operator. Takes half a second.
    Raises VocabularyError if a file is missing or not right.
    """
    operators = read(tokenizer_directory, KNOWN_ENCODINGS) if tokenizer_directory else OperatorTokenizers()
    encodings = Encodings(vocabulary_directory or packaged_directory(), operators.sources)
    return Tokenizers(encodings, Models(operators.rules))
