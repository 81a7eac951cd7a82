"""SentencePiece models: Mistral's first ones, and what operators bring."""

from pathlib import Path
from typing import Final

import sentencepiece

from a11i_tokenization.chunks import cut
from a11i_tokenization.counting.engine import encodable
from a11i_tokenization.vocabularies import VocabularyError

_MAX_CHARS: Final = 262_144
"""Of one call of the library, which takes about 100 bytes of memory a character."""


class SentencePieceEngine:
    """Counts with a SentencePiece model, what it adds to the start of a text included."""

    def __init__(self, path: Path) -> None:
        """Load the model in 20 to 200 ms. Raises VocabularyError."""
        self._processor = sentencepiece.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(path.read_bytes())
        except OSError as error:
            raise VocabularyError(f"the SentencePiece model {path} cannot be read ({error.strerror})") from error
        except (RuntimeError, TypeError) as error:
            raise VocabularyError(f"{path} is not a SentencePiece model ({error})") from error

    @property
    def name(self) -> str:
        return "sentencepiece"

    def count(self, text: str) -> int:
        return sum(len(self._processor.EncodeAsIds(piece)) for piece in cut(encodable(text), _MAX_CHARS).pieces)

    def is_exact_for(self, text: str) -> bool:
        # Every piece is given a space of its own at its start, hence a cut is never exact.
        return len(text) <= _MAX_CHARS
