"""Builds the view of a text, if it has anything that hides values, and takes what is found in it back to the text."""

import heapq
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

import hyperscan

from a11i_redaction.detectors.budget import Budget
from a11i_redaction.findings import Finding, merge
from a11i_redaction.reduction import HOLE
from a11i_redaction.views import accounts, decoding, joining
from a11i_redaction.views.layers import Edit, Layer, Place


def _ranges(codes: Iterable[int]) -> str:
    """Return the characters as ranges of a regular expression: one by one, those beyond 16 bits are slow."""
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and code - ranges[-1][1] <= 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)


_TIMES_ENCODED: Final = 2
"""How often escapes are taken for what they stand for: those of a link in a link are escaped again."""
_TIMES_PACKED: Final = 3
"""How often base64 is: what it stands for can hold more of it, or escapes."""
_AROUND_CHARS: Final = 128
_LONGEST_WORD: Final = 4_096
"""How much of the text around an edit is looked at again: what a number and the words before it take; all of a word,
such as a token of JSON."""
_CHARS_AN_EDIT: Final = 40
_MOST_KEPT: Final = 0.8
"""Where edits are denser, or less would be cut off, all of the text is looked at."""
_STRICT_SCORE: Final = 0.8
"""What is found across a weak edit must be surer: a checksum, a vendor's format, a domain that exists, or a weaker form
with a word that says what it is."""
_GROWING: Final = frozenset({"SECRET", "JWT", "PERSON"})
"""Entities of which a part can have the form of one."""
_FORMS: Final = decoding.plain_forms()
_HIDDEN: Final = _ranges(decoding.unseen())
_CONTROLS: Final = "\x00-\x08\x0e-\x19\x1c-\x1f\x7f"
_MARKS: Final = "\u0300-\u036f\ufe20-\ufe2f"
"""Accents: what stands over a digit or a sign is none."""
_UNSEEN: Final = re.compile(
    rf"(?P<hidden>[{_HIDDEN}]+|(?<=[0-9@.])[{_MARKS}]+)|(?P<control>[{_CONTROLS}\x80-\x84\x86-\x9f]+|\x1b(?!\[))"
    rf"|[{_ranges(_FORMS)}]+"
)
_CONTROL_GATE: Final = r"[\x00-\x08\x0b\x0c\x0e-\x19\x1c-\x1f\x7f]|\x1b[^\[]|\x1b\z"
_BEYOND_ASCII: Final = re.compile("[^\x00-\x7f]+")
_COMMON: Final = frozenset("\u00b2\u00b3\u00b9")
"""Raised digits of units and notes: alone they hide no value."""
_TELLING: Final = frozenset(
    chr(code) for code, plain in _FORMS.items() if plain.isalnum() or plain == "@" or plain.isspace()
).difference(_COMMON, "\u3000\x0b\x0c") | frozenset(map(chr, (*decoding.unseen(), *range(0x80, 0xA0))))
"""Full-width punctuation and spaces alone are those of any Chinese text."""
_DOUBTFUL: Final = frozenset("\u3000").union(map(chr, (*range(0x300, 0x370), *range(0xFE20, 0xFE30))))
_IN_VALUE: Final = re.compile(rf"[0-9@.][{_MARKS}]|[0-9@.]\u3000[0-9]")
_ALL_TELLING: Final = _TELLING | _DOUBTFUL
_ESCAPES, _PACKED, _MARKUP, _SPELT, _BREAKS, _CONTROL, _CARD, _IBAN, _LIST, _SSN = range(10)


class View:
    """What a text shows, as far as something in it hides values."""

    __slots__ = ("_cut", "_layers", "text")

    def __init__(self, layers: Sequence[Layer], cut: Layer | None = None) -> None:
        """`layers` are those of the text, each of the one before; `cut` is the last without what no edit is near."""
        self._layers = layers
        self._cut = cut
        self.text = (cut or layers[-1]).text

    def in_text(self, found: Iterable[Finding], known: Sequence[Finding]) -> Iterator[Finding]:
        """Yield what is found in the view and not as well in the text, with its places there.

        `known` are the findings in the text: a value that ends before a weak edit, or begins behind it, is whole.
        """
        whole: Mapping[str, Sequence[Finding]] | None = None
        for finding in found:
            place = self._place(finding)
            if place is None or not place.changed:
                continue
            if place.weak:
                whole = _by_entity(known) if whole is None else whole
                inside = _overlapping(whole.get(finding.entity, ()), place)
                if inside > (finding.entity in _GROWING) or not self._is_sure(finding):
                    continue
            shown = self.text[finding.start : finding.end]
            yield Finding(place.start, place.end, finding.entity, finding.score, shown)

    def _place(self, finding: Finding) -> Place | None:
        """Return where a finding in the view stands in the text; None if it is cut off, or has a hole in it."""
        start, end, changed, weak = finding.start, finding.end, False, False
        if HOLE in self.text[start:end]:
            return None
        if self._cut is not None:
            start, end, cut_off, _ = self._cut.original(start, end)
            if cut_off:
                return None
        for layer in reversed(self._layers):
            place = layer.original(start, end)
            start, end = place.start, place.end
            changed, weak = changed or place.changed, weak or place.weak
        return Place(start, end, changed, weak)

    def _is_sure(self, finding: Finding) -> bool:
        return finding.score > _STRICT_SCORE or finding.entity == "PERSON" or self.text[finding.start] == "+"


class ViewBuilder:
    """Builds views. Not for use by two threads at once: it owns scratch memory."""

    __slots__ = ("_database",)

    def __init__(self) -> None:
        self._database = hyperscan.loadb(_compiled(), hyperscan.HS_MODE_BLOCK)
        self._database.scratch = hyperscan.Scratch(self._database)

    def of(self, text: str, budget: Budget, *, whole: bool = False) -> View | None:
        """Return the view of a text, or None if nothing in it hides anything. Raises BudgetExceededError.

        `whole` says whether a text that is encoded as a whole is decoded here, and not as a value of its own.
        """
        kinds = self._kinds(text)
        if not kinds and not _is_unusual(text):
            return None
        budget.begin()
        layers: list[Layer] = []
        shown = text
        for turn in range(_TIMES_PACKED):
            for time in range(_TIMES_ENCODED):
                if _ESCAPES in kinds:
                    shown = _add(layers, shown, decoding.escapes(shown, budget, forms=turn == time == 0))
                    kinds = self._kinds(shown)
            if _CONTROL in kinds or _is_unusual(shown):
                shown = _add(layers, shown, _unseen(shown, budget))
                kinds = self._kinds(shown)
            if _PACKED not in kinds:
                break
            before = len(layers)
            shown = _add(layers, shown, decoding.packed(shown, budget, whole=whole or before > 0))
            if len(layers) == before:
                break
            kinds = self._kinds(shown)
        shown = _add(layers, shown, _joined(shown, kinds, budget))
        view = View(layers, _cut(layers)) if layers else None
        budget.end()
        return view

    def _kinds(self, text: str) -> set[int]:
        kinds: set[int] = set()
        self._database.scan(text.encode("ascii", "replace"), match_event_handler=_record, context=kinds)
        return kinds


@cache
def _compiled() -> bytes:
    """Return the database of the gates, which takes a fifth of a second to compile."""
    gates = (
        (_ESCAPES, decoding.ESCAPE_GATE, hyperscan.HS_FLAG_CASELESS),
        (_PACKED, decoding.PACKED_GATE, 0),
        (_MARKUP, joining.MARKUP_GATE, hyperscan.HS_FLAG_CASELESS),
        (_SPELT, joining.SPELT_GATE, hyperscan.HS_FLAG_CASELESS),
        (_BREAKS, joining.BREAK_GATE, 0),
        (_CONTROL, _CONTROL_GATE, 0),
        (_CARD, joining.CARD_GATE, 0),
        (_IBAN, accounts.GATE, 0),
        (_LIST, joining.LIST_GATE, 0),
        (_SSN, joining.SSN_GATE, 0),
    )
    database = hyperscan.Database()
    database.compile(
        expressions=[gate.encode() for _, gate, _ in gates],
        ids=[identity for identity, _, _ in gates],
        elements=len(gates),
        flags=[flags | hyperscan.HS_FLAG_SINGLEMATCH for _, _, flags in gates],
    )
    return bytes(hyperscan.dumpb(database))


def _record(identity: int, _start: int, _end: int, _flags: int, context: object) -> None:
    context.add(identity)  # type: ignore[attr-defined]  # The set that scan() was given.


def _add(layers: list[Layer], text: str, edits: Iterable[Edit]) -> str:
    """Add a layer for the edits, if there are any. Return its text."""
    layer = Layer(text, edits)
    if not len(layer):
        return text
    layers.append(layer)
    return layer.text


def _is_unusual(text: str) -> bool:
    """Return whether a text has characters without width, or letters and digits in unusual forms."""
    if text.isascii():
        return False
    # Of a text in ASCII for the most part, the rest is found in a quarter of the time that an expression takes.
    others = "".join(_BEYOND_ASCII.findall(text))
    if _ALL_TELLING.isdisjoint(others):
        return False
    return not _TELLING.isdisjoint(others) or _IN_VALUE.search(text) is not None


def _joined(text: str, kinds: Collection[int], budget: Budget) -> Iterator[Edit]:
    """Yield what splits values. Where two of them overlap, the first counts."""
    ways = (
        (_IBAN, accounts.ibans),
        (_MARKUP, joining.markup),
        (_SPELT, joining.spelt),
        (_BREAKS, joining.breaks),
        (_CARD, joining.cards),
        (_LIST, joining.listed_cards),
        (_SSN, joining.social_security_numbers),
    )
    done = 0
    for edit in heapq.merge(*(way(text, budget) for kind, way in ways if kind in kinds)):
        if edit.start >= done:
            done = edit.end
            yield edit


def _unseen(text: str, budget: Budget) -> Iterator[Edit]:
    """Yield what nobody sees as nothing, and unusual forms of others as the usual ones.

    Controls are weak: programs put them between values, too.
    """
    for match in _UNSEEN.finditer(text):
        budget.step()
        gone = match.lastgroup is not None
        yield Edit(*match.span(), "" if gone else match.group().translate(_FORMS), weak=match["control"] is not None)


def _cut(layers: Sequence[Layer]) -> Layer | None:
    """Return the last layer with a hole for what no edit is near, or None if there is little of that."""
    text = layers[-1].text
    if sum(map(len, layers)) * _CHARS_AN_EDIT > len(text):
        return None
    places: list[tuple[int, int]] = []
    for layer in layers:
        places = [(layer.shown(start), layer.shown(end)) for start, end in places]
        places.extend(layer.places())
    gaps: list[Edit] = []
    position = kept = 0
    for start, end in sorted(places):
        begin = _space_before(text, start - _AROUND_CHARS)
        if begin > position:
            gaps.append(Edit(position, begin, HOLE))
            position = begin
        stop = _space_behind(text, end + _AROUND_CHARS)
        kept += max(0, stop - position)
        position = max(position, stop)
    if position < len(text):
        gaps.append(Edit(position, len(text), HOLE))
    return Layer(text, gaps) if kept < len(text) * _MOST_KEPT else None


def _space_before(text: str, place: int) -> int:
    """Return where the word around a place begins, if it is none of the longest."""
    if place <= 0:
        return 0
    low = max(0, place - _LONGEST_WORD)
    return max(text.rfind(" ", low, place), text.rfind("\n", low, place), low - 1) + 1


def _space_behind(text: str, place: int) -> int:
    """Return where it ends."""
    if place >= len(text):
        return len(text)
    high = min(len(text), place + _LONGEST_WORD)
    return min(end for end in (text.find(" ", place, high), text.find("\n", place, high), high) if end >= 0)


def _by_entity(findings: Iterable[Finding]) -> Mapping[str, Sequence[Finding]]:
    """Return the findings of each entity, disjoint and in order."""
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        grouped[finding.entity].append(finding)
    return {entity: merge(group) for entity, group in grouped.items()}


def _overlapping(findings: Sequence[Finding], place: Place) -> int:
    """Return how many of the findings, which are disjoint and in order, lie in part in the place."""
    first = bisect_right(findings, place.start, key=lambda finding: finding.end)
    return bisect_left(findings, place.end, key=lambda finding: finding.start) - first
