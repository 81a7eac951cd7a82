"""Writes docs/signal-schema.md from the schemas: python -m a11i_telemetry.signal_docs > docs/signal-schema.md"""

import sys
from typing import Final

from a11i_telemetry.schema_docs import COLUMN_HEAD, column_row, table
from a11i_telemetry.signals import COLUMNS, Signal

_HEAD: Final = """\
# The columns of log records, metric points and issues

Written by `python -m a11i_telemetry.signal_docs`; change `log_schema.py`, `metric_schema.py` or `issue_schema.py` in
`libs/telemetry/src/a11i_telemetry` and run it again. A test compares.

They travel and are stored as spans are ([span-schema.md](span-schema.md) explains the table and says what the writer
adds), each signal in batches and a table of its own. [logs-and-metrics.md](logs-and-metrics.md) says what they are for.
"""

_SECTIONS: Final = (
    (Signal.LOGS, "Log records: table `logs`", ""),
    (Signal.METRICS, "Metric points: table `metric_points`", ""),
    (
        Signal.ISSUES,
        "Ingest's issues: table `ingest_issues`",
        "The writer adds `issue_id`, a digest of batch and row.\n",
    ),
)


def document() -> str:
    """Return the page."""
    sections = (
        f"\n## {title}\n{table(COLUMN_HEAD, map(column_row, COLUMNS[signal]))}" + (f"\n{note}\n" if note else "")
        for signal, title, note in _SECTIONS
    )
    return _HEAD + "".join(sections)


if __name__ == "__main__":
    sys.stdout.write(document())
