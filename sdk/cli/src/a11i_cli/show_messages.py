"""What spans say of their conversation, on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from a11i.telemetry.v1.span_pb2 import Span
from a11i_cli.conversation import Conversation, Said, conversation, is_silent
from a11i_cli.screen import note_lines, printable_lines

WAY_WIDTH = 4  # `out `
WHO_WIDTH = 11  # `assistant  `, `arguments  `
LONGEST_TEXT = 1_000  # Letters of one message in a tree; --span shows all.
MOST_LINES = 12  # Lines of one message in a tree, likewise.
LEAST_REPEATED = 2  # A single message is as short as the note that would stand for it.


@dataclass(slots=True)
class MessagePrinter:
    """Prints spans' messages. A conversation that a later span repeats from its start is not printed again."""

    console: Console
    whole: bool = False
    """Print all, shortening nothing."""
    _shown: set[tuple[str, str]] = field(default_factory=set)

    def print(self, span: Span, under: str) -> None:
        """Prints what the span says, each line behind `under`."""
        found = conversation(span)
        repeated = 0 if self.whole else self._repeated(found.sent)
        if repeated:
            self._print_line(under, Text(f"in  ({repeated} messages as above)", style="dim"))
        for said in (*found.sent[repeated:], *found.others):
            self._print_said(said, under, span)
        self._remember(found)
        if is_silent(span):
            self._print_line(under, Text("no messages recorded", style="dim"))

    def _repeated(self, sent: Sequence[Said]) -> int:
        count = 0
        while count < len(sent) and (sent[count].who, sent[count].text) in self._shown:
            count += 1
        return count if count >= LEAST_REPEATED else 0

    def _remember(self, found: Conversation) -> None:
        self._shown.update((said.who, said.text) for said in (*found.sent, *found.others))

    def _print_said(self, said: Said, under: str, span: Span) -> None:
        label = Text.assemble(
            (under, "dim"), (said.way.ljust(WAY_WIDTH), "dim"), (_who(said.who).ljust(WHO_WIDTH), said.style)
        )
        below = Text.assemble((under, "dim"), " " * (WAY_WIDTH + WHO_WIDTH))
        text, letters_left = (said.text, 0) if self.whole else _cut(said.text)
        lines = [line for part in printable_lines(text) for line in self._wrapped(part, below)]
        if not self.whole and len(lines) > MOST_LINES:
            letters_left += sum(len(line.plain) for line in lines[MOST_LINES:])
            lines = lines[:MOST_LINES]
        for index, line in enumerate(lines):
            self.console.print((label if index == 0 else below) + line, soft_wrap=True)
        if letters_left:
            note = Text(f"… {letters_left:,} more letters: --span {span.span_id[:8]}", style="dim")
            self.console.print(below + note, soft_wrap=True)

    def _wrapped(self, line: str, before: Text) -> Iterator[Text]:
        for wrapped in note_lines(self.console, before, Text(line)):
            yield wrapped[len(before) :]

    def _print_line(self, under: str, line: Text) -> None:
        self.console.print(Text(under, style="dim") + line, soft_wrap=True)


def _who(who: str) -> str:
    # A role is the sender's word, of any length.
    word = printable_lines(who)[0]
    return word if len(word) < WHO_WIDTH else word[: WHO_WIDTH - 2] + "…"


def _cut(text: str) -> tuple[str, int]:
    """The text's first letters, and how many are left out."""
    return (text, 0) if len(text) <= LONGEST_TEXT else (text[:LONGEST_TEXT], len(text) - LONGEST_TEXT)
