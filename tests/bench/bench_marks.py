"""How long a megabyte of an answer takes that is full of the marks of thoughts.

    python -m tests.bench.bench_marks

Prints milliseconds of CPU time a megabyte, best of some rounds, nothing of the text known before. No text is to take
more than 50.
"""

import time
from typing import Final

from a11i_tokenization.encodings import Encodings
from a11i_tokenization.models import Models
from a11i_tokenization.prompts import PromptCounter
from a11i_tokenization.vocabularies import packaged_directory
from tests.unit.tokenization.test_marks_of_thoughts import BOMBS, MARKS, answer_of

_MEGABYTE: Final = 1_000_000
_ROUNDS: Final = 5


def ms(encodings: Encodings, model: str, text: str) -> float:
    """Return the CPU time of an answer of this text, best of some rounds."""
    encoding, answer, counter = Models().resolve(model).encoding, answer_of(text), PromptCounter(encodings, 0)
    counter.count_texts(encoding, answer_of("x"), model)
    took = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        counter.count_texts(encoding, answer, model)
        took.append(time.process_time() - started)
    return min(took) * 1e3


def main() -> None:
    """Measure each text for each model with marks of its own."""
    encodings = Encodings(packaged_directory())
    for bomb in BOMBS:
        for model, marks in MARKS.items():
            unit = bomb.format(*marks)
            text = unit * (_MEGABYTE // len(unit.encode()))
            print(f"{unit!r:32} {model:24} {ms(encodings, model, text):6.1f}")


if __name__ == "__main__":
    main()
