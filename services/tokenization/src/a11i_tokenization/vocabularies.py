"""Builds tiktoken's encodings from the vocabulary files that the litellm wheel carries. Nothing is ever fetched.

Only litellm's data files are used: it is located, never imported. tiktoken deletes a cached file whose hash is wrong
and fetches another, so each file is checked here before tiktoken sees its directory.
"""

import hashlib
import importlib.util
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import tiktoken
from tiktoken_ext import openai_public

_ENVIRONMENT_LOCK: Final = threading.Lock()


class VocabularyError(OSError):
    """A vocabulary file is missing or damaged; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class _VocabularyFile:
    url: str
    """What tiktoken calls the file; the SHA-1 of this is its name in the directory."""
    sha256: str
    """The hash that `tiktoken_ext.openai_public` expects."""

    @property
    def name(self) -> str:
        return hashlib.sha1(self.url.encode(), usedforsecurity=False).hexdigest()


_BLOB: Final = "https://openaipublic.blob.core.windows.net/encodings/"
_FILES: Final = {
    "o200k_base": _VocabularyFile(
        _BLOB + "o200k_base.tiktoken", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
    ),
    "cl100k_base": _VocabularyFile(
        _BLOB + "cl100k_base.tiktoken", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
    ),
    "p50k_base": _VocabularyFile(
        _BLOB + "p50k_base.tiktoken", "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069"
    ),
}
_R50K_TOKENS: Final = 50_256
"""r50k_base is the first 50,256 entries of p50k_base, which adds runs of spaces after them."""

ENCODINGS: Final = (*_FILES, "r50k_base")
"""The encodings that `build` makes."""


def packaged_directory() -> Path:
    """Return the directory of tiktoken's files in the installed litellm. Raises VocabularyError without litellm."""
    return package_directory("litellm") / "litellm_core_utils" / "tokenizers"


def package_directory(package: str) -> Path:
    """Return where an installed package lies, without importing it. Raises VocabularyError if it is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise VocabularyError(f"{package}, which carries vocabularies, is not installed; install the lock file")
    return Path(spec.submodule_search_locations[0])


def check(directory: Path) -> None:
    """Raise VocabularyError unless every vocabulary file is in `directory`, readable and undamaged."""
    for encoding in _FILES:
        _check_file(directory, encoding)


def build(encoding: str, directory: Path) -> tiktoken.Encoding:
    """Return one of ENCODINGS, read from `directory`; takes 0.1 to 0.3 s. Raises VocabularyError."""
    if encoding == "r50k_base":
        return _build_r50k(directory)
    _check_file(directory, encoding)
    with _tiktoken_cache(directory):
        return lean(tiktoken.Encoding(**openai_public.ENCODING_CONSTRUCTORS[encoding]()))


def _build_r50k(directory: Path) -> tiktoken.Encoding:
    _check_file(directory, "p50k_base")
    with _tiktoken_cache(directory):
        p50k = openai_public.p50k_base()
    ranks = {token: rank for token, rank in p50k["mergeable_ranks"].items() if rank < _R50K_TOKENS}
    return lean(
        tiktoken.Encoding(
            "r50k_base",
            pat_str=p50k["pat_str"],
            mergeable_ranks=ranks,
            special_tokens={openai_public.ENDOFTEXT: _R50K_TOKENS},
            explicit_n_vocab=_R50K_TOKENS + 1,
        )
    )


def lean(encoding: tiktoken.Encoding) -> tiktoken.Encoding:
    """Drop Python's copy of the ranks, 28 MB for o200k: the tokenizer has its own, and the copy is for pickling."""
    encoding._mergeable_ranks = {}
    return encoding


def _check_file(directory: Path, encoding: str) -> None:
    file = _FILES[encoding]
    path = directory / file.name
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise VocabularyError(
            f"the vocabulary of {encoding} cannot be read ({path}: {error.strerror}); reinstall litellm"
        ) from error
    if found != file.sha256:
        raise VocabularyError(f"the vocabulary of {encoding} is damaged ({path}: wrong SHA-256); reinstall litellm")


@contextmanager
def _tiktoken_cache(directory: Path) -> Iterator[None]:
    """Point tiktoken, which knows only an environment variable, at `directory`, and put the variable back."""
    variable = "TIKTOKEN_CACHE_DIR"
    with _ENVIRONMENT_LOCK:
        before = os.environ.get(variable)
        os.environ[variable] = str(directory)
        try:
            yield
        finally:
            if before is None:
                del os.environ[variable]
            else:
                os.environ[variable] = before
