"""What the user sees while a mesh starts, runs and stops."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console as RichConsole
from rich.markup import escape
from rich.text import Text

from a11i_local.supervisor import Change, ProcessEvent

NAME_WIDTH = 20
HANGING_INDENT = 2  # Of a line that goes on, against its first.
NARROWEST = 20  # Below, wrapping between words helps nobody.


def terminal(*, errors: bool = False) -> RichConsole:
    """The user's terminal, or the file that stands for it: then plain text, never wrapped."""
    return RichConsole(stderr=errors, highlight=False, soft_wrap=True)


class Console:
    """One short line for each thing that is worth one."""

    def __init__(self, rich: RichConsole, clock: Callable[[], float] = time.monotonic) -> None:
        self.rich = rich
        self._clock = clock
        self._begun_s = clock()
        self._tick = "✓" if self.rich.encoding.lower().startswith("utf") else "ok"

    def say(self, text: str) -> None:
        """A line of its own, on a terminal wrapped between words. The text may hold rich's markup."""
        for line in Text.from_markup(text).split("\n", allow_blank=True):
            indent = len(line.plain) - len(line.plain.lstrip()) + HANGING_INDENT
            width = self.rich.width - indent
            if not self.rich.is_terminal or width < NARROWEST or line.cell_len <= self.rich.width:
                self.rich.print(line)
                continue
            first, *rest = line.wrap(self.rich, width)
            self.rich.print(first)
            for more in rest:
                self.rich.print(Text(" " * indent) + more)

    def copyable(self, text: str) -> None:
        """Lines that people copy: never wrapped here, lest a command falls apart. The text may hold rich's markup."""
        self.rich.print(text)

    def done(self, name: str) -> None:
        """A step of the start is done."""
        elapsed_s = self._clock() - self._begun_s
        self.say(f"  [green]{self._tick}[/] {name:<{NAME_WIDTH}} [dim]{elapsed_s:5.1f} s[/]")

    def report(self, event: ProcessEvent) -> None:
        """What happened to a process, if the user should know."""
        if event.change is Change.READY and event.restarts == 0:
            self.done(event.name)
        elif event.change is Change.READY:
            self.say(f"  [green]{self._tick}[/] {event.name} is back (pid {event.pid})")
        elif event.change is Change.DIED:
            self.say(
                f"  [yellow]![/] {event.name} died with {event.detail}; starting again in {event.pause_s:.1f} s; "
                f"log: {escape(str(event.log))}"
            )
        elif event.change is Change.STOPPED and event.detail:
            self.say(f"  [yellow]![/] {event.name} was {event.detail}; log: {escape(str(event.log))}")

    def error(self, message: str) -> None:
        """Why the mesh doesn't run."""
        self.say(f"[red]a11i:[/] {escape(message)}")
