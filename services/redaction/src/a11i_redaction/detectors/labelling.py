"""What says what a number or a code is: words before it, behind it, at the head of its column or of its list.

A number that only its label tells from any other counts where people would read the label as that of this number.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from a11i_redaction.detectors.context import Nearby
from a11i_redaction.detectors.headers import Headers
from a11i_redaction.reduction import HOLE

_BEHIND_CHARS: Final = 48
"""How far behind a value its label can end: `123-45-6789 is the number of my social security`."""
_ALONE_CHARS: Final = 160
"""How far before a value that has a line of its own: the question that it answers, in the lines above."""
_SENTENCE_CHARS: Final = 120
"""How far before it in its own sentence, without another number in between."""
_LEAD_CHARS: Final = 32
"""What can stand before such a value in its line: a bullet, the speaker, `it's`."""
_NEXT_CHARS: Final = 64
"""How far behind a value that was labelled the next one of its form is still what the label says."""
_MOST_REPEATED: Final = 64
"""Values of one family that are looked for all over the text, so that long lists cost no more than their length."""

_THINGS: Final = frozenset({
    "order", "orders", "ord", "po", "invoice", "invoices", "inv", "bill", "bills", "ticket", "tickets", "case",
    "cases", "claim", "claims", "tracking", "shipment", "parcel", "batch", "lot", "sku", "report", "reports", "policy",
    "item", "article", "art", "product", "model", "version", "ver", "build", "release", "revision", "rev",
    "commit", "job", "task", "run", "request", "req", "session", "transaction", "transactions", "trans", "txn",
    "epoch", "timestamp", "time", "ts", "page", "chapter", "section", "port", "pid", "thread", "error", "errors",
    "code", "room", "qty", "quantity", "amount", "total", "price", "count", "reference", "references", "ref",
    "trace", "span", "took", "started", "created", "isbn", "sha", "pedido", "factura", "commande", "facture",
    "bestellung", "bestellnummer", "rechnung", "rechnungsnummer", "vorgang", "zamówienie", "zamówienia",
    "faktura", "ordine", "fattura", "tilaus", "lasku", "sipariş", "encomenda", "fatura", "bestelling", "factuur",
    "заказ", "заказа", "замовлення", "счет", "счета", "طلب", "הזמנה",
})  # fmt: skip
"""What has numbers that are nobody's. Directly before a value, one of these words says that it is such a number."""
_NUMBER_WORDS: Final = frozenset(
    {"no", "nr", "num", "number", "nummer", "numer", "numero", "número", "nº", "id", "is", "was"}
)
"""Words between such a word and its number."""
_THINGS_UNSPACED: Final = (
    "订单", "订单号", "訂單", "訂單號", "发票", "发票号", "版本", "注文番号", "注文", "請求書番号", "伝票番号",
    "주문번호", "주문", "송장번호",
)  # fmt: skip
"""Likewise, in scripts without spaces: what words before a value end with."""
_PARTICLES: Final = "는은はが是"
_WORD_BACK: Final = re.compile(r"[^\w\n,;!?]{0,5}\n?[^\w\n,;!?]{0,3}_?([^\W\d_]+)")
"""The word before a place, in the text turned round."""
_TAGS: Final = re.compile(r"(?:</?[a-zA-Z][^<>]{0,40}>\s*)+\Z")
_OTHER_CHARS: Final = 48
_WORDS_BACK: Final = 3
_OPENED: Final = re.compile(
    r"[\"'`\u201d»)\]]{0,3}(?:\.\w{1,16})?\s{0,2}"
    r"(?:[(\[\uff08][^\d\n:;!?)\]\x1a]{0,48}\Z|(?:[\u2013\u2014]|- |<-+|\u2190|==? ?[\"']?"
    r"|,? ?(?:[a-z']{1,12} ){0,2}(?:is|was|are|as|being|to|for|a|any|my|the|with"
    r"|est|es|ist|è|é|jest|był|era|als|come|como|comme)\b"
    r"|입니다|是|は|가|이|는|은)"
    r"(?:[^\d\n:;.!?,)\x1a]|\.(?=[^\W\d_])|(?<=[^\W\d_])\.(?= [A-Z]{2})){0,48}\Z)"
)
"""What stands between a value and a label behind it, the label included: `123-45-6789 (SSN`, `... is my SSN`."""
_NEXT_S: Final = re.compile(
    r"[ \t]{0,2}(?:no\.?|nr\.?|num|number|#|id)?[\"'`)\]*]{0,3}\s{0,2}"
    r"(?:[:=\uff1a]|->|#? ?(?:(?:on|is|was|am|le|el|il|em|den|op)(?: the)? )?[\d\x1a])"
)
"""What stands behind a label that is the next value's."""
_JOINT: Final = re.compile(
    r"[\s,;/&\"'`()\[\]*\u2022\-+>.<=:\u3001\uff0c]{0,16}(?:(?:and|or|und|oder|et|ou|y|o|e|i|och|og|en|ja|lub"
    r"|then|to|new|now|old|was|is|until|changed|from|\d{1,2}[.)])(?![^\W\d_])[\s,;/&\"'`()*\-+>.:=]{0,8}){0,2}"
)
"""What stands between members of a list."""
_CELL_END: Final = re.compile(r"[|\t]|(?:^|\S) {2}")
_NO_SENTENCE: Final = re.compile(r"[.!?;][\s\"')]|[\d\n|\t\x1a{}<>]")
_LONG_NUMBER: Final = re.compile(r"(?<!\d)(?!(?:19|20)\d{6}(?!\d))\d{5}")
_SHAPE: Final = re.compile(r"[^\W\d_]|\d")


class Labelling:
    """What of one text is labelled by the words of which context."""

    __slots__ = ("_headed", "_last", "_nearby", "_said", "_text", "headers")

    def __init__(self, text: str, nearby: Nearby) -> None:
        self._text = text
        self._nearby = nearby
        self.headers = Headers(text)
        """The tables of the text."""
        self._headed: dict[int, bool] = {}
        self._last: dict[int, tuple[int, int]] = {}
        self._said: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def anywhere(self, context: int) -> bool:
        """Return whether a word of the context stands anywhere in the text."""
        return self._nearby.anywhere(context)

    def can(self, context: int, begin: int, stop: int) -> bool:
        """Return whether a part of the text can hold a value that this context labels."""
        places = self._nearby.places(context)
        at = bisect_right(places, stop + _BEHIND_CHARS)
        if at and places[at - 1] > begin - _ALONE_CHARS:
            return True
        last = self._last.get(context)
        return (last is not None and last[1] > begin - _NEXT_CHARS) or (bool(places) and self._is_headed(context))

    def labels(self, context: int, start: int, end: int) -> bool:
        """Return whether the context labels the value that stands there. Values are asked for in their order."""
        said = self._is_labelled(context, start, end)
        if said:
            self._last[context] = (start, end)
            self._said[context].append((start, end))
        return said

    def again(self, context: int) -> Sequence[tuple[int, int]]:
        """Return where the values that were labelled stand once more, without a label."""
        known = self._said.get(context)
        return self._repeated(known) if known else ()

    def _repeated(self, known: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        taken = set(known)
        places = []
        for value in dict.fromkeys(self._text[start:end] for start, end in known[:_MOST_REPEATED]):
            start = self._text.find(value)
            while start >= 0:
                end = start + len(value)
                if (start, end) not in taken:
                    places.append((start, end))
                start = self._text.find(value, end)
        return places

    def _is_headed(self, context: int) -> bool:
        """Return whether a column's header has a word of the context."""
        headed = self._headed.get(context)
        if headed is None:
            places = self._nearby.places(context)
            headed = any(_between(places, *head) for head in self.headers.all())
            self._headed[context] = headed
        return headed

    def _is_labelled(self, context: int, start: int, end: int) -> bool:
        places = self._nearby.places(context)
        if not places:
            return False
        at = bisect_right(places, start)
        last = places[at - 1] if at else -1
        line = self._text.rfind("\n", max(0, start - _ALONE_CHARS), start) + 1
        if last <= line or not self._nearby.near(context, start):
            header = self.headers.of(start)
            if header is not None:
                if _between(places, header.start, header.end):
                    return True
                if header.strict and header.table < last <= header.row:
                    last = -1  # That of another column, or of another row.
        if last >= 0 and (self._nearby.near(context, start) or self._answers(last, line, start, end)):
            return not self._is_other(last, start)
        if self._is_other(-1, start):
            return False
        return self._follows(context, start, end) or self._is_behind(places, at, end)

    def _answers(self, last: int, line: int, start: int, end: int) -> bool:
        """Return whether a value ends the sentence of the label, or has its line for itself and the label is above."""
        if last < start - _ALONE_CHARS:
            return False
        if last >= line:
            return last >= start - _SENTENCE_CHARS and _NO_SENTENCE.search(self._text, last, start) is None
        if start - line > _LEAD_CHARS:
            return False
        stop = self._text.find("\n", end)
        rest = self._text[end : stop if stop >= 0 else len(self._text)]
        between = self._text[last:start]
        return len(rest.strip()) <= 2 and HOLE not in between and _LONG_NUMBER.search(between) is None

    def _is_other(self, last: int, start: int) -> bool:
        """Return whether words directly before a value, behind the label, say that it is something else."""
        low = max(0, start - _OTHER_CHARS)
        before = self._text[low:start]
        if before.endswith(">"):
            before = _TAGS.sub("", before)
        end = low + len(before)
        turned = before[::-1]
        at = 0
        for _ in range(_WORDS_BACK):
            match = _WORD_BACK.match(turned, at)
            if match is None:
                return False
            word = match[1][::-1].lower()
            at = match.end()
            if word in _THINGS or word.removesuffix("po").removesuffix("ord").rstrip(_PARTICLES).endswith(
                _THINGS_UNSPACED
            ):
                return last < end - at - 1
            if word not in _NUMBER_WORDS:
                return False
        return False

    def _follows(self, context: int, start: int, end: int) -> bool:
        """Return whether it stands behind a labelled value of the same form, or in a list with one."""
        begin, stop = self._last.get(context, (-1, -1))
        if stop < 0 or not stop < start <= stop + _NEXT_CHARS:
            return False
        between = self._text[stop:start]
        if HOLE in between or _CELL_END.search(between):
            return False
        return _JOINT.fullmatch(between) is not None or _form(self._text[begin:stop]) == _form(self._text[start:end])

    def _is_behind(self, places: Sequence[int], at: int, end: int) -> bool:
        """Return whether a label behind the value is its own."""
        for place in places[at : at + 2]:
            if place > end + _BEHIND_CHARS:
                return False
            if place > end and _OPENED.fullmatch(self._text, end, place) and not _NEXT_S.match(self._text, place):
                return True
        return False


def _between(places: Sequence[int], start: int, end: int) -> bool:
    """Return whether a word ends there."""
    at = bisect_right(places, start)
    return at < len(places) and places[at] <= end


def _form(value: str) -> str:
    """Return a value's form: `nnn-nn-nnnn`."""
    return _SHAPE.sub(lambda char: "n" if char.group().isdigit() else "a", value)
