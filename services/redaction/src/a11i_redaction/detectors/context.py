"""Words that stand near a value and say what it is."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from a11i_redaction.reduction import HOLE

_WINDOW_CHARS: Final = 64
"""How far before a value its context reaches: Presidio looks at five words, stop words not counted."""
_HOLE_CHARS: Final = 32
"""What a part that was taken out counts: about its length. Else each value taken out of a long list would bring the
next one nearer to the word at its head, and no look would be the last."""
_SHORTEST_WORD: Final = 2
_WHOLE_WORD_LETTERS: Final = 4
"""Context words up to this length must be whole words: "ssn", "pan" and "card" must not match inside others."""
_HAVE_IDS: Final = frozenset({"account", "call"})
"""A cloud's account and a tool's call have ids that are no bank account and no phone number."""
_ID: Final = re.compile(r"[ _.\-]{0,2}[iI][dD]s?(?![a-z])")
_IDS: Final = re.compile(r"\b(?:account|call) ids?\b")
_ASCII_LETTER: Final = re.compile("[a-z]")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]+")


@lru_cache(maxsize=4096)
def key_words(key: str) -> str:
    """Return an attribute's or JSON member's key as lower-case words: `phoneNumber` and `phone_number` alike."""
    return _CAMEL.sub(" ", key).lower()


class Context:
    """A list of words of which one near a value says what it is."""

    __slots__ = ("_key", "words")

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(dict.fromkeys(word.strip(" #").lower() for word in words))
        self._key = re.compile("|".join(_key_regex(word) for word in self.words) or "(?!)")

    def in_key(self, key: str) -> bool:
        """Return whether the key of an attribute or of a JSON member says it."""
        return bool(key) and _in_key(self, key)

    def says(self, words: str) -> bool:
        """Return whether a key's words say it."""
        return self._key.search(_IDS.sub("", words) if " id" in words else words) is not None


class Words:
    """The words of several contexts, for the prefilter: each word once."""

    __slots__ = ("_contexts", "_foreign", "_indices", "_names", "expressions")

    def __init__(self, contexts: Sequence[Context]) -> None:
        words = {word for context in contexts for word in context.words}
        scanned = sorted(word for word in words if _ASCII_LETTER.search(word))
        foreign = sorted(words - set(scanned), key=lambda word: (-len(word), word))
        self._indices = {word: index for index, word in enumerate([*scanned, *foreign])}
        self._foreign = re.compile("|".join(map(re.escape, foreign)) or "(?!)")
        self._names = tuple(self._indices)
        self._contexts: tuple[list[int], ...] = tuple([] for _ in self._names)
        for number, context in enumerate(contexts):
            for word in context.words:
                self._contexts[self._indices[word]].append(number)
        self.expressions = tuple(map(_gate, scanned))
        """One for each word with a letter of ASCII, in Hyperscan's syntax: they match, ending behind it, wherever it
        can say something. An expression's place is the word's index."""

    def of(self, index: int) -> tuple[str, Sequence[int]]:
        """Return the word with this index, and the contexts that it belongs to."""
        return self._names[index], self._contexts[index]

    def foreign(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield index and end of each word of another script, which the prefilter cannot see."""
        for match in self._foreign.finditer(text):
            yield self._indices[match.group()], match.end()


class Nearby:
    """Where the words of contexts stand in one text."""

    __slots__ = ("_holes", "_places", "_text")

    def __init__(self, text: str, words: Words, ends: Mapping[int, Sequence[int]]) -> None:
        """`ends` are the prefilter's, rising, by the word's index."""
        self._text = text
        self._holes = HOLE in text
        self._places: dict[int, list[int]] = {}
        several = set()
        for index, found in ends.items():
            word, contexts = words.of(index)
            said = [end for end in found if _stands(word, text, end)]
            for context in contexts if said else ():
                if context in self._places:
                    several.add(context)
                    self._places[context] = [*self._places[context], *said]
                else:
                    self._places[context] = said
        for context in several:
            self._places[context].sort()

    def anywhere(self, context: int) -> bool:
        """Return whether a word of this context stands anywhere in the text."""
        return context in self._places

    def places(self, context: int) -> Sequence[int]:
        """Return where words of this context end, rising."""
        return self._places.get(context, ())

    def within(self, context: int, start: int, end: int) -> bool:
        """Return whether a word stands between `start` and `end`, or so near before that it counts there."""
        places = self._places.get(context)
        if places is None:
            return False
        last = bisect_right(places, end)
        # Holes only make the reach shorter, and are to be walked over.
        if not last or places[last - 1] - _SHORTEST_WORD < start - _WINDOW_CHARS:
            return False
        return not self._holes or places[last - 1] - _SHORTEST_WORD >= self._reach(start)

    def near(self, context: int, start: int) -> bool:
        """Return whether the words before `start` say it."""
        return self.within(context, start, start)

    def _reach(self, start: int) -> int:
        """Return where the context of a value at `start` begins."""
        if not self._holes:
            return max(0, start - _WINDOW_CHARS)
        left = _WINDOW_CHARS
        position = start
        while left > 0:
            begin = max(0, position - left)
            hole = self._text.rfind(HOLE, begin, position)
            if hole < 0:
                return begin
            left -= position - hole - 1 + _HOLE_CHARS
            position = hole
        return position


@lru_cache(maxsize=4096)
def _in_key(context: Context, key: str) -> bool:
    return context.says(key_words(key))


def _is_short(word: str) -> bool:
    return len(word) <= _WHOLE_WORD_LETTERS and word.isascii() and word.isalnum()


def _key_regex(word: str) -> str:
    literal = re.escape(key_words(word))
    return rf"\b{literal}s?\b" if _is_short(word) else literal


def _gate(word: str) -> str:
    """Return an expression for the word. Between its words any joint can stand; what is not ASCII is scanned as `?`.

    A short one is a whole word, but words begin and end at underscores and inside camelCase too.
    """
    if not _is_short(word):
        escaped = ("\\?" if char > "\x7f" else re.escape(char) for char in word)
        return "(?i:" + "".join(r"[ _.\-]{0,2}" if char == r"\ " else char for char in escaped) + ")"
    first, middle, last = word[0], word[1:-1], word[-1]
    begin = rf"(?:(?:\b|_)(?i:{first})|[a-z0-9]{first.upper()})"
    end = rf"(?:(?i:{last}s?)(?:\b|_)|{last}s?[A-Z])"
    return f"{begin}(?i:{middle}){end}"


def _stands(word: str, text: str, end: int) -> bool:
    """Return whether a word that the prefilter saw, ending there, is it, and not what has an id."""
    if not word.isascii():
        return text[end - len(word) : end].lower() == word
    return word not in _HAVE_IDS or _ID.match(text, end) is None
