"""One short line for what a user should know, none for the rest."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console as RichConsole

from a11i_local.console import Console
from a11i_local.supervisor import Change, ProcessEvent

LOG = Path("/data/[x]/query.log")


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (ProcessEvent("query", Change.STARTED, 7, LOG), ""),
        (ProcessEvent("query", Change.READY, 7, LOG), "  ok query                  1.5 s\n"),
        (
            ProcessEvent("query", Change.DIED, 7, LOG, "signal 9 (SIGKILL)", 0.43),
            "  ! query died with signal 9 (SIGKILL); starting again in 0.4 s; log: /data/[x]/query.log\n",
        ),
        (ProcessEvent("query", Change.READY, 8, LOG, restarts=1), "  ok query is back (pid 8)\n"),
        (ProcessEvent("query", Change.STOPPED, 8, LOG), ""),
        (
            ProcessEvent("query", Change.STOPPED, 8, LOG, "killed: it did not stop in time"),
            "  ! query was killed: it did not stop in time; log: /data/[x]/query.log\n",
        ),
    ],
)
def test_events_become_lines(event: ProcessEvent, line: str) -> None:
    raw = io.BytesIO()
    output = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    times = iter((10.0, 11.5))
    console = Console(RichConsole(file=output, soft_wrap=True, highlight=False), clock=lambda: next(times))
    console.report(event)

    assert raw.getvalue().decode() == line
    output.close()


def test_a_line_that_is_too_long_for_the_terminal_goes_on_below_at_a_word() -> None:
    output = io.StringIO()
    console = Console(RichConsole(file=output, force_terminal=True, width=40, soft_wrap=True, color_system=None))
    console.say("  [yellow]![/] query died with signal 9 (SIGKILL); starting again")
    console.copyable("curl with an argument that is longer than the line")

    assert [line.rstrip() for line in output.getvalue().splitlines()] == [
        "  ! query died with signal 9",
        "    (SIGKILL); starting again",
        "curl with an argument that is longer than the line",
    ]
