"""What a generator yielded, for its step."""

import time

from a11i.sdk._capture import MAX_CAPTURED_CHARS
from a11i.sdk._step import Step

MAX_ITEMS = 1000
"""Items that are kept of what is no text; a stream of text is kept up to MAX_CAPTURED_CHARS."""


class Collected:
    """Keeps what is yielded, bounded, and writes it to the step as one output: joined if all of it is text."""

    def __init__(self, step: Step, *, keep: bool) -> None:
        self._step = step
        self._keep = keep and step.recording
        self._items: list[object] = []
        self._count = self._chars = 0
        self._all_text = True
        self._started_s = time.monotonic()

    def add(self, item: object) -> None:
        """Take one yielded item."""
        if self._count == 0 and self._step.kind == "llm":
            self._step.set_attribute("gen_ai.response.time_to_first_chunk", time.monotonic() - self._started_s)
        self._count += 1
        if not self._keep:
            return
        text = isinstance(item, str)
        self._all_text = self._all_text and text
        limited = self._chars > MAX_CAPTURED_CHARS if text else len(self._items) >= MAX_ITEMS
        if not limited:
            self._chars += len(item) if isinstance(item, str) else 0
            self._items.append(item)

    def finish(self) -> None:
        """Write the output."""
        self._step.set_attribute("a11i.step.yielded", self._count)
        if self._keep and self._items:
            texts = [item for item in self._items if isinstance(item, str)]
            self._step.set_output("".join(texts) if self._all_text else self._items)
