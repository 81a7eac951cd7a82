"""Quality and speed of redaction, beside Presidio as it comes, in one run.

    python -m tests.bench.redaction [--final] [--quick] [--no-speed] [--misses FILE] [--write FILE]

Measures on templates that whoever tunes the detectors may look at; `--final` adds those that are kept from them.
"""

import os

# One core. Before NumPy is loaded, which reads these once.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[_variable] = "1"

# ruff: noqa: E402  (the lines above must come first)
import argparse
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from tests.bench.redaction import page, report
from tests.bench.redaction.comparison import COUNTRIES, OURS, PRESIDIO, STRICT, Outcome, compare
from tests.bench.redaction.dataset import cases, templates_of
from tests.bench.redaction.engines import MODEL
from tests.bench.redaction.labels import Part
from tests.bench.redaction.tables import Table
from tests.bench.redaction.throughput import measure


def _tables(outcomes: Sequence[Outcome], parts: Sequence[Part]) -> list[Table]:
    """Return the engines beside each other in each part, then in detail over all of them."""
    runs = [outcome.overall for outcome in outcomes if outcome.overall.engine in {OURS, PRESIDIO, COUNTRIES}]
    strict = next(outcome.overall for outcome in outcomes if outcome.overall.engine == STRICT)
    last = parts[-1]
    return [
        *(
            report.headline(f"{part.value.capitalize()} ({len(templates_of(part))} templates)",
                            [outcome.by_part[part] for outcome in outcomes])
            for part in parts
        ),
        report.targets(f"What is to be reached, {last.value}", outcomes[0].by_part[last]),
        report.below(runs[0], strict, runs[1:]),
        report.breakdown("By entity, all parts", runs, lambda made: made.by_entity),
        report.breakdown("By family, all parts", runs, lambda made: made.by_family),
        report.breakdown("Split or encoded, all parts", runs, lambda made: made.by_disguise),
        report.lookalikes(runs),
    ]  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.redaction", description=__doc__)
    parser.add_argument("--final", action="store_true", help="measure on the templates kept for the final figure")
    parser.add_argument("--quick", action="store_true", help="each template once, a quarter of the texts for speed")
    parser.add_argument("--no-speed", action="store_true", help="quality alone")
    parser.add_argument("--model", default=MODEL, help="import name of the spaCy package, for all engines")
    parser.add_argument("--misses", type=Path, metavar="FILE", help="write what a11i misses; not of the final part")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables as a page")
    return parser.parse_args()


def main() -> None:
    """Measure, print, and write what was asked for."""
    arguments = _arguments()
    draws = 1 if arguments.quick else 3
    parts = [Part.DEVELOPMENT, Part.CHECK, *([Part.FINAL] if arguments.final else [])]
    outcomes = compare({part: cases(part, draws) for part in parts}, arguments.model)
    tables = _tables(outcomes, parts)
    if not arguments.no_speed:
        tables.append(measure(quick=arguments.quick))
    print("\n\n".join(table.aligned() for table in tables))
    if arguments.misses:
        arguments.misses.write_text("\n\n".join(f"# {part.value}\n{report.misses(outcomes[0].by_part[part].score)}\n"
                                                for part in parts if part is not Part.FINAL))  # fmt: skip
    if arguments.write:
        arguments.write.write_text(page.text(tables, arguments.model, metadata.version("presidio-analyzer")))


if __name__ == "__main__":
    main()
