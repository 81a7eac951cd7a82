"""Hugging Face `tokenizer.json` files, by the `tokenizers` library (Rust, Apache-2.0)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tokenizers import Tokenizer

from a11i_tokenization.chunks import cut
from a11i_tokenization.counting.engine import encodable
from a11i_tokenization.vocabularies import VocabularyError

_MAX_CHARS: Final = 262_144
"""Of one call of the library, which takes about 200 bytes of memory a token."""

_NOT_TEXT: Final[Mapping[str, object]] = {"post_processor": None, "truncation": None, "padding": None}
"""What a file says about the frame around a text and fixed lengths: the text alone is counted, as it is."""


class HuggingFaceEngine:
    """Counts with a `tokenizer.json`, its special tokens left out: a text that has their names is never opened.

    Added tokens that are not special, such as runs of spaces, are part of the tokenizer.
    """

    def __init__(self, path: Path) -> None:
        """Load the file in 0.1 to 1 s. Raises VocabularyError, with line and column if it is not JSON."""
        try:
            content = json.loads(path.read_bytes())
            added = [token for token in content.get("added_tokens", ()) if not token["special"]]
            self._tokenizer = Tokenizer.from_str(json.dumps({**content, "added_tokens": added, **_NOT_TEXT}))
        except OSError as error:
            raise VocabularyError(f"the tokenizer {path} cannot be read ({error.strerror})") from error
        except json.JSONDecodeError as error:
            raise VocabularyError(f"{path}:{error.lineno}: not JSON ({error.msg}, column {error.colno})") from error
        except Exception as error:  # The library raises bare Exceptions.
            raise VocabularyError(f"{path}:1: not a tokenizer.json of Hugging Face ({error})") from error

    @property
    def name(self) -> str:
        return "tokenizers"

    def count(self, text: str) -> int:
        pieces = cut(encodable(text), _MAX_CHARS).pieces
        return sum(map(len, self._tokenizer.encode_batch_fast(list(pieces), add_special_tokens=False)))

    def is_exact_for(self, text: str) -> bool:
        # What a tokenizer does at the start of a text, such as to add a space, it does at every cut.
        return len(text) <= _MAX_CHARS
