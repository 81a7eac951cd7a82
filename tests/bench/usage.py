"""CPU time and memory of processes, and their tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and what it started have used."""

    cpu_s: float
    """CPU seconds, user and system, since its start."""
    memory_bytes: int
    """Resident memory; pages shared by several processes are counted in parts (PSS), so that sums are true."""


def measure(pid: int) -> Usage:
    """Return the usage of a process and its descendants; zero if it is gone."""
    cpu_s, memory_bytes = 0.0, 0
    try:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            times = process.cpu_times()
            cpu_s += times.user + times.system
            memory_bytes += process.memory_full_info().pss
        ended = parent.cpu_times()
        cpu_s += ended.children_user + ended.children_system
    except psutil.NoSuchProcess:
        return Usage(cpu_s, memory_bytes)
    return Usage(cpu_s, memory_bytes)


def cpu_rows(before: Mapping[str, Usage], after: Mapping[str, Usage], spans: int) -> list[Sequence[str]]:
    """Return a row for each process and for their sum: CPU seconds, CPU seconds per 1,000 spans, resident MB."""
    rows = []
    total_cpu_s, total_bytes = 0.0, 0
    for name in after:
        cpu_s = after[name].cpu_s - before[name].cpu_s
        total_cpu_s, total_bytes = total_cpu_s + cpu_s, total_bytes + after[name].memory_bytes
        rows.append(_row(name, cpu_s, after[name].memory_bytes, spans))
    return [*rows, _row("all", total_cpu_s, total_bytes, spans)]


def _row(name: str, cpu_s: float, memory_bytes: int, spans: int) -> Sequence[str]:
    return (name, f"{cpu_s:.1f}", f"{cpu_s / spans * 1000:.3f}", f"{memory_bytes / 1e6:,.0f}")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the values lie; the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of text: the first column to the left, the others to the right. An empty header is left out."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in ((header, *rows) if any(header) else rows)
    ]
    rule = "-" * len(lines[0])
    body = [lines[0], rule, *lines[1:]] if any(header) else lines
    return "\n".join(["", title, rule, *body, rule])
