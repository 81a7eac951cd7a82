"""The tables of a run of the quality harness."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tests.bench.redaction.comparison import Run
from tests.bench.redaction.labels import KEEP
from tests.bench.redaction.scoring import Score, Tally
from tests.bench.redaction.tables import Table, percent, rate

_GROUPS: Final = ("patterns", "secrets", "names", "places", "split or encoded")
_NOTHING: Final = Tally()


def headline(title: str, runs: Sequence[Run]) -> Table:
    """Return the table that compares the engines."""
    rows = []
    for run in runs:
        groups = [rate(run.score.by_group.get(group, _NOTHING).recall) for group in _GROUPS]
        rows.append([
            run.engine, rate(run.score.total.recall), *groups, rate(run.score.total.precision),
            percent(run.score.total.leaked), percent(run.score.touched_share), f"{run.kb_per_s:,.0f}",
        ])  # fmt: skip
    head = ["", "recall, all", *_GROUPS, "precision", "leaked chars", "look-alikes touched", "kB/s"]
    return Table(title, head, rows)


def breakdown(title: str, runs: Sequence[Run], of: Callable[[Score], Mapping[str, Tally]]) -> Table:
    """Return recall, precision and leaked characters by something, the engines beside each other."""
    rows = []
    for name, first in sorted(of(runs[0].score).items()):
        if first.labels:
            tallies = [of(run.score).get(name, _NOTHING) for run in runs]
            rows.append([
                name, str(first.labels), *(rate(tally.recall) for tally in tallies),
                *(rate(tally.precision) for tally in tallies), *(percent(tally.leaked) for tally in tallies),
            ])  # fmt: skip
    head = ["", "values"]
    for what in ("recall", "precision", "leaked"):
        head.extend([f"{what}: {runs[0].engine}", *(run.engine for run in runs[1:])])
    return Table(title, head, rows)


def lookalikes(runs: Sequence[Run]) -> Table:
    """Return which look-alikes were touched, by kind; near misses of keys as one."""
    rows = []
    counted = [_by_kind(run.score) for run in runs]
    for kind in sorted(counted[0]):
        shares = [counts[kind] for counts in counted]
        if any(touched for _, touched in shares):
            rows.append([kind, str(shares[0][0]), *(percent(touched / count) for count, touched in shares)])
    return Table("Look-alikes touched", ["", "values", *(run.engine for run in runs)], rows)


def _by_kind(score: Score) -> dict[str, tuple[int, int]]:
    counts: dict[str, tuple[int, int]] = {}
    for kind, count in score.keeps.items():
        name = kind.split(" of ")[0]
        before = counts.get(name, (0, 0))
        counts[name] = (before[0] + count, before[1] + score.touched[kind])
    return counts


def targets(title: str, ours: Run) -> Table:
    """Return what is to be reached beside what was."""

    total = ours.score.total

    def group(name: str) -> float | None:
        return ours.score.by_group.get(name, _NOTHING).recall

    rows = [
        _target("recall, all types", total.recall, 0.80),
        _target("recall, patterns", group("patterns"), 0.97),
        _target("recall, secrets", group("secrets"), 0.97),
        _target("recall, names", group("names"), 0.60),
        _target("recall, split or encoded", group("split or encoded"), 0.80),
        _target("precision", total.precision, 0.75),
        _target("look-alikes touched", ours.score.touched_share, 0.08, most=True),
    ]
    return Table(title, ["", ours.engine, "to reach", ""], rows)


def below(ours: Run, strict: Run, others: Sequence[Run]) -> Table:
    """Return the entities of which another engine takes more away.

    `strict` is the same engine told to look for all that it knows: it counts for what `ours` does not look for.
    """
    rows = []
    for entity in sorted(ours.score.by_entity):
        run = strict if entity in strict.entities - ours.entities else ours
        tally = run.score.by_entity.get(entity, _NOTHING)
        theirs = [other.score.by_entity.get(entity, _NOTHING).recall or 0.0 for other in others]
        if tally.recall is not None and tally.recall < max(theirs):
            rows.append([entity, str(tally.labels), run.engine, rate(tally.recall), *map(rate, theirs)])
    return Table("Entities below Presidio", ["", "values", "by", "a11i", *(run.engine for run in others)], rows)


def _target(name: str, value: float | None, wanted: float, *, most: bool = False) -> list[str]:
    reached = value is not None and (value < wanted if most else value >= wanted)
    return [name, rate(value), f"{'<' if most else '>='} {wanted:.2f}", "reached" if reached else "short"]


def misses(score: Score) -> str:
    """Return what was missed and what was found where nothing is, by entity, family and template, with an example."""
    lines: dict[tuple[str, str, str], list[str]] = {}
    for case, label in score.missed:
        value = "".join(case.text[start:end] for start, end in label.places)
        what = f"{label.entity} [{label.kind}{' | ' + label.disguise if label.disguise else ''}]"
        lines.setdefault((label.entity, case.family, case.template.text), []).append(f"{what} {value!r}")
    found = ["MISSED"]
    for (entity, family, template), values in sorted(lines.items()):
        found.append(f"{entity} / {family} x{len(values)}: {template!r}\n    {'; '.join(values[:3])}")
    found.append("FOUND WHERE NOTHING IS")
    for case, (start, end, entity) in score.strays:
        kinds = [label.kind for label in case.labels if label.entity == KEEP
                 and any(first < end and last > start for first, last in label.places)]  # fmt: skip
        found.append(f"{entity} / {case.family}: {case.text[start:end]!r} {kinds} in {case.template.text!r}")
    return "\n".join(found)
