"""Puts together what counts: the packaged encodings, and those that an operator has dropped into a directory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from a11i_tokenization.encodings import KNOWN_ENCODINGS, Encodings
from a11i_tokenization.models import Models
from a11i_tokenization.operator_tokenizers import MODELS_FILE, OperatorTokenizers, read
from a11i_tokenization.vocabularies import packaged_directory

_log: Final = structlog.stdlib.get_logger(__name__)
_MOST_NAMED: Final = 20
"""Files that one line of the log names."""


@dataclass(frozen=True, slots=True)
class Tokenizers:
    """The encodings, and which model has which."""

    encodings: Encodings
    models: Models


def open_tokenizers(vocabulary_directory: Path | None = None, tokenizer_directory: Path | None = None) -> Tokenizers:
    """Return what counts with tiktoken's files in one directory, and an operator's tokenizers in another.

    Without the first the files are litellm's; without the second there are none of an operator. Takes half a second.
    What lies in the latter and is of no use the log tells. Raises VocabularyError if a file is missing or not right.
    """
    operators = read(tokenizer_directory, KNOWN_ENCODINGS) if tokenizer_directory else OperatorTokenizers()
    if operators.unused:
        _log.warning("tokenizer_files_unused", directory=str(tokenizer_directory), files=operators.unused[:_MOST_NAMED])
    if operators.unasked:
        _log.warning("tokenizers_of_no_model", rules=MODELS_FILE, tokenizers=operators.unasked[:_MOST_NAMED])
    encodings = Encodings(vocabulary_directory or packaged_directory(), operators.sources)
    return Tokenizers(encodings, Models(operators.rules))
