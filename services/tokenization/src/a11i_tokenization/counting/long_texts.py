"""Long texts of a kind that costs tokenizers ten times what text costs: rules of dashes, noise, words without an end.

Lines that come again are counted once, which is exact; so are items between commas, of which JSON within JSON is full:
each of its quotes is a run of backslashes. Of what is neither a language nor code nor data, and takes longest, a part
is counted and stands for the rest. That starts at a quarter of a megabyte: a shorter text is exact.
"""

import re
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

BLOCK_CHARS: Final = 32_768
"""What is looked at, and sampled, together."""
_MIN_BLOCKS: Final = 8
SAMPLED_CHARS: Final = BLOCK_CHARS * _MIN_BLOCKS
"""A text of so many is exact unless it is longer, and at least so much of it noise."""

_LOOK_CHARS: Final = 4_096

_NOISE_RATIO: Final = 0.605
"""What zlib leaves of the bytes at least. Of 4,096 characters of 39 languages, code, JSON and logs it leaves 0.2 to
0.5, 0.60 at most; of random hex digits 0.57, letters 0.62, signs 0.65, base64 0.76."""

_RUN_RATIO: Final = 0.02
"""What it leaves at most of a word that is written again and again."""

MIN_CHARS: Final = 16_384
"""Below, a text's worst is 3 ms."""
_MIN_LINE_CHARS: Final = 16
"""Shorter lines, or items, take longer to tell apart than to count."""

_FEWEST_ITEMS: Final = 16
"""Of a text's beginning that tell whether its items repeat."""

LINE_ENDS: Final = re.compile(r"\n(?=[^\S\r\n]*[^\s/])")
"""Line breaks behind which a token begins in every pre-tokenizer that takes `[\\r\\n]+` (o200k also `/`) to what is
before them: white space and signs go on over line breaks alone, and letters not at all."""

STRICT_LINE_ENDS: Final = re.compile(r"\n(?<=\S\n)(?=[^\s/])")
"""The same for GPT-2's pattern too, which takes line breaks for white space like other: between two characters that
are none, the line break is a token's whole."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What makes a block too slow to be counted whole."""

    one_in: int
    """One in so many windows is counted."""
    every: bool
    """Whether all noise is sampled, and letters, digits or white space of any kind with nothing between them; else only
    noise of ASCII, unless a twentieth of it are digits, as in base64, which has short words."""
    window_chars: int = 1_024
    """Of a window; its count may have a token too much at either end."""
    runs: bool = False
    """Whether also one character, or one word, again and again without white space."""

    def is_in(self, text: str, start: int) -> bool:
        """Return whether the block from `start` is noise."""
        middle = start + (BLOCK_CHARS - _LOOK_CHARS) // 2
        seen = text[middle : middle + _LOOK_CHARS]
        one = seen.count(seen[0]) == _LOOK_CHARS
        if one and not self.runs:
            return False
        if self.every:
            if one or seen.isalnum() or seen.isspace():
                block = text[start : start + BLOCK_CHARS]
                return one or block.isalnum() or block.isspace()
        elif not seen.isascii() or sum(map(seen.count, "0123456789")) * 20 >= _LOOK_CHARS:
            return False
        octets = seen.encode("utf-8", "surrogatepass")
        left = len(zlib.compress(octets, 1)) / len(octets)
        return left >= _NOISE_RATIO or (self.runs and left <= _RUN_RATIO and " " not in seen and "\n" not in seen)


@dataclass(frozen=True, slots=True)
class LongTexts:
    """Counts long texts with a tokenizer, each of their parts in bounded time."""

    count: Callable[[str], int]
    """The tokenizer's count of any text."""
    line_ends: re.Pattern[str]
    """LINE_ENDS or STRICT_LINE_ENDS."""
    noise: Noise
    items: bool = False
    """Whether items that repeat are counted once too, and not just lines: where the tokenizer takes longer for them
    than telling them apart does, which is 10 ms a megabyte."""

    def total(self, text: str) -> int:
        """Return the tokens of a text of MIN_CHARS or more."""
        parts = self.parts(text)
        if parts is not None:
            return sum(self._sampled(part) * times for part, times in parts.items())
        return self._sampled(text)

    def is_exact(self, text: str) -> bool:
        """Return whether nothing of the text stands for what was not counted."""
        if len(text) < SAMPLED_CHARS:
            return True
        parts = self.parts(text)
        return all(split(part, self.noise) is None for part in ([text] if parts is None else parts))

    def parts(self, text: str) -> Counter[str] | None:
        """Return how often each part of a text occurs, its lines or else its items; None for one that repeats neither.

        The parts' tokens are the text's.
        """
        lines = repeated_lines(text, self.line_ends)
        return repeated_items(text) if lines is None and self.items else lines

    def _sampled(self, text: str) -> int:
        parts = split(text, self.noise)
        if parts is None:
            return self.count(text)
        rest, windows = parts
        return self.count(rest) + self.noise.one_in * sum(map(self.count, windows))


def repeated_lines(text: str, line_ends: re.Pattern[str]) -> Counter[str] | None:
    """Return how often each part of a text occurs, cut behind line breaks; None for one whose lines do not repeat.

    The parts' tokens are the text's.
    """
    head = text[:_LOOK_CHARS].split("\n")
    if len(set(head)) * 2 > len(head) or text.count("\n") * _MIN_LINE_CHARS > len(text):
        return None
    *lines, last = line_ends.split(text)
    found = Counter(lines)
    parts = Counter({f"{line}\n": times for line, times in found.items()})
    parts[last] += 1
    return parts


def repeated_items(text: str) -> Counter[str] | None:
    """Return how often each part of a text occurs, cut before commas; None for one whose items do not repeat.

    No pre-tokenizer's pattern joins a comma to a letter or digit before it (as `chunks` has it of all signs but the
    apostrophe), so that the parts' tokens are the text's.
    """
    head = text[:_LOOK_CHARS].split(",")
    if len(head) < _FEWEST_ITEMS or len(set(head)) * 2 > len(head) or text.count(",") * _MIN_LINE_CHARS > len(text):
        return None
    found: Counter[str] = Counter()
    part: list[str] = []
    for item in text.split(","):
        part.append(item)
        if item[-1:].isalnum():
            found[",".join(part)] += 1
            part = [""]  # The next part begins with the comma.
    found[",".join(part)] += 1
    return found if len(found) * 2 <= found.total() else None


def split(text: str, noise: Noise) -> tuple[str, list[str]] | None:
    """Return None for a text of which not much is noise, which is nearly every text.

    Otherwise return the text without its noise, and of that one in `noise.one_in` windows.
    """
    if len(text) < SAMPLED_CHARS:
        return None
    blocks = [start for start in range(0, len(text) - BLOCK_CHARS + 1, BLOCK_CHARS) if noise.is_in(text, start)]
    if len(blocks) < _MIN_BLOCKS:
        return None
    rest, end, size = [], 0, noise.window_chars
    windows: list[str] = []
    for start in blocks:
        rest.append(text[end:start])
        end = start + BLOCK_CHARS
        windows.extend(text[at : at + size] for at in range(start, end, size * noise.one_in))
    rest.append(text[end:])
    return "".join(rest), windows
