"""Speed on one core: ordinary text, text dense in values, and conversations; a11i's stage beside Presidio."""

from collections.abc import Sequence
from typing import Final

from tests.bench.bench_redaction import presidio_kb_per_s, size_of, stage_kb_per_s
from tests.bench.redaction.dataset import dense_texts
from tests.bench.redaction.tables import Table
from tests.bench.redaction_corpus import conversations, unique_texts

_UNIQUE_TEXTS: Final = 320
_DENSE_TEXTS: Final = 200
_TALKS: Final = 24
_TURNS: Final = 10
"""Ten turns that each hold all before: four fifths of the text was sent before."""
_PRESIDIO_TEXTS: Final = 16
"""Presidio as it comes needs a tenth of a second for each."""
_RUNS: Final = 3
_TARGETS: Final = {"ordinary": (1.5, 0.4), "dense": (0.8, 0.2), "conversations": (15.0, 2.5)}
"""MB/s to reach, with patterns and with names too."""


def measure(*, quick: bool) -> Table:
    """Return the speeds in MB of text per second of CPU time, medians, each with an empty cache."""
    scale, runs = (4, 1) if quick else (1, _RUNS)
    corpora: dict[str, Sequence[str]] = {
        "ordinary": unique_texts(1, _UNIQUE_TEXTS // scale),
        "dense": dense_texts("dense/1", _DENSE_TEXTS // scale),
        "conversations": list(conversations(3, _TALKS // scale, _TURNS)),
    }
    warm_up = unique_texts(2, 16)
    rows = []
    for name, texts in corpora.items():
        patterns = stage_kb_per_s(texts, warm_up, names=False, runs=runs) / 1000
        names = stage_kb_per_s(texts, warm_up, names=True, runs=runs) / 1000
        presidio = presidio_kb_per_s(texts[:_PRESIDIO_TEXTS]) / 1000
        rows.append([
            f"{name} ({size_of(texts) / 1000:,.0f} kB)", f"{patterns:.2f}", f"{_TARGETS[name][0]:.1f}", f"{names:.2f}",
            f"{_TARGETS[name][1]:.1f}", f"{presidio:.4f}", f"{names / presidio:.0f}",
        ])  # fmt: skip
    return Table(
        "Speed, MB/s on one core",
        ["text", "patterns", "to reach", "with names", "to reach", "Presidio", "times Presidio"],
        rows,
    )
