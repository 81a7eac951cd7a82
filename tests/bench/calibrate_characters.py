"""Fits and measures the estimate from characters: python -m tests.bench.calibrate_characters.

The texts are example sentences and words of languages from spaCy and Faker, this repository's code, pages and JSON, and
made-up numbers, identifiers and noise. Every second text is fitted to, the others are measured.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from a11i_tokenization.counting.characters import SORTS, CharactersEngine
from a11i_tokenization.encodings import Encodings
from a11i_tokenization.vocabularies import packaged_directory
from tests.bench.token_texts import files, languages, made_up

_TOKENIZERS: Final = ("o200k_base", "cl100k_base", "llama3", "tekken", "deepseek_v3", "qwen2")
_TEXT_CHARS: Final = 600
_NO_SCRIPT: Final = ("other", "digit", "space", "line break or tab", "ASCII punctuation")

Floats = npt.NDArray[np.float64]


def main() -> None:
    """Print the weights, and the errors of the estimate and of each tokenizer against the middle of all."""
    texts = list(_corpus())
    encodings = Encodings(packaged_directory())
    counts = np.array([encodings.count_all(name, [text for _, text in texts]) for name in _TOKENIZERS], np.float64)
    middle = np.median(counts, axis=0)
    engine = CharactersEngine()
    features = np.array([engine.features(text) for _, text in texts], np.float64)
    fitted = np.arange(len(texts)) % 2 == 0
    weights = _fit(features[fitted], middle[fitted])
    print("weights, a character and a run:")
    for number, sort in enumerate(SORTS):
        print(f"    {sort.name:<40} {weights[number]:.3f}, {weights[len(SORTS) + number]:.3f}")
    print(f"\n{len(texts)} texts, half of them measured; error against the middle of {', '.join(_TOKENIZERS)}")
    estimates = np.maximum(1, np.round(features @ weights))
    shipped = np.array([engine.count(text) for _, text in texts])
    kinds = [kind for kind, _ in texts]
    header = ["kind", "texts", "fit", "shipped", "4 chars", *_TOKENIZERS]
    print(" ".join(f"{name:>12}" for name in header))
    fours = np.array([max(1, len(text) / 4) for _, text in texts])
    for kind in [*dict.fromkeys(kinds), "all"]:
        here = ~fitted & np.array([kind in (other, "all") for other in kinds])
        columns = [_error(one[here], middle[here]) for one in (estimates, shipped, fours, *counts)]
        print(f"{kind:>12} {here.sum():>12} " + " ".join(f"{error:>11.1%} " for error in columns))


def _fit(features: Floats, wanted: Floats) -> Floats:
    """Least squares of the relative error, weights not below zero, by projected gradient steps."""
    scaled = features / wanted[:, None]
    gram, aim = scaled.T @ scaled + 1e-3 * np.eye(features.shape[1]), scaled.sum(axis=0)
    weights = np.full(features.shape[1], 0.2)
    # Coordinate descent, which keeps to the bound exactly.
    for _ in range(3_000):
        for at in range(len(weights)):
            gradient = gram[at] @ weights - aim[at]
            weights[at] = max(0.0, weights[at] - gradient / gram[at, at])
    return weights


def _error(found: Floats, wanted: Floats) -> float:
    return float(np.mean(np.abs(found - wanted) / wanted))


def _corpus() -> Iterator[tuple[str, str]]:
    texts = [(_script(text), text) for text in languages()]
    for kind, text in [*texts, *files(), *made_up(60)]:
        for start in range(0, len(text), _TEXT_CHARS):
            piece = text[start : start + _TEXT_CHARS]
            if len(piece) > 40:
                yield kind, piece


def _script(text: str) -> str:
    """Return which script most of a text is in."""
    found = CharactersEngine().features(text)[: len(SORTS)]
    letters = [0 if sort.name in _NO_SCRIPT else int(count) for sort, count in zip(SORTS, found, strict=True)]
    name = SORTS[letters.index(max(letters))].name
    return {"lower-case Latin": "Latin", "accented Latin": "Latin", "kana": "ideograph"}.get(name, name)[:12]


if __name__ == "__main__":
    main()
